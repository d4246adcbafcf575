import type { Context } from 'hono';
import { ComputeError } from '../../compute/errors.ts';
import { uuid } from '../../http/field-schemas.ts';

/**
 * The id in a path, in lower case.
 *
 * @param parameter Its name in the route.
 * @param kind What it is the id of, for the message.
 * @throws ComputeError `not_found` when it is no UUID: nothing has such an id, and the cloud need not be asked.
 */
export function pathId(c: Context, parameter: string, kind: string): string {
  const id = uuid.safeParse(c.req.param(parameter));
  if (!id.success) throw new ComputeError('not_found', `There is no such ${kind}.`);
  return id.data;
}
