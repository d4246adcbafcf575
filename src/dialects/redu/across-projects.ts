import type { Principal } from '../../access/principal.ts';
import type { Cloud } from '../../compute/cloud.ts';
import { hasCode } from '../../compute/errors.ts';
import type { ReadRequest } from '../../traffic/cache/read.ts';
import { pathId } from './path-id.ts';

export interface InstanceInput {
  readonly id: string;
  /** The response may be of another project; part of the cache key. */
  readonly isAdmin: boolean;
}

export function instanceInput({ param, principal }: ReadRequest): InstanceInput {
  return { id: pathId(param('id'), 'instance'), isAdmin: isAdmin(principal) };
}

export function isAdmin({ scopes }: Principal): boolean {
  return scopes.includes('admin');
}

/**
 * Runs on an instance of the caller's project, else, for a key with the scope `admin`, on one of any project, if the cloud takes the
 * caller for an administrator. `not_found`.
 */
export async function onInstance<T>(
  cloud: Cloud,
  mayLeaveProject: boolean,
  run: (cloud: Cloud) => Promise<T>,
): Promise<T> {
  try {
    return await run(cloud);
  } catch (error) {
    if (!mayLeaveProject || !hasCode(error, 'not_found')) throw error;
    return run(cloud.acrossProjects());
  }
}
