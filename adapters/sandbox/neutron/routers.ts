/** @module Routers: made and deleted, connected to subnets and to external networks. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, json } from '../http.ts';
import { repr } from '../python.ts';
import { freeAddress } from './addresses.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { badRequest, disallowed, overQuota } from './faults.ts';
import { contains, parseAddress, parsePrefix } from './ipv4.ts';
import {
  newResource,
  type Port,
  type Router,
  type Route as StaticRoute,
  type Subnet,
  touch,
} from './model.ts';
import { networks } from './networks.ts';
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
    admin_state_up: router.adminStateUp,
    status: 'ACTIVE',
    external_gateway_info: router.gateway && {
      network_id: router.gateway.networkId,
      external_fixed_ips: [{ subnet_id: router.gateway.subnetId, ip_address: router.gateway.address }],
      enable_snat: true,
    },
    availability_zones: [],
    availability_zone_hints: [],
    routes: router.routes,
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
    adminStateUp: true,
    routes: [],
    gateway: { networkId: externalId, ...freeAddress(cloud, externalId) },
    revision: 4,
  };
  cloud.networking.routers.set(router.id, router);
  addInterfacePort(cloud, router, inside);
  return router;
}

export function addInterfacePort(cloud: Cloud, router: Router, subnet: Subnet): Port {
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
  creatable: ['name', 'description', 'admin_state_up', 'external_gateway_info', 'distributed', 'ha'],
  updatable: [
    'name',
    'description',
    'admin_state_up',
    'external_gateway_info',
    'distributed',
    'ha',
    'routes',
  ],
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
  refusePrivileged(call, given, 'create_router');
  const router: Router = {
    ...created,
    adminStateUp: given.admin_state_up !== false,
    routes: [],
    gateway: gatewayOf(call, given),
    revision: 3,
  };
  cloud.networking.routers.set(router.id, router);
  return json(201, { router: routers.view(cloud, router) });
}

/** PUT /v2.0/routers/{id} */
export function updateRouter(call: NeutronCall, id: string): Response {
  const router = find(call.cloud, call.principal, routers, id);
  const given = updateBody(call, ROUTER);
  refusePrivileged(call, given, 'update_router');
  if (given.routes !== undefined) router.routes = routesOf(call, router, given.routes);
  if (given.admin_state_up !== undefined) router.adminStateUp = given.admin_state_up !== false;
  router.name = text(given, 'name', router.name);
  router.description = text(given, 'description', router.description ?? '');
  if (given.external_gateway_info !== undefined) router.gateway = gatewayOf(call, given);
  touch(router, call.cloud.timeline.now());
  return json(200, { router: routers.view(call.cloud, router) });
}

const PRIVILEGED_OF_GATEWAY = ['enable_snat', 'external_fixed_ips'];

/** What only an administrator may choose: how a router is placed, and its address outside. @throws Fault 403 */
function refusePrivileged({ principal }: NeutronCall, given: Fields, rule: string): void {
  if (principal.isAdmin) return;
  const placed = ['distributed', 'ha'].find((name) => given[name] !== undefined);
  if (placed) throw disallowed(`(rule:${rule} and rule:${rule}:${placed})`);
  const gateway = `${rule}:external_gateway_info`;
  const info = given.external_gateway_info;
  const chosen = isFields(info) ? PRIVILEGED_OF_GATEWAY.find((name) => info[name] !== undefined) : undefined;
  if (!chosen) return;
  const parts = `(rule:${gateway}:network_id and rule:${gateway}:${chosen})`;
  throw disallowed(`(rule:${rule} and (rule:${gateway} and ${parts}))`);
}

/** PUT /v2.0/routers/{id}/add_extraroutes */
export function addRoutes(call: NeutronCall, id: string): Response {
  return changeRoutes(call, id, (routes, given) => [
    ...routes,
    ...given.filter((route) => !routes.some((one) => isSame(one, route))),
  ]);
}

/** PUT /v2.0/routers/{id}/remove_extraroutes */
export function removeRoutes(call: NeutronCall, id: string): Response {
  return changeRoutes(call, id, (routes, given) =>
    routes.filter((route) => !given.some((one) => isSame(one, route))),
  );
}

function isSame(a: StaticRoute, b: StaticRoute): boolean {
  return a.destination === b.destination && a.nexthop === b.nexthop;
}

function changeRoutes(
  call: NeutronCall,
  id: string,
  change: (routes: StaticRoute[], given: StaticRoute[]) => StaticRoute[],
): Response {
  const router = find(call.cloud, call.principal, routers, id);
  router.routes = change(router.routes, routesOf(call, router, updateBody(call, ROUTER).routes));
  touch(router, call.cloud.timeline.now());
  return json(200, { router: routers.view(call.cloud, router) });
}

/** @throws Fault 400 for a hop that is in no subnet of the router. */
function routesOf({ cloud }: NeutronCall, router: Router, given: unknown): StaticRoute[] {
  const routes = (Array.isArray(given) ? given : []).filter(isFields).map((route) => ({
    destination: String(route.destination),
    nexthop: String(route.nexthop),
  }));
  const subnetIds = [
    ...interfacesOf(cloud, router).flatMap((port) => port.fixedIps.map(({ subnetId }) => subnetId)),
    ...(router.gateway ? [router.gateway.subnetId] : []),
  ];
  for (const { destination, nexthop } of routes) {
    if (!parsePrefix(destination)) {
      throw badRequest(`Invalid input for routes. Reason: '${destination}' is not a valid CIDR.`);
    }
    const hop = parseAddress(nexthop);
    const isConnected = subnetIds.some((id) => {
      const prefix = parsePrefix(cloud.networking.subnets.get(id)?.cidr ?? '');
      return prefix !== undefined && hop !== undefined && contains(prefix, hop);
    });
    if (isConnected) continue;
    const reason = 'the nexthop is not connected with router';
    throw new Fault(400, 'InvalidRoutes', `Invalid format for routes: ${repr(routes)}, ${reason}`);
  }
  return routes;
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

/** The ports that connect a router with subnets. */
export function interfacesOf(cloud: Cloud, router: Router): Port[] {
  return [...cloud.networking.ports.values()].filter(
    (port) => port.deviceId === router.id && port.deviceOwner === 'network:router_interface',
  );
}

export function routerFault(reason: string): Fault {
  return new Fault(400, 'BadRequest', `Bad router request: ${reason}`);
}
