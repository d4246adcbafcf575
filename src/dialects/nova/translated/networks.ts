/**
 * Neutron's networks and ports, read-only, and floating IPs.
 *
 * @module
 */

import * as z from 'zod';
import * as floatingIps from '../../../compute/floating-ips.ts';
import type { FloatingIp, Network, Port } from '../../../compute/model.ts';
import { deleteNetwork as removeNetwork } from '../../../compute/project-networks.ts';
import { decodeBody } from '../../../http/decode.ts';
import { description, uuid } from '../../../http/field-schemas.ts';
import { emptyResponse, findOrThrow, type NovaCall, parseId, unsupported } from './call.ts';
import { unsupportedField } from './fields.ts';
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

const newFloatingIpSchema = z.strictObject({
  floatingip: z.strictObject({
    floating_network_id: uuid,
    port_id: uuid.nullish(),
    description: description.nullish(),
    fixed_ip_address: unsupportedField,
    floating_ip_address: unsupportedField,
    subnet_id: unsupportedField,
    dns_name: unsupportedField,
    dns_domain: unsupportedField,
    qos_policy_id: unsupportedField,
    distributed: unsupportedField,
    project_id: unsupportedField,
    tenant_id: unsupportedField,
  }),
});
const floatingIpChangeSchema = z.strictObject({
  floatingip: z.strictObject({
    port_id: uuid.nullish(),
    description: description.optional(),
    fixed_ip_address: unsupportedField,
    qos_policy_id: unsupportedField,
    distributed: unsupportedField,
  }),
});

export async function createFloatingIp({ c, cloud }: NovaCall): Promise<Response> {
  const { floatingip: given } = await decodeBody(c, newFloatingIpSchema);
  const { projectId } = c.var.principal;
  const { project_id = projectId, tenant_id = projectId } = given;
  if (project_id !== projectId || tenant_id !== projectId)
    throw unsupported('a floating IP of another project');
  assertExpressible(given, [
    'fixed_ip_address',
    'floating_ip_address',
    'subnet_id',
    'dns_name',
    'dns_domain',
    'qos_policy_id',
    'distributed',
  ]);
  const made = await floatingIps.createFloatingIp(cloud, {
    networkId: given.floating_network_id,
    target: given.port_id ? { portId: given.port_id } : null,
    description: given.description ?? '',
  });
  return c.json({ floatingip: floatingIpView(made, projectId) }, 201);
}

export async function updateFloatingIp({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = parseId(segment, 'Floating IP');
  const { floatingip: given } = await decodeBody(c, floatingIpChangeSchema);
  assertExpressible(given, ['qos_policy_id', 'distributed']);
  // `fixed_ip_address` is ignored: commands send the port's only address, which is the one that redu chooses.
  const { port_id } = given;
  const changed = await floatingIps.updateFloatingIp(cloud, id, {
    ...(port_id !== undefined && { target: port_id === null ? null : { portId: port_id } }),
    ...(given.description !== undefined && { description: given.description }),
  });
  return c.json({ floatingip: floatingIpView(changed, c.var.principal.projectId) });
}

export async function deleteFloatingIp(call: NovaCall, segment = ''): Promise<Response> {
  await floatingIps.deleteFloatingIp(call.cloud, parseId(segment, 'Floating IP'));
  return emptyResponse(call, 204);
}

/** @throws ComputeError `not_implemented`, naming the first of these that is set. */
function assertExpressible<T extends object>(given: T, names: readonly (keyof T & string)[]): void {
  const beyond = names.find(
    (name) => given[name] !== undefined && given[name] !== null && given[name] !== '',
  );
  if (beyond !== undefined) throw unsupported(`a floating IP with ${beyond}`);
}

export async function deleteNetwork(call: NovaCall, segment = ''): Promise<Response> {
  await removeNetwork(call.cloud, parseId(segment, 'Network'));
  return emptyResponse(call, 204);
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
