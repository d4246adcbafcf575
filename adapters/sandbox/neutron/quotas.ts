/** @module What a project may have of each resource, and what it has. */

import type { Cloud } from '../cloud.ts';
import { type Fields, isFields, json, parseJson } from '../http.ts';
import type { NeutronCall } from './call.ts';
import { badRequest, disallowed } from './faults.ts';
import type { NetworkQuota } from './model.ts';

/** Neutron's defaults, in its order. */
export const NETWORK_QUOTA: NetworkQuota = {
  network: 100,
  subnet: 100,
  subnetpool: -1,
  port: 500,
  router_route: 30,
  router: 10,
  floatingip: 50,
  rbac_policy: 10,
  security_group: 10,
  security_group_rule: 100,
};

/** The limits of a project. */
export function networkQuota(cloud: Cloud, projectId: string): NetworkQuota {
  return { ...NETWORK_QUOTA, ...cloud.networking.quotas.get(projectId) };
}

function used(cloud: Cloud, projectId: string, resource: string): number {
  const { networks, subnets, ports, routers, floatingIps, groups, rules } = cloud.networking;
  const records: Record<string, Map<string, { projectId: string }>> = {
    network: networks,
    subnet: subnets,
    port: ports,
    router: routers,
    floatingip: floatingIps,
    security_group: groups,
    security_group_rule: rules,
  };
  return [...(records[resource]?.values() ?? [])].filter((record) => record.projectId === projectId).length;
}

/** How many more the project may have. */
export function roomFor(cloud: Cloud, projectId: string, resource: string): number {
  const limit = networkQuota(cloud, projectId)[resource] ?? -1;
  return limit < 0 ? Number.POSITIVE_INFINITY : limit - used(cloud, projectId, resource);
}

/** Whether the project may have one more. */
export function hasRoom(cloud: Cloud, projectId: string, resource: string): boolean {
  return roomFor(cloud, projectId, resource) > 0;
}

/** GET /v2.0/quotas/{project} */
export function showQuota(call: NeutronCall, projectId: string): Response {
  authorize(call, projectId, 'get_quota');
  return json(200, { quota: networkQuota(call.cloud, projectId) });
}

/** GET /v2.0/quotas/{project}/details.json */
export function showQuotaDetails(call: NeutronCall, projectId: string): Response {
  authorize(call, projectId, 'get_quota');
  const details: Fields = {};
  for (const [resource, limit] of Object.entries(networkQuota(call.cloud, projectId))) {
    details[resource] = { limit, used: used(call.cloud, projectId, resource), reserved: 0 };
  }
  return json(200, { quota: details });
}

/** GET /v2.0/quotas/{project}/default */
export function showQuotaDefaults(call: NeutronCall, projectId: string): Response {
  authorize(call, projectId, 'get_quota');
  return json(200, { quota: NETWORK_QUOTA });
}

/** PUT /v2.0/quotas/{project}, administrator only. */
export function updateQuota(call: NeutronCall, projectId: string): Response {
  if (!call.principal.isAdmin) throw disallowed('rule:update_quota');
  const body = parseJson(call.text);
  const given = isFields(body) ? body.quota : undefined;
  if (!isFields(given)) throw badRequest("Unable to find 'quota' in request body");
  const limits = Object.entries(given).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  call.cloud.networking.quotas.set(projectId, {
    ...networkQuota(call.cloud, projectId),
    ...Object.fromEntries(limits),
  });
  return json(200, { quota: networkQuota(call.cloud, projectId) });
}

function authorize(call: NeutronCall, projectId: string, rule: string): void {
  if (projectId !== call.principal.projectId && !call.principal.isAdmin) throw disallowed(`rule:${rule}`);
}
