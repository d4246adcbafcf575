/** @module Ports. Nova makes and frees them too, through `addPort` and `removePort`. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, isUuid, json } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { repr } from '../python.ts';
import { freeAddress, wantedAddress } from './addresses.ts';
import { release } from './association.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { disallowed, invalidInput, overQuota } from './faults.ts';
import { type FixedIp, newResource, type Port, touch } from './model.ts';
import { networks } from './networks.ts';
import { hasRoom } from './quotas.ts';
import { defaultGroup, securityGroups } from './security-groups.ts';
import { COMMON_ATTRIBUTES, commonView } from './view.ts';

const CHANGEABLE = [
  'name',
  'description',
  'admin_state_up',
  'device_id',
  'device_owner',
  'fixed_ips',
  'security_groups',
  'allowed_address_pairs',
  'extra_dhcp_opts',
  'port_security_enabled',
  'binding:vnic_type',
  'binding:host_id',
  'binding:profile',
];

const PORT: Shape = {
  name: 'port',
  required: ['network_id'],
  creatable: ['network_id', 'mac_address', ...CHANGEABLE],
  updatable: CHANGEABLE,
};

export const ports: Kind<Port> = {
  plural: 'ports',
  one: 'port',
  records: (cloud) => cloud.networking.ports,
  attributes: [
    ...COMMON_ATTRIBUTES,
    'network_id',
    'mac_address',
    'admin_state_up',
    'status',
    'device_id',
    'device_owner',
    'fixed_ips',
    'security_groups',
    'binding:vnic_type',
    'port_security_enabled',
  ],
  missing: (id) => new Fault(404, 'PortNotFound', `Port ${id} could not be found.`),
  view: (_cloud, port) => ({
    id: port.id,
    name: port.name,
    network_id: port.networkId,
    mac_address: port.mac,
    admin_state_up: port.adminStateUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
    fixed_ips: port.fixedIps.map((ip) => ({ subnet_id: ip.subnetId, ip_address: ip.address })),
    allowed_address_pairs: port.allowedAddressPairs,
    extra_dhcp_opts: [],
    security_groups: port.securityGroupIds,
    'binding:vnic_type': 'normal',
    port_security_enabled: port.portSecurity,
    ...commonView(port),
  }),
};

/** POST /v2.0/ports */
export function createPort(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, PORT);
  const networkId = given.network_id;
  if (!isUuid(networkId)) throw invalidInput('network_id', `${repr(networkId)} is not a valid UUID.`);
  const network = find(cloud, principal, networks, networkId);
  const port = addPort(cloud, principal, network.id, {
    fixedIps: addressesOf(cloud, network.id, given),
    securityGroupIds: groupsOf(cloud, principal, given),
  });
  assign(port, given);
  return json(201, { port: ports.view(cloud, port) });
}

/** PUT /v2.0/ports/{id}; `If-Match: revision_number=N` guards against a change in between. */
export function updatePort(call: NeutronCall, id: string): Response {
  const { cloud, principal } = call;
  const given = updateBody(call, PORT);
  const port = find(cloud, principal, ports, id);
  const wanted = /^revision_number=(\d+)$/.exec(call.request.headers.get('If-Match') ?? '')?.[1];
  if (wanted !== undefined && Number(wanted) !== port.revision) {
    const message = `Constrained to ${wanted}, but current revision is ${port.revision}`;
    throw new Fault(412, 'RevisionNumberConstraintFailed', message);
  }
  const groups = groupsOf(cloud, principal, given) ?? port.securityGroupIds;
  refuseGroups(port, given, groups);
  port.securityGroupIds = groups;
  if (Array.isArray(given.fixed_ips)) {
    const unchanged = given.fixed_ips.flatMap((wish) =>
      port.fixedIps.filter((ip) => isFields(wish) && wish.ip_address === ip.address),
    );
    const fresh = given.fixed_ips.filter(
      (wish) => isFields(wish) && !unchanged.some((ip) => ip.address === wish.ip_address),
    );
    port.fixedIps = [...unchanged, ...(addressesOf(cloud, port.networkId, { fixed_ips: fresh }) ?? [])];
  }
  assign(port, given);
  touch(port, cloud.timeline.now());
  if (port.deviceId) cloud.networkChanged(port.deviceId);
  return json(200, { port: ports.view(cloud, port) });
}

/** A port has groups only while its security is enabled. */
function refuseGroups(port: Port, given: Fields, groups: readonly string[]): void {
  const { port_security_enabled: enabled = port.portSecurity } = given;
  if (enabled !== false || groups.length === 0) return;
  if (!Array.isArray(given.security_groups)) {
    const message =
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.';
    throw new Fault(409, 'PortSecurityPortHasSecurityGroup', message);
  }
  const message =
    'Port security must be enabled and port must have an IP address in order to use security groups.';
  throw new Fault(400, 'PortSecurityAndIPRequiredForSecurityGroups', message);
}

