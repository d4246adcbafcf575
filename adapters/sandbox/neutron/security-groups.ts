/** @module Security groups. Every project has `default`, which lets its own members in and everything out. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, json } from '../http.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { disallowed, overQuota } from './faults.ts';
import { newResource, type SecurityGroup, touch } from './model.ts';
import { hasRoom } from './quotas.ts';
import { isGranted } from './rbac.ts';
import { addRule, ruleView } from './rule-records.ts';
import { COMMON_ATTRIBUTES, commonView } from './view.ts';

const GROUP: Shape = {
  name: 'security_group',
  creatable: ['name', 'description', 'stateful'],
  updatable: ['name', 'description', 'stateful'],
};

export const securityGroups: Kind<SecurityGroup> = {
  plural: 'security_groups',
  one: 'security_group',
  records: (cloud) => cloud.networking.groups,
  attributes: [...COMMON_ATTRIBUTES, 'stateful', 'shared'],
  missing: (id) => new Fault(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`),
  shared: (cloud, group, projectId) => isGranted(cloud, group, projectId, 'access_as_shared'),
  view: (cloud, group, projectId = group.projectId) => ({
    id: group.id,
    name: group.name,
    stateful: true,
    shared: isGranted(cloud, group, projectId, 'access_as_shared'),
    security_group_rules: [...cloud.networking.rules.values()]
      .filter((rule) => rule.groupId === group.id)
      .map((rule) => ({ ...ruleView(cloud, rule), standard_attr_id: rule.serial, tags: rule.tags })),
    ...commonView(group),
  }),
};

/** POST /v2.0/security-groups */
export function createGroup(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, GROUP);
  refuseDefault(given.name);
  if (!hasRoom(cloud, principal.projectId, 'security_group')) throw overQuota('security_group');
  const group = addGroup(cloud, principal.projectId, text(given, 'name'), text(given, 'description'));
  return json(201, { security_group: securityGroups.view(cloud, group) });
}

/** PUT /v2.0/security-groups/{id} */
export function updateGroup(call: NeutronCall, id: string): Response {
  const group = own(call, id, 'update');
  const given = updateBody(call, GROUP);
  refuseDefault(given.name);
  if (group.name === 'default' && given.name !== undefined) {
    const message = 'Updating default security group not allowed.';
    throw new Fault(409, 'SecurityGroupCannotUpdateDefault', message);
  }
  group.name = text(given, 'name', group.name);
  group.description = text(given, 'description', group.description ?? '');
  touch(group, call.cloud.timeline.now());
  return json(200, { security_group: securityGroups.view(call.cloud, group) });
}

/** DELETE /v2.0/security-groups/{id} */
export function deleteGroup(call: NeutronCall, id: string): Response {
  const { networking } = call.cloud;
  const group = own(call, id, 'delete');
  if (group.name === 'default' && !call.principal.isAdmin) {
    const message = 'Insufficient rights for removing default security group.';
    throw new Fault(409, 'SecurityGroupCannotRemoveDefault', message);
  }
  if ([...networking.ports.values()].some((port) => port.securityGroupIds.includes(id))) {
    throw new Fault(409, 'SecurityGroupInUse', `Security Group ${id} in use.`);
  }
  networking.groups.delete(id);
  for (const rule of networking.rules.values()) {
    if (rule.groupId === id || rule.remoteGroupId === id) networking.rules.delete(rule.id);
  }
  return empty(204);
}

function refuseDefault(name: unknown): void {
  if (name !== 'default') return;
  throw new Fault(409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.');
}

/** A shared group is seen by others and theirs to use, not to change. */
function own(call: NeutronCall, id: string, action: string): SecurityGroup {
  const group = find(call.cloud, call.principal, securityGroups, id);
  if (group.projectId === call.principal.projectId || call.principal.isAdmin) return group;
  throw disallowed(`rule:${action}_security_group`);
}

/** The project's group `default`, made when first needed. */
export function defaultGroup(cloud: Cloud, projectId: string): SecurityGroup {
  for (const group of cloud.networking.groups.values()) {
    if (group.projectId === projectId && group.name === 'default') return group;
  }
  const group = addGroup(cloud, projectId, 'default', 'Default security group');
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    addRule(cloud, projectId, {
      groupId: group.id,
      direction: 'ingress',
      ethertype,
      remoteGroupId: group.id,
    });
  }
  return group;
}

/** Makes a group that lets everything out and nothing in. */
export function addGroup(cloud: Cloud, projectId: string, name: string, description: string): SecurityGroup {
  const group = { ...newResource(projectId, name, cloud.timeline.now(), description), revision: 1 };
  cloud.networking.groups.set(group.id, group);
  cloud.networking.serial += 1;
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    addRule(cloud, projectId, { groupId: group.id, direction: 'egress', ethertype });
  }
  return group;
}
