/**
 * Isolation of projects. The cloud's services show a member nothing of other projects, but an administrator everything, even with
 * a token scoped to one project; so the adapter filters by project itself.
 *
 * @module
 */

import { ComputeError } from '../../src/compute/errors.ts';
import { UpstreamError } from './http/upstream-error.ts';

/** Roles that by the default policies reach one project only. Any other may be an administrator's at some cloud. */
const PROJECT_ROLES: ReadonlySet<string> = new Set(['member', '_member_', 'reader', 'manager']);

/** Whether the services themselves limit a caller with these roles to its project. */
export function isProjectScoped(roles: readonly string[]): boolean {
  return roles.every((role) => PROJECT_ROLES.has(role.toLowerCase()));
}

/**
 * Runs a call on a resource, so that one of another project and one that does not exist are the same `not_found`. A service may
 * reject the former with 403 or another text; so a rejection is passed on only if the resource is found in the project.
 *
 * @param find Reads the resource in the caller's project. `not_found`, always with the same text.
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

/** The service rejected the resource, not the token. */
function isRefusal(error: unknown): boolean {
  const cause = error instanceof ComputeError ? error.cause : undefined;
  return cause instanceof UpstreamError && (cause.status === 403 || cause.status === 404);
}
