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

/** What a request costs, points. */
export function costOf(method: string, path: string, costs: Costs): number {
  if (READS.has(method)) return costs.read;
  return method === 'POST' && CREATES.has(path.replace(/\/$/, '')) ? costs.create : costs.write;
}
