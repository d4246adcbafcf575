/** @module Floating IPs on ports: joined, taken off, and the status that follows a little later. */

import type { Cloud } from '../cloud.ts';
import { Fault, type Fields } from '../http.ts';
import { type FloatingIp, type Port, type Router, touch } from './model.ts';

/** Joins a floating IP with a port. The response has DOWN; it is ACTIVE a little later, when the router has it. */
export function associate(cloud: Cloud, floating: FloatingIp, port: Port, given: Fields = {}): void {
  const fixed = port.fixedIps.find((ip) => !given.fixed_ip_address || ip.address === given.fixed_ip_address);
  if (!fixed) {
    const message = `Bad floatingip request: Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses.`;
    throw new Fault(400, 'BadRequest', message);
  }
  if (port.fixedIps.length > 1 && !given.fixed_ip_address) {
    const message = `Bad floatingip request: Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP.`;
    throw new Fault(400, 'BadRequest', message);
  }
  const router = routerBetween(cloud, fixed.subnetId, floating.networkId);
  if (!router) {
    const message = `External network ${floating.networkId} is not reachable from subnet ${fixed.subnetId}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`;
    throw new Fault(404, 'ExternalGatewayForFloatingIPNotFound', message);
  }
  for (const other of cloud.networking.floatingIps.values()) {
    if (other.id !== floating.id && other.portId === port.id && other.fixedAddress === fixed.address) {
      const message = `Cannot associate floating IP ${floating.address} (${floating.id}) with port ${port.id} using fixed IP ${fixed.address}, as that fixed IP already has a floating IP on external network ${floating.networkId}.`;
      throw new Fault(409, 'FloatingIPPortAlreadyAssociated', message);
    }
  }
  const before = floating.portId && cloud.networking.ports.get(floating.portId);
  if (before) cloud.networkChanged(before.deviceId);
  Object.assign(floating, { portId: port.id, fixedAddress: fixed.address, routerId: router.id });
  statusFollows(cloud, floating, 'ACTIVE');
  cloud.networkChanged(port.deviceId);
}

/** Takes a floating IP off its port. `status` is what it shows until the router has noticed. */
export function release(cloud: Cloud, floating: FloatingIp, status: FloatingIp['status']): void {
  const port = floating.portId ? cloud.networking.ports.get(floating.portId) : undefined;
  Object.assign(floating, { portId: null, fixedAddress: null, routerId: null, status });
  if (status === 'ACTIVE') statusFollows(cloud, floating, 'DOWN');
  else touch(floating, cloud.timeline.now());
  if (port) cloud.networkChanged(port.deviceId);
}

function statusFollows(cloud: Cloud, floating: FloatingIp, status: FloatingIp['status']): void {
  const { portId } = floating;
  cloud.timeline.after(cloud.bootMilliseconds * 0.3, () => {
    if (floating.portId !== portId || floating.status === status) return;
    floating.status = status;
    floating.revision += 1;
  });
}

function routerBetween(cloud: Cloud, subnetId: string, externalId: string): Router | undefined {
  for (const port of cloud.networking.ports.values()) {
    if (port.deviceOwner !== 'network:router_interface') continue;
    const router = cloud.networking.routers.get(port.deviceId);
    const joins = port.fixedIps.some((ip) => ip.subnetId === subnetId);
    if (joins && router?.gateway?.networkId === externalId) return router;
  }
  return undefined;
}
