import { splitObjectName } from '../../../http/object-name.ts';
import { decodedSegment, notFound } from '../target.ts';

export interface ObjectPath {
  /** Below the service's root, with the query, as forwarded. */
  readonly path: string;
  /** Whether it is a container or below one: nothing else can be public. */
  readonly isOfContainer: boolean;
}

const PREFIX = '/object-store';
const STRICT = /^\/v1\/([^/?#]+)(?:\/([^/?#]+))?\/?$/;
const PRINTABLE = /^[\x21-\x7e]*$/;

/**
 * `/object-store/v1/{account}[/{container}[/{object}]]`. Up to the container it is as strict as any other path; the bytes of an
 * object's name are passed as they are, so that none becomes another name.
 *
 * @throws ComputeError `not_found`.
 */
export function parseObjectPath(target: string): ObjectPath {
  const path = target.slice(PREFIX.length);
  const [, account, container] =
    STRICT.exec(splitObjectName(target).container.slice(PREFIX.length).replace(/\?.*$/s, '')) ?? [];
  if (account === undefined || !PRINTABLE.test(path)) throw notFound();
  for (const segment of [account, container ?? account]) decodedSegment(segment, 0, [segment]);
  return { path, isOfContainer: container !== undefined };
}
