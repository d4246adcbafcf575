/** @module Server groups: affinity and its opposite. */

import { empty, type Fields, json } from '../http.ts';
import { bodyOf, inner, limitOf, type NovaCall } from './call.ts';
import { badRequest, notFound, novaFault } from './faults.ts';
import { membersOf } from './lifecycle.ts';
import type { ServerGroup } from './model.ts';
import { computeQuota, groupCount } from './quotas.ts';
import { createServerGroupSchema } from './schemas.ts';

/** GET /os-server-groups; `all_projects` counts for the administrator only. */
export function listServerGroups(call: NovaCall): Response {
  const { query, principal, cloud } = call;
  const all = principal.isAdmin && query.has('all_projects');
  const offset = Number(query.get('offset') ?? 0);
  const limit = limitOf(query);
  const found = [...cloud.compute.groups.values()].filter(
    (group) => all || group.projectId === principal.projectId,
  );
  return json(200, { server_groups: found.slice(offset, offset + limit).map((group) => view(call, group)) });
}

/** GET /os-server-groups/{id} */
export function showServerGroup(call: NovaCall, id: string): Response {
  return json(200, { server_group: view(call, findGroup(call, id)) });
}

/** POST /os-server-groups */
export function createServerGroup(call: NovaCall): Response {
  const { cloud, principal } = call;
  const given = inner(bodyOf(call, createServerGroupSchema(call.minor)), 'server_group');
  const policy = call.minor >= 64 ? given.policy : (given.policies as string[])[0];
  const rules = inner(given, 'rules');
  if (Object.keys(rules).length > 0 && policy !== 'anti-affinity') {
    throw badRequest('Only anti-affinity policy supports rules.');
  }
  const most = computeQuota(cloud, principal.projectId).server_groups;
  if (most >= 0 && groupCount(cloud, principal.projectId) >= most) {
    throw novaFault(403, 'Quota exceeded, too many server groups.');
  }
  const group: ServerGroup = {
    id: crypto.randomUUID(),
    name: String(given.name),
    policy: String(policy),
    rules,
    projectId: principal.projectId,
    userId: principal.userId,
  };
  cloud.compute.groups.set(group.id, group);
  return json(200, { server_group: view(call, group) });
}

/** DELETE /os-server-groups/{id}; its members stay. */
export function deleteServerGroup(call: NovaCall, id: string): Response {
  call.cloud.compute.groups.delete(findGroup(call, id).id);
  return empty(204, { 'Content-Type': 'application/json' });
}

function findGroup(call: NovaCall, id: string): ServerGroup {
  const group = call.cloud.compute.groups.get(id);
  const visible = group && (group.projectId === call.principal.projectId || call.principal.isAdmin);
  if (!visible) throw notFound(`Instance group ${id} could not be found.`);
  return group;
}

function view(call: NovaCall, group: ServerGroup): Fields {
  const { id, name, policy, rules, projectId, userId } = group;
  const members = membersOf(call.cloud, id).map((server) => server.id);
  const owner = call.minor >= 13 ? { project_id: projectId, user_id: userId } : {};
  if (call.minor >= 64) return { id, name, policy, rules, members, ...owner };
  return { id, name, policies: [policy], metadata: {}, members, ...owner };
}
