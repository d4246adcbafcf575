/**
 * Neutron's networks, ports and floating IPs, read-only: for lookups by name.
 *
 * @module
 */

import type { FloatingIp, Network, Port } from '../../../compute/model.ts';
import { findOrThrow, type NovaCall } from './call.ts';
import { neutronList } from './lists.ts';

export async function listNetworks(call: NovaCall): Promise<Response> {
  return neutronList(call, 'networks', (await call.cloud.listNetworks()).map(networkView), ['description']);
}

export async function showNetwork({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  return c.json({
    network: networkView(findOrThrow(await cloud.listNetworks(), (n) => n.id === id, 'Network', id)),
  });
}

export async function listPorts(call: NovaCall): Promise<Response> {
  const instanceId = call.query.get('device_id');
  const ports = await call.cloud.listPorts(instanceId === null ? {} : { instanceId });
  return neutronList(call, 'ports', ports.map(portView));
}

export async function listFloatingIps(call: NovaCall): Promise<Response> {
  const { projectId } = call.c.var.principal;
  const addresses = (await call.cloud.listFloatingIps()).map((one) => floatingIpView(one, projectId));
  return neutronList(call, 'floatingips', addresses, ['router_id']);
}

export async function showFloatingIp({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  const found = findOrThrow(await cloud.listFloatingIps(), (one) => one.id === id, 'Floating IP', id);
  return c.json({ floatingip: floatingIpView(found, c.var.principal.projectId) });
}

function networkView({ id, name, status, external, shared, isDefault, projectId, subnetIds }: Network) {
  return {
    id,
    name,
    status,
    description: '',
    admin_state_up: true,
    shared,
    'router:external': external,
    is_default: isDefault,
    subnets: subnetIds,
    project_id: projectId,
    tenant_id: projectId,
  };
}

function portView(port: Port) {
  return {
    id: port.id,
    name: port.name,
    description: port.description,
    network_id: port.networkId,
    device_id: port.instanceId ?? '',
    security_groups: port.securityGroupIds,
    fixed_ips: port.fixedAddresses.map((address) => ({ ip_address: address })),
    created_at: port.created,
  };
}

function floatingIpView(floatingIp: FloatingIp, projectId: string) {
  return {
    id: floatingIp.id,
    floating_ip_address: floatingIp.address,
    status: floatingIp.status,
    description: floatingIp.description,
    floating_network_id: floatingIp.externalNetworkId,
    port_id: floatingIp.portId,
    fixed_ip_address: floatingIp.fixedAddress,
    router_id: null,
    created_at: floatingIp.created,
    project_id: projectId,
    tenant_id: projectId,
  };
}
