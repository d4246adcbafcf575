import * as z from 'zod';
import type { SignedInCaller } from '../../../src/compute/cloud.ts';
import { hasCode } from '../../../src/compute/errors.ts';
import type { Network, Quota } from '../../../src/compute/model.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { isProjectScoped } from '../tenancy.ts';

export const NetworkItem = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string().nullish(),
  shared: z.boolean().nullish(),
  is_default: z.boolean().nullish(),
  'router:external': z.boolean().nullish(),
  project_id: z.string(),
  subnets: z.array(z.string()).nullish(),
  description: z.string().nullish(),
  created_at: z.string().nullish(),
});

/** Grants of access to external networks, which `shared` does not include. */
const GrantItem = z.object({ object_id: z.string(), action: z.string(), target_tenant: z.string() });

/**
 * The project's networks, those shared with it, and the external ones that it may use; with an administrator's token too, which
 * lists those of all projects.
 */
export async function listNetworks(
  neutron: Service,
  { projectId, roles }: Pick<SignedInCaller, 'projectId' | 'roles'>,
): Promise<Network[]> {
  const [networks, isOpen] = await Promise.all([
    allPages(neutron, '/networks', 'networks', NetworkItem),
    isProjectScoped(roles) ? () => true : externalNetworkAccess(neutron, projectId),
  ]);
  return networks
    .map(networkFrom)
    .filter(
      (network) =>
        network.projectId === projectId || network.shared || (network.external && isOpen(network.id)),
    );
}

export function networkFrom(network: z.infer<typeof NetworkItem>): Network {
  return {
    id: network.id,
    name: network.name ?? '',
    status: network.status ?? 'ACTIVE',
    external: network['router:external'] ?? false,
    shared: network.shared ?? false,
    isDefault: network.is_default ?? false,
    projectId: network.project_id,
    subnetIds: network.subnets ?? [],
    description: network.description ?? '',
    created: network.created_at ?? '',
  };
}

/** Networks without a visible policy are accessible if they are listed. */
async function externalNetworkAccess(
  neutron: Service,
  projectId: string,
): Promise<(networkId: string) => boolean> {
  const query = { object_type: 'network', action: 'access_as_external' };
  const grants = await allPages(neutron, '/rbac-policies', 'rbac_policies', GrantItem, query);
  const targets = Map.groupBy(grants, ({ object_id }) => object_id);
  return (networkId) =>
    targets.get(networkId)?.some(({ target_tenant }) => ['*', projectId].includes(target_tenant)) ?? true;
}

const IdItem = z.object({ id: z.string() });

/** For administrators of all projects, which only identifies them. */
export async function listExternalNetworkIds(neutron: Service): Promise<ReadonlySet<string>> {
  const query = { 'router:external': 'true', fields: 'id' };
  return new Set((await allPages(neutron, '/networks', 'networks', IdItem, query)).map(({ id }) => id));
}

const Usage = z.object({ limit: z.number(), used: z.number(), reserved: z.number() });
/** An extension that is off has no quota. */
const QuotaBody = z.object({
  quota: z.object({
    floatingip: Usage.optional(),
    security_group: Usage.optional(),
    network: Usage.optional(),
    port: Usage.optional(),
  }),
});
const LimitsBody = z.object({
  quota: z.object({
    floatingip: z.number().optional(),
    security_group: z.number().optional(),
    network: z.number().optional(),
    port: z.number().optional(),
  }),
});

/** Neutron's share of the quotas: with what is used where it has the extension `quota_details`. */
export async function networkQuotas(neutron: Service, projectId: string) {
  try {
    const { quota } = await neutron.get(`/quotas/${projectId}/details.json`, QuotaBody);
    return quotasFrom(quota, quotaFrom);
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    const { quota } = await neutron.get(`/quotas/${projectId}`, LimitsBody);
    return quotasFrom(quota, (limit) => ({ limit: limitFrom(limit), used: null }));
  }
}

interface NetworkQuotas<T> {
  readonly floatingip?: T | undefined;
  readonly security_group?: T | undefined;
  readonly network?: T | undefined;
  readonly port?: T | undefined;
}

function quotasFrom<T>(quota: NetworkQuotas<T>, read: (value: T) => Quota) {
  const of = (value: T | undefined): Quota =>
    value === undefined ? { limit: null, used: null } : read(value);
  return {
    floatingIps: of(quota.floatingip),
    securityGroups: of(quota.security_group),
    networks: of(quota.network),
    ports: of(quota.port),
  };
}

function limitFrom(limit: number): number | null {
  return limit < 0 ? null : limit;
}

function quotaFrom({ limit, used, reserved }: z.infer<typeof Usage>): Quota {
  return { limit: limitFrom(limit), used: used + reserved };
}
