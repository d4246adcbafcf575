import * as z from 'zod';
import type { SignedInCaller } from '../../../src/compute/cloud.ts';
import type { Network, Quota } from '../../../src/compute/model.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { isKeptToProject } from '../tenancy.ts';

const NetworkItem = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  shared: z.boolean(),
  is_default: z.boolean().optional(),
  'router:external': z.boolean().optional(),
  project_id: z.string(),
  subnets: z.array(z.string()),
});

/** `shared` is told as it is for the token's project; whom an external network is open to, only these tell. */
const GrantItem = z.object({ object_id: z.string(), action: z.string(), target_tenant: z.string() });

/**
 * The project's networks, those shared with it, and the external ones that it may use. An administrator's token would list
 * everybody's; those are left out.
 */
export async function listNetworks(
  neutron: Service,
  { projectId, roles }: Pick<SignedInCaller, 'projectId' | 'roles'>,
): Promise<Network[]> {
  const [networks, isOpen] = await Promise.all([
    allPages(neutron, '/networks', 'networks', NetworkItem),
    isKeptToProject(roles) ? () => true : externalsOpenTo(neutron, projectId),
  ]);
  return networks
    .map((network) => ({
      id: network.id,
      name: network.name,
      status: network.status,
      external: network['router:external'] ?? false,
      shared: network.shared,
      isDefault: network.is_default ?? false,
      projectId: network.project_id,
      subnetIds: network.subnets,
    }))
    .filter(
      (network) =>
        network.projectId === projectId || network.shared || (network.external && isOpen(network.id)),
    );
}

/** Of a network without any policy that is told nothing is known: then the list itself decides. */
async function externalsOpenTo(neutron: Service, projectId: string): Promise<(networkId: string) => boolean> {
  const query = { object_type: 'network', action: 'access_as_external' };
  const grants = await allPages(neutron, '/rbac-policies', 'rbac_policies', GrantItem, query);
  const targets = Map.groupBy(grants, ({ object_id }) => object_id);
  return (networkId) =>
    targets.get(networkId)?.some(({ target_tenant }) => ['*', projectId].includes(target_tenant)) ?? true;
}

const Usage = z.object({ limit: z.number(), used: z.number(), reserved: z.number() });
const QuotaBody = z.object({
  quota: z.object({ floatingip: Usage, security_group: Usage, network: Usage, port: Usage }),
});

/** Neutron's share of the quotas (extension `quota_details`). */
export async function networkQuotas(neutron: Service, projectId: string) {
  const { quota } = await neutron.get(`/quotas/${projectId}/details.json`, QuotaBody);
  return {
    floatingIps: quotaFrom(quota.floatingip),
    securityGroups: quotaFrom(quota.security_group),
    networks: quotaFrom(quota.network),
    ports: quotaFrom(quota.port),
  };
}

function quotaFrom({ limit, used, reserved }: z.infer<typeof Usage>): Quota {
  return { limit: limit < 0 ? null : limit, used: used + reserved };
}
