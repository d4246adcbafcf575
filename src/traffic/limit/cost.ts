/** Points that each kind of operation costs; `LINGUANOVA_COSTS`. */
export interface Costs {
  readonly read: number;
  /** Creating an instance: a dozen calls to the cloud, and work on a hypervisor. */
  readonly create: number;
  readonly write: number;
}

export const DEFAULT_COSTS: Costs = { read: 1, create: 5, write: 2 };

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Where instances are created. */
const CREATES: ReadonlySet<string> = new Set(['/v1/instances', '/cloud/v1/compute/instances/create']);
const NOVA_CREATES = /^\/compute\/v2(?:\.1)?(?:\/[0-9a-f-]{32,36})?\/(?:servers|os-volumes_boot)\/?$/i;

/** What a request costs, points. */
export function costOf(method: string, path: string, costs: Costs): number {
  // Signing in changes nothing, and each command of OpenStack's tools begins with it.
  if (READS.has(method) || path.startsWith('/identity/')) return costs.read;
  const creates = CREATES.has(path.replace(/\/$/, '')) || NOVA_CREATES.test(path);
  return method === 'POST' && creates ? costs.create : costs.write;
}
