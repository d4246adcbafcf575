/** @module Connections of routers with subnets. */

import { Fault, type Fields, isFields, json, parseJson } from '../http.ts';
import type { NeutronCall } from './call.ts';
import { find } from './collection.ts';
import { contains, parsePrefix } from './ipv4.ts';
import type { Port, Router, Subnet } from './model.ts';
import { subnets } from './networks.ts';
import { ports } from './ports.ts';
import { addInterfacePort, interfacesOf, routerFault, routers } from './routers.ts';

/** PUT /v2.0/routers/{id}/add_router_interface */
export function addInterface(call: NeutronCall, id: string): Response {
  const { cloud } = call;
  const { router, subnet, port: given } = namedInterface(call, id);
  for (const port of interfacesOf(cloud, router)) {
    for (const { subnetId } of port.fixedIps) {
      const other = cloud.networking.subnets.get(subnetId);
      if (subnetId === subnet.id) throw routerFault(`Router already has a port on subnet ${subnet.id}.`);
      if (other && overlap(other.cidr, subnet.cidr)) {
        const overlapping = `overlaps with cidr ${other.cidr} of subnet ${other.id}`;
        throw routerFault(`Cidr ${subnet.cidr} of subnet ${subnet.id} ${overlapping}.`);
      }
    }
  }
  const port = given ? connect(given, router) : addInterfacePort(cloud, router, subnet);
  return json(200, interfaceView(router, port, subnet));
}

/** PUT /v2.0/routers/{id}/remove_router_interface */
export function removeInterface(call: NeutronCall, id: string): Response {
  const { cloud } = call;
  const { router, subnet } = namedInterface(call, id);
  const port = interfacesOf(cloud, router).find((one) =>
    one.fixedIps.some(({ subnetId }) => subnetId === subnet.id),
  );
  if (!port) {
    const message = `Router ${id} has no interface on subnet ${subnet.id}`;
    throw new Fault(404, 'RouterInterfaceNotFoundForSubnet', message);
  }
  const floating = [...cloud.networking.floatingIps.values()].some(({ routerId, portId }) => {
    const fixed = cloud.networking.ports.get(portId ?? '')?.fixedIps ?? [];
    return routerId === id && fixed.some(({ subnetId }) => subnetId === subnet.id);
  });
  if (floating) {
    const message = `Router interface for subnet ${subnet.id} on router ${id} cannot be deleted, as it is required by one or more floating IPs.`;
    throw new Fault(409, 'RouterInterfaceInUseByFloatingIP', message);
  }
  cloud.networking.ports.delete(port.id);
  return json(200, interfaceView(router, port, subnet));
}

interface Interface {
  router: Router;
  subnet: Subnet;
  /** The one that was named. */
  port?: Port;
}

function namedInterface({ cloud, principal, text }: NeutronCall, id: string): Interface {
  const router = find(cloud, principal, routers, id);
  const body = parseJson(text);
  const { subnet_id: subnetId, port_id: portId } = isFields(body) ? body : {};
  if (subnetId && portId) throw routerFault('Cannot specify both subnet-id and port-id.');
  if (typeof subnetId === 'string') return { router, subnet: find(cloud, principal, subnets, subnetId) };
  if (typeof portId !== 'string') throw routerFault('Either subnet_id or port_id must be specified.');
  const port = find(cloud, principal, ports, portId);
  if (port.deviceId !== '' && port.deviceId !== id) {
    const message = `Unable to complete operation on port ${portId} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`;
    throw new Fault(409, 'PortInUse', message);
  }
  const [fixed] = port.fixedIps;
  if (!fixed) throw routerFault('Router port must have at least one fixed IP');
  return { router, subnet: find(cloud, principal, subnets, fixed.subnetId), port };
}

function connect(port: Port, router: Router): Port {
  const owner = { deviceId: router.id, deviceOwner: 'network:router_interface' };
  return Object.assign(port, { ...owner, portSecurity: false, securityGroupIds: [] });
}

function interfaceView(router: Router, port: Port, subnet: Subnet): Fields {
  return {
    id: router.id,
    project_id: router.projectId,
    port_id: port.id,
    network_id: subnet.networkId,
    subnet_id: subnet.id,
    subnet_ids: [subnet.id],
  };
}

function overlap(a: string, b: string): boolean {
  const [left, right] = [parsePrefix(a), parsePrefix(b)];
  return !!left && !!right && (contains(left, right.base) || contains(right, left.base));
}
