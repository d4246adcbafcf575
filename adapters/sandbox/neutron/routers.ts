/** @module Routers: made with the project, shown, not changed. */

import type { Cloud } from '../cloud.ts';
import { Fault } from '../http.ts';
import { freeAddress } from './addresses.ts';
import type { Kind } from './collection.ts';
import { newResource, type Router, type Subnet } from './model.ts';
import { addPort } from './ports.ts';
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
  const port = addPort(cloud, { projectId }, inside.networkId, {
    fixedIps: [{ subnetId: inside.id, address: inside.gatewayIp ?? '' }],
    securityGroupIds: [],
  });
  Object.assign(port, {
    deviceId: router.id,
    deviceOwner: 'network:router_interface',
    portSecurity: false,
    revision: 2,
  });
  return router;
}
