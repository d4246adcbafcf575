import { type Tenant, tenantOf } from '../../src/compute/regions.ts';

/** A project in the region of a test whose cloud has only one. */
export function tenant(projectId: string): Tenant {
  return tenantOf({ region: '', projectId });
}
