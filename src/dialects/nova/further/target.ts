import type { FurtherService } from '../../../further-services.ts';
import { isFurtherService } from '../../../further-services.ts';
import { decodedSegment, notFound } from '../target.ts';

interface FurtherTarget {
  readonly service: FurtherService;
  /** Below the service's root, with the query, as forwarded. */
  readonly path: string;
}

const TARGET = /^\/([^/?#]+)([^?#]*)(\?[\x21-\x22\x24-\x7e]*)?$/;

/** By the rules of `parseTarget`, with whatever version and project the path has. @throws ComputeError `not_found`. */
export function parseFurtherTarget(target: string): FurtherTarget {
  const [, service = '', path = '', search = ''] = TARGET.exec(target) ?? [];
  if (!isFurtherService(service)) throw notFound();
  const segments = path.replace(/\/$/, '').split('/').slice(1);
  for (const segment of segments) decodedSegment(segment, 0, [segment]);
  return { service, path: (path || '/') + search };
}

/**
 * Several services may share an address, one at its root: what is below it by path is another's, with scopes of its own.
 *
 * @param others Paths of other services below the root of this one.
 * @throws ComputeError `not_found`.
 */
export function assertOwnPath(others: readonly string[], path: string): void {
  if (others.length === 0) return;
  const [whole = ''] = path.split('?', 1);
  const decoded = `${whole.split('/').map(decodeURIComponent).join('/')}/`;
  if (others.some((other) => decoded.startsWith(`${other}/`))) throw notFound();
}
