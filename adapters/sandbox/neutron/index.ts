/** @module Neutron v2.0 under `/networking`. */

import type { Cloud } from '../cloud.ts';
import { Fault, json, type Route, routedMethod, router } from '../http.ts';
import { isForbiddenWrite } from '../keystone/policy.ts';
import { challenge, principalOf } from '../keystone/principal.ts';
import type { NeutronCall } from './call.ts';
import {
  addTag,
  hasTag,
  type Kind,
  list,
  removeTag,
  removeTags,
  replaceTags,
  show,
  showTags,
} from './collection.ts';
import { listExtensions, showExtension } from './extensions.ts';
import { disallowed, faultReply } from './faults.ts';
import { createFloatingIp, deleteFloatingIp, floatingIps, updateFloatingIp } from './floatingips.ts';
import type { Resource } from './model.ts';
import { createNetwork, deleteNetwork, networks, subnets, updateNetwork } from './networks.ts';
import { createPort, deletePort, ports, updatePort } from './ports.ts';
import { showQuota, showQuotaDefaults, showQuotaDetails, updateQuota } from './quotas.ts';
import { createPolicy, deletePolicy, rbacPolicies } from './rbac.ts';
import { addInterface, removeInterface } from './router-interfaces.ts';
import { addRoutes, createRouter, deleteRouter, removeRoutes, routers, updateRouter } from './routers.ts';
import { createRule, deleteRule, rules, updateRule } from './rules.ts';
import { createGroup, deleteGroup, securityGroups, updateGroup } from './security-groups.ts';
import { createSubnet, deleteSubnet, updateSubnet } from './subnets.ts';

function reading<R extends Resource>(path: string, kind: Kind<R>): Route<NeutronCall>[] {
  return [
    ['GET', path, list(kind)],
    ['GET', `${path}/:id`, show(kind)],
    ['GET', `${path}/:id/tags`, showTags(kind)],
    ['PUT', `${path}/:id/tags`, replaceTags(kind)],
    ['DELETE', `${path}/:id/tags`, removeTags(kind)],
    ['GET', `${path}/:id/tags/:tag`, hasTag(kind)],
    ['PUT', `${path}/:id/tags/:tag`, addTag(kind)],
    ['DELETE', `${path}/:id/tags/:tag`, removeTag(kind)],
  ];
}

const ROUTER_PROVIDER = { service_type: 'L3_ROUTER_NAT', name: 'single_node', default: false };

const TABLE: Route<NeutronCall>[] = [
  ['GET', '/v2.0/', resources],
  ['GET', '/v2.0/extensions', listExtensions],
  ['GET', '/v2.0/extensions/:alias', showExtension],
  // Members see none of these.
  ['GET', '/v2.0/agents', () => json(200, { agents: [] })],
  ['GET', '/v2.0/availability-zones', () => json(200, { availability_zones: [] })],
  ['GET', '/v2.0/flavors', () => json(200, { flavors: [] })],
  ['GET', '/v2.0/network-ip-availabilities', () => json(200, { network_ip_availabilities: [] })],
  ['GET', '/v2.0/service-profiles', () => json(200, { service_profiles: [] })],
  // A project has none, and the sandbox makes none.
  ['GET', '/v2.0/address-groups', () => json(200, { address_groups: [] })],
  ['GET', '/v2.0/address-scopes', () => json(200, { address_scopes: [] })],
  ['GET', '/v2.0/subnetpools', () => json(200, { subnetpools: [] })],
  ['GET', '/v2.0/service-providers', () => json(200, { service_providers: [ROUTER_PROVIDER] })],
  ['GET', '/v2.0/auto-allocated-topology/:project', allocateTopology],
  ...reading('/v2.0/networks', networks),
  ['POST', '/v2.0/networks', createNetwork],
  ['PUT', '/v2.0/networks/:id', updateNetwork],
  ['DELETE', '/v2.0/networks/:id', deleteNetwork],
  ['DELETE', '/v2.0/networks', (call) => deleteNetwork(call, 'None')],
  ...reading('/v2.0/subnets', subnets),
  ['POST', '/v2.0/subnets', createSubnet],
  ['PUT', '/v2.0/subnets/:id', updateSubnet],
  ['DELETE', '/v2.0/subnets/:id', deleteSubnet],
  ...reading('/v2.0/ports', ports),
  ['POST', '/v2.0/ports', createPort],
  ['PUT', '/v2.0/ports/:id', updatePort],
  ['DELETE', '/v2.0/ports/:id', deletePort],
  ...reading('/v2.0/routers', routers),
  ['POST', '/v2.0/routers', createRouter],
  ['PUT', '/v2.0/routers/:id', updateRouter],
  ['DELETE', '/v2.0/routers/:id', deleteRouter],
  ['PUT', '/v2.0/routers/:id/add_router_interface', addInterface],
  ['PUT', '/v2.0/routers/:id/remove_router_interface', removeInterface],
  ['PUT', '/v2.0/routers/:id/add_extraroutes', addRoutes],
  ['PUT', '/v2.0/routers/:id/remove_extraroutes', removeRoutes],
  ...reading('/v2.0/security-groups', securityGroups),
  ['POST', '/v2.0/security-groups', createGroup],
  ['PUT', '/v2.0/security-groups/:id', updateGroup],
  ['DELETE', '/v2.0/security-groups/:id', deleteGroup],
  ...reading('/v2.0/security-group-rules', rules),
  ['POST', '/v2.0/security-group-rules', createRule],
  ['PUT', '/v2.0/security-group-rules/:id', updateRule],
  ['DELETE', '/v2.0/security-group-rules/:id', deleteRule],
  ['GET', '/v2.0/rbac-policies', list(rbacPolicies)],
  ['GET', '/v2.0/rbac-policies/:id', show(rbacPolicies)],
  ['POST', '/v2.0/rbac-policies', createPolicy],
  ['DELETE', '/v2.0/rbac-policies/:id', deletePolicy],
  ...reading('/v2.0/floatingips', floatingIps),
  ['POST', '/v2.0/floatingips', createFloatingIp],
  ['PUT', '/v2.0/floatingips/:id', updateFloatingIp],
  ['DELETE', '/v2.0/floatingips/:id', deleteFloatingIp],
  ['GET', '/v2.0/quotas/:project', showQuota],
  ['GET', '/v2.0/quotas/:project/default', showQuotaDefaults],
  ['GET', '/v2.0/quotas/:project/details', showQuotaDetails],
  ['GET', '/v2.0/quotas/:project/details.json', showQuotaDetails],
  ['PUT', '/v2.0/quotas/:project', updateQuota],
];

