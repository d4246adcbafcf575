/** @module Networks and subnets. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, json } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { disallowed, overQuota } from './faults.ts';
import { formatAddress, parsePrefix } from './ipv4.ts';
import { type Network, newResource, type Subnet, touch } from './model.ts';
import { hasRoom } from './quotas.ts';
import { ALL_PROJECTS, grant, isGranted } from './rbac.ts';
import { COMMON_ATTRIBUTES, commonView } from './view.ts';

const NETWORK: Shape = {
  name: 'network',
  creatable: [
    'name',
    'description',
    'admin_state_up',
    'shared',
    'router:external',
    'mtu',
    'port_security_enabled',
    'provider:network_type',
    'provider:physical_network',
    'provider:segmentation_id',
  ],
  updatable: [
    'name',
    'description',
    'admin_state_up',
    'shared',
    'router:external',
    'mtu',
    'port_security_enabled',
  ],
};

export const networks: Kind<Network> = {
  plural: 'networks',
  one: 'network',
  records: (cloud) => cloud.networking.networks,
  attributes: [
    ...COMMON_ATTRIBUTES,
    'admin_state_up',
    'status',
    'shared',
    'router:external',
    'mtu',
    'is_default',
    'subnets',
    'port_security_enabled',
  ],
  missing: (id) => new Fault(404, 'NetworkNotFound', `Network ${id} could not be found.`),
  shared: (cloud, network, projectId) =>
    isGranted(cloud, network, projectId, 'access_as_shared', 'access_as_external'),
  view: (cloud, network, projectId = network.projectId) => ({
    id: network.id,
    name: network.name,
    admin_state_up: network.adminStateUp,
    mtu: network.mtu,
    status: 'ACTIVE',
    subnets: subnetsOf(cloud, network.id).map((subnet) => subnet.id),
    shared: isGranted(cloud, network, projectId, 'access_as_shared'),
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': network.external,
    port_security_enabled: network.portSecurity,
    qinq: false,
    vlan_transparent: false,
    // Neutron prints is_default for external networks only, false unless the operator set it (seen).
    ...(network.external && { is_default: false }),
    ...commonView(network),
  }),
};

export const subnets: Kind<Subnet> = {
  plural: 'subnets',
  one: 'subnet',
  records: (cloud) => cloud.networking.subnets,
  attributes: [...COMMON_ATTRIBUTES, 'network_id', 'cidr', 'ip_version', 'gateway_ip', 'enable_dhcp'],
  missing: (id) => new Fault(404, 'SubnetNotFound', `Subnet ${id} could not be found.`),
  view: (cloud, subnet) => ({
    id: subnet.id,
    name: subnet.name,
    network_id: subnet.networkId,
    ip_version: 4,
    subnetpool_id: null,
    enable_dhcp: subnet.dhcp,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    gateway_ip: subnet.gatewayIp,
    cidr: subnet.cidr,
    allocation_pools: poolsOf(subnet),
    host_routes: subnet.hostRoutes,
    dns_nameservers: subnet.dnsNameservers,
    service_types: [],
    'router:external': cloud.networking.networks.get(subnet.networkId)?.external ?? false,
    ...commonView(subnet),
  }),
};

/** Where free addresses are taken from. */
export function poolsOf(subnet: Subnet): { start: string; end: string }[] {
  const prefix = parsePrefix(subnet.cidr);
  if (subnet.pools !== null || !prefix) return subnet.pools ?? [];
  return [{ start: formatAddress(prefix.base + 2), end: formatAddress(prefix.base + prefix.size - 2) }];
}

/** The subnets of a network. */
export function subnetsOf(cloud: Cloud, networkId: string): Subnet[] {
  return [...cloud.networking.subnets.values()].filter((subnet) => subnet.networkId === networkId);
}

/** The networks a principal may use, its own first. */
export function networksOf(cloud: Cloud, principal: Principal): Network[] {
  const all = [...cloud.networking.networks.values()];
  const own = all.filter((network) => network.projectId === principal.projectId);
  return [...own, ...all.filter((network) => isForeignAndShared(cloud, network, principal.projectId))];
}

function isForeignAndShared(cloud: Cloud, network: Network, projectId: string): boolean {
  return network.projectId !== projectId && isGranted(cloud, network, projectId, 'access_as_shared');
}

/** POST /v2.0/networks */
export function createNetwork(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, NETWORK);
  refusePrivileged(call, given, 'create_network');
  if (!hasRoom(cloud, principal.projectId, 'network')) throw overQuota('network');
  const network: Network = {
    ...newResource(
      principal.projectId,
      text(given, 'name'),
      cloud.timeline.now(),
      text(given, 'description'),
    ),
    external: given['router:external'] === true,
    mtu: typeof given.mtu === 'number' ? given.mtu : 1450,
    adminStateUp: given.admin_state_up !== false,
    portSecurity: given.port_security_enabled !== false,
    revision: 1,
  };
  enterNetwork(cloud, network, given.shared === true);
  return json(201, { network: { is_default: false, ...networks.view(cloud, network) } });
}

/** What only an administrator may set. @throws Fault 403 */
function refusePrivileged({ principal }: NeutronCall, given: Fields, rule: string): void {
  const privileged = Object.keys(given).find(
    (key) => key.startsWith('provider:') || key === 'router:external' || key === 'shared',
  );
  if (privileged && given[privileged] !== false && !principal.isAdmin) {
    throw disallowed(`(rule:${rule} and rule:${rule}:${privileged})`);
  }
}

/** Enters a network, with the policies that make it shared or external for every project. */
export function enterNetwork(cloud: Cloud, network: Network, shared: boolean): void {
  cloud.networking.networks.set(network.id, network);
  const target = ALL_PROJECTS;
  if (shared) grant(cloud, network, { objectType: 'network', action: 'access_as_shared', target });
  if (network.external)
    grant(cloud, network, { objectType: 'network', action: 'access_as_external', target });
}

/** PUT /v2.0/networks/{id} */
export function updateNetwork(call: NeutronCall, id: string): Response {
  const network = own(call, id);
  const given = updateBody(call, NETWORK);
  refusePrivileged(call, given, 'update_network');
  if (typeof given.mtu === 'number') network.mtu = given.mtu;
  if (given.admin_state_up !== undefined) network.adminStateUp = given.admin_state_up !== false;
  if (given.port_security_enabled !== undefined) network.portSecurity = given.port_security_enabled !== false;
  network.name = text(given, 'name', network.name);
  network.description = text(given, 'description', network.description ?? '');
  touch(network, call.cloud.timeline.now());
  return json(200, { network: networks.view(call.cloud, network) });
}

/** DELETE /v2.0/networks/{id}; its subnets go with it. */
export function deleteNetwork(call: NeutronCall, id: string): Response {
  const { networking } = call.cloud;
  const network = own(call, id);
  const used = [...networking.ports.values()].filter((port) => port.networkId === id).map((port) => port.id);
  if (used.length > 0) {
    const ids = `There are one or more ports still in use on the network, id for these ports is: ${used.join(',')}.`;
    throw new Fault(409, 'NetworkInUse', `Unable to complete operation on network ${id}. ${ids}`);
  }
  for (const subnet of subnetsOf(call.cloud, id)) networking.subnets.delete(subnet.id);
  networking.networks.delete(network.id);
  return empty(204);
}

function own(call: NeutronCall, id: string): Network {
  const network = find(call.cloud, call.principal, networks, id);
  if (network.projectId !== call.principal.projectId && !call.principal.isAdmin) throw networks.missing(id);
  return network;
}