/** DELETE /v2.0/ports/{id}; its floating IP stays, DOWN. */
export function deletePort(call: NeutronCall, id: string): Response {
  const port = find(call.cloud, call.principal, ports, id);
  if (port.deviceOwner.startsWith('network:')) {
    const reason = `has device owner ${port.deviceOwner}`;
    const message = `Port ${id} cannot be deleted directly via the port API: ${reason}.`;
    throw new Fault(409, 'ServicePortInUse', message);
  }
  if (isBound(port) && !call.principal.isAdmin) throw disallowed('rule:delete_port');
  removePort(call.cloud, port);
  return empty(204);
}

/** Since Neutron 29 a port that serves a server is deleted only by administrators and by the services themselves. */
function isBound({ deviceOwner }: Port): boolean {
  return /^(compute|baremetal|manila):/.test(deviceOwner);
}

/** The settings of a new port. */
export interface PortWishes {
  fixedIps?: FixedIp[] | undefined;
  securityGroupIds?: string[] | undefined;
  name?: string;
}

/** Makes a port on a network: by default with the next free address and the default group. @throws Fault 409 */
export function addPort(
  cloud: Cloud,
  owner: Pick<Principal, 'projectId'>,
  networkId: string,
  wishes: PortWishes,
): Port {
  if (!hasRoom(cloud, owner.projectId, 'port')) throw overQuota('port');
  const hasSubnets = [...cloud.networking.subnets.values()].some((subnet) => subnet.networkId === networkId);
  return enterPort(cloud, owner, networkId, {
    name: wishes.name ?? '',
    fixedIps: wishes.fixedIps ?? (hasSubnets ? [freeAddress(cloud, networkId)] : []),
    securityGroupIds: wishes.securityGroupIds ?? [defaultGroup(cloud, owner.projectId).id],
  });
}

/** Stores a port as given, without checking quotas or free addresses. */
export function enterPort(
  cloud: Cloud,
  owner: Pick<Principal, 'projectId'>,
  networkId: string,
  given: Pick<Port, 'name' | 'fixedIps' | 'securityGroupIds'>,
): Port {
  const port: Port = {
    ...newResource(owner.projectId, given.name ?? '', cloud.timeline.now()),
    networkId,
    mac: newMac(),
    adminStateUp: true,
    status: 'DOWN',
    deviceId: '',
    deviceOwner: '',
    fixedIps: given.fixedIps,
    securityGroupIds: given.securityGroupIds,
    portSecurity: true,
    allowedAddressPairs: [],
    revision: 1,
  };
  cloud.networking.ports.set(port.id, port);
  return port;
}

/** Removes a port. Its floating IP loses it, its server the address. */
export function removePort(cloud: Cloud, port: Port): void {
  cloud.networking.ports.delete(port.id);
  for (const floating of cloud.networking.floatingIps.values()) {
    if (floating.portId === port.id) release(cloud, floating, 'DOWN');
  }
  if (port.deviceId) cloud.networkChanged(port.deviceId);
}

function newMac(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(3))];
  return ['fa', '16', '3e', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

function assign(port: Port, given: Fields): void {
  port.name = text(given, 'name', port.name);
  port.description = text(given, 'description', port.description ?? '');
  port.deviceId = text(given, 'device_id', port.deviceId);
  port.deviceOwner = text(given, 'device_owner', port.deviceOwner);
  if (typeof given.mac_address === 'string') port.mac = given.mac_address;
  if (typeof given.admin_state_up === 'boolean') port.adminStateUp = given.admin_state_up;
  if (typeof given.port_security_enabled === 'boolean') port.portSecurity = given.port_security_enabled;
  if (Array.isArray(given.allowed_address_pairs)) port.allowedAddressPairs = given.allowed_address_pairs;
}

function addressesOf(cloud: Cloud, networkId: string, given: Fields): FixedIp[] | undefined {
  if (!Array.isArray(given.fixed_ips)) return undefined;
  return given.fixed_ips.filter(isFields).map((wish) => {
    if (typeof wish.ip_address === 'string') return wantedAddress(cloud, networkId, wish.ip_address);
    return freeAddress(cloud, networkId);
  });
}

function groupsOf(cloud: Cloud, principal: Principal, given: Fields): string[] | undefined {
  const wanted = given.security_groups;
  if (wanted === null) return [];
  if (!Array.isArray(wanted)) return undefined;
  return checkedGroups(cloud, principal, wanted);
}

/** Ids of security groups, each known and none twice. @throws Fault 400 or 404 */
export function checkedGroups(cloud: Cloud, principal: Principal, wanted: unknown[]): string[] {
  const seen: string[] = [];
  for (const id of wanted) {
    if (!isUuid(id)) throw invalidInput('security_groups', `${repr(id)} is not a valid UUID.`);
    if (seen.includes(id)) throw invalidInput('security_groups', `Duplicate items in the list: '${id}'.`);
    seen.push(find(cloud, principal, securityGroups, id).id);
  }
  return seen;
}