const find = router(TABLE);

/** Pecan's; all others are routed by Routes. */
const CORE = /^\/v2\.0\/(?:networks|subnets|ports)(?![^/.])/;

/** Responds to a request whose path below `/networking` is `path`. */
export async function neutron(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const reply = await dispatch(cloud, request, url, path);
  reply.headers.set('X-Openstack-Request-Id', `req-${crypto.randomUUID()}`);
  return reply;
}

async function dispatch(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  if (path === '' || path === '/') return versions(cloud);
  const principal = principalOf(cloud, request, { type: 'network', path });
  if (!principal) {
    const message = 'The request you have made requires authentication.';
    return json(401, { error: { code: 401, title: 'Unauthorized', message } }, challenge(cloud));
  }
  try {
    const method = CORE.test(path) ? request.method : await routedMethod(request, url);
    const match = find(method, canonical(path));
    if ('allowed' in match) throw unrouted(match.allowed);
    const self = `${cloud.baseUrl}/networking${path}`;
    const text = await request.text();
    const call = { cloud, request, principal, query: url.searchParams, self, text };
    if (isForbiddenWrite(method, principal)) await refuseWrite(call, method, canonical(path));
    return await match.handler(call, ...match.values);
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

/** What the caller cannot see is missing rather than forbidden. @throws Fault 403 or 404 */
async function refuseWrite(call: NeutronCall, method: string, path: string): Promise<never> {
  const [, version, collection = '', id] = path.split('/');
  const shown = find('GET', `/${version}/${collection}/${id}`);
  if (id !== undefined && 'handler' in shown) await shown.handler(call, ...shown.values);
  const verb = { POST: 'create', DELETE: 'delete' }[method] ?? 'update';
  throw disallowed(`rule:${verb}_${collection.replaceAll('-', '_').replace(/s$/, '')}`);
}

/** Neutron takes `-` and `_` in the name of a collection for the same, and an extension for a content type. */
function canonical(path: string): string {
  const decoded = path.replace(/%(2d|5f)/gi, (_, hex: string) => (/2d/i.test(hex) ? '-' : '_'));
  return decoded
    .replace(/(?<!details)\.json$/, '')
    .replace(/^\/v2\.0\/[^/]+/, (collection) => collection.replaceAll('_', '-'));
}

/** Makes a network, subnet and router where there is a default external network, which the sandbox has not. */
function allocateTopology(): Response {
  const message = 'Deployment error: No default router:external network.';
  throw new Fault(409, 'AutoAllocationFailure', message);
}

function unrouted(allowed: string[]): Fault {
  if (allowed.length === 0) return new Fault(404, 'HTTPNotFound', 'The resource could not be found.');
  const message =
    'The server could not comply with the request since it is either malformed or otherwise incorrect.';
  return new Fault(405, 'HTTPMethodNotAllowed', message);
}

function versions(cloud: Cloud): Response {
  const links = [{ rel: 'self', href: `${cloud.baseUrl}/networking/v2.0/` }];
  return json(200, { versions: [{ id: 'v2.0', status: 'CURRENT', links }] });
}

function resources(call: NeutronCall): Response {
  const names = ['network', 'subnet', 'subnetpool', 'port'];
  const all = names.map((name) => ({
    name,
    collection: `${name}s`,
    links: [{ rel: 'self', href: `${call.cloud.baseUrl}/networking/v2.0/${name}s` }],
  }));
  return json(200, { resources: all });
}
