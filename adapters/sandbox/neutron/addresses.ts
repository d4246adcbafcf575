/** @module Which addresses of a subnet are taken, and the next free one. */

import type { Cloud } from '../cloud.ts';
import { Fault } from '../http.ts';
import { contains, formatAddress, parseAddress, parsePrefix } from './ipv4.ts';
import type { FixedIp, Subnet } from './model.ts';
import { poolsOf, subnetsOf } from './networks.ts';

function takenOn(cloud: Cloud, subnet: Subnet): Set<string> {
  const { ports, routers, floatingIps } = cloud.networking;
  const taken = new Set<string>(subnet.gatewayIp ? [subnet.gatewayIp] : []);
  for (const port of ports.values()) {
    for (const ip of port.fixedIps) if (ip.subnetId === subnet.id) taken.add(ip.address);
  }
  for (const router of routers.values()) {
    if (router.gateway?.subnetId === subnet.id) taken.add(router.gateway.address);
  }
  for (const floating of floatingIps.values()) {
    if (floating.networkId === subnet.networkId) taken.add(floating.address);
  }
  return taken;
}

/** The lowest free address of a network. Neutron takes any; the lowest makes demos easier to read. */
export function freeAddress(cloud: Cloud, networkId: string): FixedIp {
  for (const subnet of subnetsOf(cloud, networkId)) {
    const taken = takenOn(cloud, subnet);
    for (const { start, end } of poolsOf(subnet)) {
      for (let value = parseAddress(start) ?? 0; value <= (parseAddress(end) ?? -1); value++) {
        const address = formatAddress(value);
        if (!taken.has(address)) return { subnetId: subnet.id, address };
      }
    }
  }
  const message = `No more IP addresses available on network ${networkId}.`;
  throw new Fault(409, 'IpAddressGenerationFailure', message);
}

/** The wanted address of a network. @throws Fault 400 outside its subnets, 409 when it is taken. */
export function wantedAddress(cloud: Cloud, networkId: string, address: string): FixedIp {
  const value = parseAddress(address);
  const subnet = subnetsOf(cloud, networkId).find((candidate) => {
    const prefix = parsePrefix(candidate.cidr);
    return prefix && value !== undefined && contains(prefix, value);
  });
  if (!subnet) {
    const message = `IP address ${address} is not a valid IP for any of the subnets on the specified network.`;
    throw new Fault(400, 'InvalidIpForNetwork', message);
  }
  if (takenOn(cloud, subnet).has(address)) {
    const message = `IP address ${address} already allocated in subnet ${subnet.id}`;
    throw new Fault(409, 'IpAddressAlreadyAllocated', message);
  }
  return { subnetId: subnet.id, address };
}
