/**
 * Whose things a caller may see and name. To a member's token the cloud's services show nothing of other projects. To an
 * administrator's they show everything, also when the token is scoped to one project, so the adapter narrows itself.
 *
 * @module
 */

import { ComputeError } from '../../src/compute/errors.ts';
import { UpstreamError } from './http/upstream-error.ts';

/** Roles by which the default policies open nothing beyond the project. Any other may be an administrator's at some cloud. */
const PROJECT_ROLES: ReadonlySet<string> = new Set(['member', '_member_', 'reader', 'manager']);

/** Whether the services themselves keep a caller with these roles to its project. */
export function isProjectScoped(roles: readonly string[]): boolean {
  return roles.every((role) => PROJECT_ROLES.has(role.toLowerCase()));
}

/**
 * Runs a call on a thing that an id names, so that what belongs to another project and what does not exist are one `not_found`.
 * A service may refuse another project's thing by policy (403) or in other words than one that does not exist; so what is refused
 * is looked for again, and the refusal is passed on only when it is there.
 *
 * @param find Finds the thing in the caller's project. `not_found`, always in the same words.
 */
export async function inOwnProject<T>(
  roles: readonly string[],
  find: () => Promise<unknown>,
  call: () => Promise<T>,
): Promise<T> {
  const isKept = isProjectScoped(roles);
  if (!isKept) await find();
  try {
    return await call();
  } catch (error) {
    if (isKept && isRefusal(error)) await find();
    throw error;
  }
}

/** The service refused the thing, not the token. */
function isRefusal(error: unknown): boolean {
  const cause = error instanceof ComputeError ? error.cause : undefined;
  return cause instanceof UpstreamError && (cause.status === 403 || cause.status === 404);
}
