import * as z from 'zod';
import type { NewPort, PortFilter } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode, ignoreNotFound } from '../../../src/compute/errors.ts';
import type { Port } from '../../../src/compute/model.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';

export const PortItem = z.object({
  id: z.string(),
  name: z.string().nullish(),
  project_id: z.string(),
  network_id: z.string(),
  description: z.string().nullish(),
  device_id: z.string(),
  device_owner: z.string(),
  // Of extensions that a cloud may not have.
  security_groups: z.array(z.string()).nullish(),
  port_security_enabled: z.boolean().nullish(),
  fixed_ips: z.array(z.object({ ip_address: z.string() })).nullish(),
  created_at: z.string().nullish(),
  revision_number: z.number().nullish(),
});
const PortBody = z.object({ port: PortItem });

/** A third of a port's fields. */
const FIELDS = Object.keys(PortItem.shape);

/** @param projectId Only its ports; null for those of every project. */
export async function listPorts(
  neutron: Service,
  projectId: string | null,
  { instanceId, instanceIds, ids, description, networkId }: PortFilter,
): Promise<Port[]> {
  const query = {
    project_id: projectId ?? undefined,
    device_id: instanceIds ?? instanceId,
    id: ids,
    description,
    network_id: networkId,
    fields: FIELDS,
  };
  const ports = await allPages(neutron, '/ports', 'ports', PortItem, query);
  return ports.filter((port) => projectId === null || port.project_id === projectId).map(portFrom);
}

/** The fixed addresses of a port, in Neutron's order. */
export async function addressesOf(neutron: Service, id: string): Promise<string[]> {
  const { port } = await neutron.get(`/ports/${id}`, PortBody);
  return (port.fixed_ips ?? []).map(({ ip_address }) => ip_address);
}

export async function createPort(neutron: Service, port: NewPort): Promise<Port> {
  const body = {
    port: {
      network_id: port.networkId,
      name: port.name ?? '',
      description: port.description,
      ...(port.securityGroupIds.length > 0 ? { security_groups: port.securityGroupIds } : {}),
    },
  };
  try {
    return portFrom((await neutron.post('/ports', body, PortBody)).port);
  } catch (error) {
    // The network is a field of the request, not its target.
    if (hasCode(error, 'not_found')) throw new ComputeError('invalid', error.message, { cause: error });
    if (isUpstream(error, 'IpAddressGenerationFailure')) {
      throw new ComputeError('conflict', `Network ${port.networkId} has no address left.`, { cause: error });
    }
    throw error;
  }
}

const MAX_ATTEMPTS = 5;

/**
 * Read-modify-write of a port's groups, repeated when Neutron rejects the write (412) because of a concurrent change.
 *
 * @param change Returns the new groups, or the same array for no change.
 * @returns Whether the port was changed.
 */
export async function changePortGroups(
  neutron: Service,
  id: string,
  change: (groups: readonly string[]) => readonly string[],
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const { port } = await neutron.get(`/ports/${id}`, PortBody);
    const before = port.security_groups ?? [];
    const groups = change(before);
    if (groups === before) return false;
    try {
      await neutron.call('PUT', `/ports/${id}`, {
        body: { port: { security_groups: groups } },
        ...(typeof port.revision_number === 'number' && {
          headers: { 'if-match': `revision_number=${port.revision_number}` },
        }),
      });
      return true;
    } catch (error) {
      if (!hasCode(error, 'conflict') || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

export async function deletePort(neutron: Service, id: string): Promise<void> {
  try {
    await neutron.call('DELETE', `/ports/${id}`).catch(ignoreNotFound);
  } catch (error) {
    // Since Neutron 29 the policy rejects the deletion of a port that is bound to a server.
    if (!isUpstream(error, 'PolicyNotAuthorized')) throw error;
    throw new ComputeError('conflict', `Port ${id} is in use.`, { cause: error });
  }
}

function portFrom(port: z.infer<typeof PortItem>): Port {
  return {
    id: port.id,
    name: port.name ?? '',
    projectId: port.project_id,
    networkId: port.network_id,
    description: port.description ?? '',
    instanceId: ownerOf(port),
    inOtherUse: port.device_id !== '' && ownerOf(port) === null,
    isOfNetwork: port.device_owner.startsWith('network:'),
    securityGroupIds: port.security_groups ?? [],
    ...(port.port_security_enabled === false && { portSecurity: false }),
    fixedAddresses: (port.fixed_ips ?? []).map((fixed) => fixed.ip_address),
    created: port.created_at ?? '',
  };
}

/** The server behind a port: routers, load balancers and DHCP agents own ports too. */
export function ownerOf({
  device_id,
  device_owner,
}: {
  device_id: string;
  device_owner: string;
}): string | null {
  const isServer = device_owner === '' || device_owner.startsWith('compute:');
  return device_id !== '' && isServer ? device_id : null;
}
