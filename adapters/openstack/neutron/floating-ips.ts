import * as z from 'zod';
import type { FloatingIpChange } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode, ignoreNotFound } from '../../../src/compute/errors.ts';
import type { FloatingIp } from '../../../src/compute/model.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { orNone } from './extensions.ts';
import { addressesOf, ownerOf } from './ports.ts';

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

/** @param projectId Its project: Neutron shows administrators those of all. */
export async function getFloatingIp(neutron: Service, id: string, projectId: string): Promise<FloatingIp> {
  const found = floatingIpFrom((await neutron.get(`/floatingips/${id}`, FloatingIpBody)).floatingip);
  if (found.projectId === projectId) return found;
  throw new ComputeError('not_found', `Floating IP ${id} could not be found`);
}

export async function createFloatingIp(
  neutron: Service,
  externalNetworkId: string,
  portId: string | null,
  description: string,
): Promise<FloatingIp> {
  const floatingip = { floating_network_id: externalNetworkId, port_id: portId, description };
  return associating(neutron, externalNetworkId, portId, async (fixed) => {
    const body = { floatingip: { ...floatingip, ...fixed } };
    return floatingIpFrom((await neutron.post('/floatingips', body, FloatingIpBody)).floatingip);
  });
}

export async function updateFloatingIp(
  neutron: Service,
  { id, externalNetworkId }: Pick<FloatingIp, 'id' | 'externalNetworkId'>,
  { portId, description }: FloatingIpChange,
): Promise<FloatingIp> {
  const floatingip = { port_id: portId, description };
  return associating(neutron, externalNetworkId, portId ?? null, async (fixed) => {
    const body = { floatingip: { ...floatingip, ...fixed } };
    const response = await neutron.call('PUT', `/floatingips/${id}`, { body });
    return floatingIpFrom(neutron.read(response, FloatingIpBody).floatingip);
  });
}

const MULTIPLE_ADDRESSES = /has multiple fixed IPv4 addresses/;

/** Neutron requires a choice that redu has no field for: the first IPv4 address of the port. */
async function associating(
  neutron: Service,
  externalNetworkId: string,
  portId: string | null,
  call: (fixed: { readonly fixed_ip_address?: string }) => Promise<FloatingIp>,
): Promise<FloatingIp> {
  try {
    return await call({}).catch(async (error: unknown) => {
      if (portId === null || !(error instanceof Error) || !MULTIPLE_ADDRESSES.test(error.message))
        throw error;
      const addresses = await addressesOf(neutron, portId);
      const [first] = addresses.filter((address) => !address.includes(':'));
      if (first === undefined) throw error;
      return call({ fixed_ip_address: first });
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
    if (isUpstream(error, 'FloatingIPNotFound')) throw error;
    if (hasCode(error, 'not_found')) throw new ComputeError('invalid', error.message, { cause: error });
    throw error;
  }
}

export async function deleteFloatingIp(neutron: Service, id: string): Promise<void> {
  await neutron.call('DELETE', `/floatingips/${id}`).catch(ignoreNotFound);
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
