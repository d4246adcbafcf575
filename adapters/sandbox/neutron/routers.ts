/** @module Routers: made and deleted, connected to subnets and to external networks. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, json, parseJson } from '../http.ts';
import { freeAddress } from './addresses.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { overQuota } from './faults.ts';
import { contains, parsePrefix } from './ipv4.ts';
import { newResource, type Port, type Router, type Subnet, touch } from './model.ts';
import { networks, subnets } from './networks.ts';
import { addPort } from './ports.ts';
import { hasRoom } from './quotas.ts';
import { COMMON_ATTRIBUTES, commonView } from './view.ts';

export const routers: Kind<Router> = {
  plural: 'routers',
  one: 'router',
  records: (cloud) => cloud.networking.routers,
  attributes: [...COMMON_ATTRIBUTES, 'admin_state_up', 'status'],
  missing: (id) => new Fault(404, 'RouterNotFound', `Router ${id} could not be found`),
  view: (_cloud, router) => ({
    id: router.id,
    name: router.name,
    admin_state_up: true,
    status: 'ACTIVE',
    external_gateway_info: router.gateway && {
      network_id: router.gateway.networkId,
      external_fixed_ips: [{ subnet_id: router.gateway.subnetId, ip_address: router.gateway.address }],
      enable_snat: true,
    },
    availability_zones: [],
    availability_zone_hints: [],
    routes: [],
    flavor_id: null,
    ...commonView(router),
  }),
};

/** Makes a router that joins a subnet with an external network. */
export function addRouter(
  cloud: Cloud,
  projectId: string,
  name: string,
  inside: Subnet,
  externalId: string,
): Router {
  const router: Router = {
    ...newResource(projectId, name, cloud.timeline.now()),
    gateway: { networkId: externalId, ...freeAddress(cloud, externalId) },
    revision: 4,
  };
  cloud.networking.routers.set(router.id, router);
  addInterfacePort(cloud, router, inside);
  return router;
}

function addInterfacePort(cloud: Cloud, router: Router, subnet: Subnet): Port {
  const port = addPort(cloud, router, subnet.networkId, {
    fixedIps: [{ subnetId: subnet.id, address: subnet.gatewayIp ?? '' }],
    securityGroupIds: [],
  });
  return Object.assign(port, {
    deviceId: router.id,
    deviceOwner: 'network:router_interface',
    portSecurity: false,
    revision: 2,
  });
}

const ROUTER: Shape = {
  name: 'router',
  creatable: ['name', 'description', 'admin_state_up', 'external_gateway_info'],
  updatable: ['name', 'description', 'admin_state_up', 'external_gateway_info'],
};

/** POST /v2.0/routers */
export function createRouter(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, ROUTER);
  if (!hasRoom(cloud, principal.projectId, 'router')) throw overQuota('router');
  const created = newResource(
    principal.projectId,
    text(given, 'name'),
    cloud.timeline.now(),
    text(given, 'description'),
  );
  const router: Router = { ...created, gateway: gatewayOf(call, given), revision: 3 };
  cloud.networking.routers.set(router.id, router);
  return json(201, { router: routers.view(cloud, router) });
}

/** PUT /v2.0/routers/{id} */
export function updateRouter(call: NeutronCall, id: string): Response {
  const router = find(call.cloud, call.principal, routers, id);
  const given = updateBody(call, ROUTER);
  router.name = text(given, 'name', router.name);
  router.description = text(given, 'description', router.description ?? '');
  if (given.external_gateway_info !== undefined) router.gateway = gatewayOf(call, given);
  touch(router, call.cloud.timeline.now());
  return json(200, { router: routers.view(call.cloud, router) });
}

function gatewayOf({ cloud, principal }: NeutronCall, given: Fields): Router['gateway'] {
  const info = given.external_gateway_info;
  if (!isFields(info) || typeof info.network_id !== 'string') return null;
  const network = find(cloud, principal, networks, info.network_id);
  if (!network.external) throw routerFault(`Network ${network.id} is not an external network.`);
  return { networkId: network.id, ...freeAddress(cloud, network.id) };
}

/** DELETE /v2.0/routers/{id} */
export function deleteRouter(call: NeutronCall, id: string): Response {
  const router = find(call.cloud, call.principal, routers, id);
  const attached = interfacesOf(call.cloud, router).map((port) => port.id);
  if (attached.length > 0) {
    const message = `Router ${id} has ports still attached: ${attached.join(', ')}`;
    throw new Fault(409, 'RouterInUse', message);
  }
  call.cloud.networking.routers.delete(id);
  return empty(204);
}

/** PUT /v2.0/routers/{id}/add_router_interface */
export function addInterface(call: NeutronCall, id: string): Response {
  const { cloud } = call;
  const { router, subnet } = namedInterface(call, id);
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
  return json(200, interfaceView(router, addInterfacePort(cloud, router, subnet), subnet));
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

function namedInterface(call: NeutronCall, id: string): { router: Router; subnet: Subnet } {
  const router = find(call.cloud, call.principal, routers, id);
  const body = parseJson(call.text);
  const subnetId = isFields(body) ? body.subnet_id : undefined;
  if (typeof subnetId !== 'string') throw routerFault('Either subnet_id or port_id must be specified.');
  return { router, subnet: find(call.cloud, call.principal, subnets, subnetId) };
}

function interfacesOf(cloud: Cloud, router: Router): Port[] {
  return [...cloud.networking.ports.values()].filter(
    (port) => port.deviceId === router.id && port.deviceOwner === 'network:router_interface',
  );
}

function interfaceView(router: Router, port: Port, subnet: Subnet): Fields {
  return {
    id: router.id,
    tenant_id: router.projectId,
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

function routerFault(reason: string): Fault {
  return new Fault(400, 'BadRequest', `Bad router request: ${reason}`);
}
