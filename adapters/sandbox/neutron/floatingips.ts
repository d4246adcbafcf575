/** @module Floating IPs: allocate, associate, release. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isUuid, json } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { repr } from '../python.ts';
import { freeAddress, wantedAddress } from './addresses.ts';
import { associate, release } from './association.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { disallowed, invalidInput, overQuota } from './faults.ts';
import { type FloatingIp, newResource, type Port, touch } from './model.ts';
import { networks } from './networks.ts';
import { ports } from './ports.ts';
import { hasRoom } from './quotas.ts';
import { COMMON_ATTRIBUTES, commonView } from './view.ts';

const FLOATING_IP: Shape = {
  name: 'floatingip',
  required: ['floating_network_id'],
  creatable: [
    'floating_network_id',
    'port_id',
    'fixed_ip_address',
    'floating_ip_address',
    'description',
    'subnet_id',
    'dns_name',
    'dns_domain',
  ],
  updatable: ['port_id', 'fixed_ip_address', 'description'],
};

export const floatingIps: Kind<FloatingIp> = {
  plural: 'floatingips',
  one: 'floatingip',
  records: (cloud) => cloud.networking.floatingIps,
  attributes: [
    ...COMMON_ATTRIBUTES,
    'floating_ip_address',
    'floating_network_id',
    'router_id',
    'port_id',
    'fixed_ip_address',
    'status',
  ].filter((name) => name !== 'name'),
  missing: (id) => new Fault(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`),
  view: (cloud, floating) => ({
    id: floating.id,
    floating_ip_address: floating.address,
    floating_network_id: floating.networkId,
    router_id: floating.routerId,
    port_id: floating.portId,
    fixed_ip_address: floating.fixedAddress,
    status: floating.status,
    port_details: portDetails(cloud, floating),
    ...commonView(floating),
  }),
};

function portDetails(cloud: Cloud, floating: FloatingIp): Fields | null {
  const port = floating.portId ? cloud.networking.ports.get(floating.portId) : undefined;
  if (!port) return null;
  return {
    name: port.name,
    network_id: port.networkId,
    mac_address: port.mac,
    admin_state_up: port.adminStateUp,
    status: port.status,
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
  };
}

/** POST /v2.0/floatingips */
export function createFloatingIp(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, FLOATING_IP);
  if (given.floating_ip_address && !principal.isAdmin) {
    throw disallowed('(rule:create_floatingip and rule:create_floatingip:floating_ip_address)');
  }
  const networkId = given.floating_network_id;
  if (!isUuid(networkId))
    throw invalidInput('floating_network_id', `${repr(networkId)} is not a valid UUID.`);
  const network = find(cloud, principal, networks, networkId);
  if (!network.external) {
    const message = `Bad floatingip request: Network ${networkId} is not a valid external network.`;
    throw new Fault(400, 'BadRequest', message);
  }
  if (!hasRoom(cloud, principal.projectId, 'floatingip')) throw overQuota('floatingip');
  const ip = given.floating_ip_address
    ? wantedAddress(cloud, networkId, String(given.floating_ip_address))
    : freeAddress(cloud, networkId);
  const floating: FloatingIp = {
    ...newResource(principal.projectId, '', cloud.timeline.now(), text(given, 'description')),
    address: ip.address,
    networkId,
    status: 'DOWN',
    portId: null,
    fixedAddress: null,
    routerId: null,
  };
  if (given.port_id) associate(cloud, floating, wantedPort(cloud, principal, given.port_id), given);
  cloud.networking.floatingIps.set(floating.id, floating);
  return json(201, { floatingip: floatingIps.view(cloud, floating) });
}

/** PUT /v2.0/floatingips/{id}; `port_id: null` releases it. */
export function updateFloatingIp(call: NeutronCall, id: string): Response {
  const { cloud, principal } = call;
  const given = updateBody(call, FLOATING_IP);
  const floating = find(cloud, principal, floatingIps, id);
  floating.description = text(given, 'description', floating.description ?? '');
  touch(floating, cloud.timeline.now());
  if (given.port_id) associate(cloud, floating, wantedPort(cloud, principal, given.port_id), given);
  else if (given.port_id === null && floating.portId) release(cloud, floating, floating.status);
  return json(200, { floatingip: floatingIps.view(cloud, floating) });
}

/** DELETE /v2.0/floatingips/{id} */
export function deleteFloatingIp(call: NeutronCall, id: string): Response {
  const floating = find(call.cloud, call.principal, floatingIps, id);
  if (floating.portId) release(call.cloud, floating, 'DOWN');
  call.cloud.networking.floatingIps.delete(id);
  return empty(204);
}

function wantedPort(cloud: Cloud, principal: Principal, id: unknown): Port {
  if (!isUuid(id)) throw invalidInput('port_id', `${repr(id)} is not a valid UUID.`);
  return find(cloud, principal, ports, id);
}
