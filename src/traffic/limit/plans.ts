/** The limits of a rate plan; `LINGUANOVA_PLANS`. */
export interface Plan {
  readonly name: string;
  /** Points per window for one key, including the keys it is rotated to. */
  readonly points: number;
  /** Points per window for all keys of a project on this plan together. */
  readonly projectPoints: number;
  /** Length of a window, which begins with the first request after the last one ended. */
  readonly seconds: number;
}

export interface Costs {
  readonly read: number;
  /** Creating an instance: a dozen upstream calls, and work on a hypervisor. */
  readonly create: number;
  readonly write: number;
}

export const DEFAULT_COSTS: Costs = { read: 1, create: 5, write: 2 };

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const CREATES: ReadonlySet<string> = new Set(['/v1/instances', '/cloud/v1/compute/instances/create']);
const NOVA_CREATES = /^\/compute\/v2(?:\.1)?(?:\/[0-9a-f-]{32,36})?\/(?:servers|os-volumes_boot)\/?$/i;

export function costOf(method: string, path: string, costs: Costs): number {
  // Authentication changes nothing, and each command of the OpenStack tools begins with it. A call of a tool is charged by itself.
  if (READS.has(method) || path.startsWith('/identity/') || path === '/mcp') return costs.read;
  const creates = CREATES.has(path.replace(/\/$/, '')) || NOVA_CREATES.test(path);
  return method === 'POST' && creates ? costs.create : costs.write;
}
