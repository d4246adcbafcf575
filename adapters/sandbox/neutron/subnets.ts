/** @module Requests that make, change and delete subnets, IPv4 only. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, json } from '../http.ts';
import { repr } from '../python.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find } from './collection.ts';
import { badRequest, overQuota } from './faults.ts';
import { contains, formatAddress, type Prefix, parseAddress, parsePrefix } from './ipv4.ts';
import { newResource, type Subnet, touch } from './model.ts';
import { networks, subnets, subnetsOf } from './networks.ts';
import { hasRoom } from './quotas.ts';

const CHANGEABLE = [
  'name',
  'description',
  'gateway_ip',
  'enable_dhcp',
  'dns_nameservers',
  'allocation_pools',
  'host_routes',
];

const SUBNET: Shape = {
  name: 'subnet',
  required: ['network_id'],
  creatable: [...CHANGEABLE, 'network_id', 'cidr', 'ip_version'],
  updatable: CHANGEABLE,
};

/** POST /v2.0/subnets */
export function createSubnet(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, SUBNET);
  const network = find(cloud, principal, networks, text(given, 'network_id'));
  const prefix = parsePrefix(text(given, 'cidr'));
  if (!prefix)
    throw badRequest(`Invalid input for cidr. Reason: ${repr(given.cidr)} is not a valid IP subnet.`);
  if (!hasRoom(cloud, principal.projectId, 'subnet')) throw overQuota('subnet');
  const cidr = `${formatAddress(prefix.base)}/${prefix.length}`;
  refuseOverlap(cloud, network.id, cidr, prefix);
  const subnet: Subnet = {
    ...newResource(
      principal.projectId,
      text(given, 'name'),
      cloud.timeline.now(),
      text(given, 'description'),
    ),
    networkId: network.id,
    cidr,
    gatewayIp: formatAddress(prefix.base + 1),
    dhcp: true,
    dnsNameservers: [],
    hostRoutes: [],
    pools: null,
    ...changesOf(given, cidr, prefix),
  };
  cloud.networking.subnets.set(subnet.id, subnet);
  touch(network, cloud.timeline.now());
  return json(201, { subnet: subnets.view(cloud, subnet) });
}

/** PUT /v2.0/subnets/{id} */
export function updateSubnet(call: NeutronCall, id: string): Response {
  const subnet = own(call, id);
  const given = updateBody(call, SUBNET);
  const prefix = parsePrefix(subnet.cidr);
  if (prefix) Object.assign(subnet, changesOf(given, subnet.cidr, prefix));
  subnet.name = text(given, 'name', subnet.name);
  subnet.description = text(given, 'description', subnet.description ?? '');
  touch(subnet, call.cloud.timeline.now());
  return json(200, { subnet: subnets.view(call.cloud, subnet) });
}

/** DELETE /v2.0/subnets/{id} */
export function deleteSubnet(call: NeutronCall, id: string): Response {
  const subnet = own(call, id);
  const used = [...call.cloud.networking.ports.values()].some((port) =>
    port.fixedIps.some((ip) => ip.subnetId === id),
  );
  if (used) {
    const reason = 'One or more ports have an IP allocation from this subnet.';
    throw new Fault(409, 'SubnetInUse', `Unable to complete operation on subnet ${id}: ${reason}`);
  }
  call.cloud.networking.subnets.delete(subnet.id);
  return empty(204);
}

function own(call: NeutronCall, id: string): Subnet {
  const subnet = find(call.cloud, call.principal, subnets, id);
  if (subnet.projectId !== call.principal.projectId && !call.principal.isAdmin) throw subnets.missing(id);
  return subnet;
}

function changesOf(given: Fields, cidr: string, prefix: Prefix): Partial<Subnet> {
  const { gateway_ip, enable_dhcp, dns_nameservers, host_routes, allocation_pools } = given;
  return {
    ...(gateway_ip !== undefined && { gatewayIp: gateway_ip === null ? null : String(gateway_ip) }),
    ...(enable_dhcp !== undefined && { dhcp: enable_dhcp !== false }),
    ...(Array.isArray(dns_nameservers) && { dnsNameservers: dns_nameservers.map(String) }),
    ...(Array.isArray(host_routes) && { hostRoutes: host_routes.filter(isFields) }),
    ...(Array.isArray(allocation_pools) && { pools: poolsOf(allocation_pools, cidr, prefix) }),
  };
}

/** @throws Fault 400 for one that is not in the subnet. */
function poolsOf(given: readonly unknown[], cidr: string, prefix: Prefix): NonNullable<Subnet['pools']> {
  return given.filter(isFields).map(({ start, end }) => {
    const ends = [start, end].map((address) => parseAddress(String(address)));
    if (ends.some((address) => address === undefined || !contains(prefix, address))) {
      const message = `The allocation pool ${start}-${end} spans beyond the subnet cidr ${cidr}.`;
      throw new Fault(400, 'OutOfBoundsAllocationPool', message);
    }
    return { start: String(start), end: String(end) };
  });
}

function refuseOverlap(cloud: Cloud, networkId: string, cidr: string, prefix: Prefix): void {
  for (const other of subnetsOf(cloud, networkId)) {
    const taken = parsePrefix(other.cidr);
    if (!taken || (!contains(taken, prefix.base) && !contains(prefix, taken.base))) continue;
    const requested = `Requested subnet with cidr: ${cidr} for network: ${networkId}`;
    const message = `Invalid input for operation: ${requested} overlaps with another subnet.`;
    throw new Fault(400, 'InvalidInput', message);
  }
}
