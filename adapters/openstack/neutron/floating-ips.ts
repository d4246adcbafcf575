import * as z from 'zod';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { FloatingIp } from '../../../src/compute/model.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { orNone } from './extensions.ts';
import { goneIsFine, ownerOf } from './ports.ts';

const FloatingIpItem = z.object({
  id: z.string(),
  floating_ip_address: z.string(),
  status: z.string().nullish(),
  project_id: z.string(),
  description: z.string().nullish(),
  floating_network_id: z.string(),
  port_id: z.string().nullish(),
  fixed_ip_address: z.string().nullish(),
  port_details: z.object({ device_id: z.string(), device_owner: z.string() }).nullish(),
  created_at: z.string().nullish(),
});
const FloatingIpBody = z.object({ floatingip: FloatingIpItem });

/** @param projectId Only its addresses; null for those of every project. */
export async function listFloatingIps(neutron: Service, projectId: string | null): Promise<FloatingIp[]> {
  const query = { project_id: projectId ?? undefined };
  const floatingIps = await orNone(allPages(neutron, '/floatingips', 'floatingips', FloatingIpItem, query));
  return floatingIps.filter((ip) => projectId === null || ip.project_id === projectId).map(floatingIpFrom);
}

export async function createFloatingIp(
  neutron: Service,
  externalNetworkId: string,
  portId: string,
  description: string,
): Promise<FloatingIp> {
  const floatingip = { floating_network_id: externalNetworkId, port_id: portId, description };
  try {
    return floatingIpFrom((await neutron.post('/floatingips', { floatingip }, FloatingIpBody)).floatingip);
  } catch (error) {
    if (isUpstream(error, 'ExternalGatewayForFloatingIPNotFound')) {
      const message = `No router connects the instance's network to the external network ${externalNetworkId}.`;
      throw new ComputeError('conflict', message, { cause: error });
    }
    if (isUpstream(error, 'IpAddressGenerationFailure', 'ExternalIpAddressExhausted')) {
      const message = `The external network ${externalNetworkId} has no address left.`;
      throw new ComputeError('conflict', message, { cause: error });
    }
    if (hasCode(error, 'not_found')) throw new ComputeError('invalid', error.message, { cause: error });
    throw error;
  }
}

export async function disassociateFloatingIp(neutron: Service, id: string): Promise<void> {
  await goneIsFine(neutron.call('PUT', `/floatingips/${id}`, { body: { floatingip: { port_id: null } } }));
}

export async function deleteFloatingIp(neutron: Service, id: string): Promise<void> {
  await goneIsFine(neutron.call('DELETE', `/floatingips/${id}`));
}

function floatingIpFrom(ip: z.infer<typeof FloatingIpItem>): FloatingIp {
  return {
    id: ip.id,
    address: ip.floating_ip_address,
    status: ip.status ?? '',
    description: ip.description ?? '',
    externalNetworkId: ip.floating_network_id,
    portId: ip.port_id ?? null,
    fixedAddress: ip.fixed_ip_address ?? null,
    instanceId: ip.port_details ? ownerOf(ip.port_details) : null,
    portIsFree: ip.port_details?.device_id === '',
    projectId: ip.project_id,
    created: ip.created_at ?? '',
  };
}
