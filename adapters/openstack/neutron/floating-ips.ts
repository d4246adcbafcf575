import * as z from 'zod';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { FloatingIp } from '../../../src/compute/model.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { orNone } from './extensions.ts';
import { addressesOf, ignoreNotFound, ownerOf } from './ports.ts';

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

const MULTIPLE_ADDRESSES = /has multiple fixed IPv4 addresses/;

export async function createFloatingIp(
  neutron: Service,
  externalNetworkId: string,
  portId: string,
  description: string,
): Promise<FloatingIp> {
  const floatingip = { floating_network_id: externalNetworkId, port_id: portId, description };
  const create = async (fixed: { readonly fixed_ip_address?: string } = {}) => {
    const body = { floatingip: { ...floatingip, ...fixed } };
    return floatingIpFrom((await neutron.post('/floatingips', body, FloatingIpBody)).floatingip);
  };
  try {
    return await create().catch(async (error: unknown) => {
      if (!(error instanceof Error) || !MULTIPLE_ADDRESSES.test(error.message)) throw error;
      // Neutron requires a choice that redu has no field for: the first IPv4 address of the port.
      const addresses = await addressesOf(neutron, portId);
      const [first] = addresses.filter((address) => !address.includes(':'));
      if (first === undefined) throw error;
      return create({ fixed_ip_address: first });
    });
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
  await ignoreNotFound(
    neutron.call('PUT', `/floatingips/${id}`, { body: { floatingip: { port_id: null } } }),
  );
}

export async function deleteFloatingIp(neutron: Service, id: string): Promise<void> {
  await ignoreNotFound(neutron.call('DELETE', `/floatingips/${id}`));
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
