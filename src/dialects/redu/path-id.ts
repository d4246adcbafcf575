import { ComputeError } from '../../compute/errors.ts';
import { uuid } from '../../http/field-schemas.ts';

/**
 * An id from a path, in lower case.
 *
 * @param kind What it identifies, for the message.
 * @throws ComputeError `not_found` when it is no UUID: no resource has such an id, so no upstream request is made.
 */
export function pathId(value: string | undefined, kind: string): string {
  const id = uuid.safeParse(value);
  if (!id.success) throw new ComputeError('not_found', `There is no such ${kind}.`);
  return id.data;
}
