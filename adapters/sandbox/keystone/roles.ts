/** @module Roles and role assignments, for the administrator only. */

import type { Cloud } from '../cloud.ts';
import { empty, json } from '../http.ts';
import { collection, type KeystoneCall } from './call.ts';
import { notFound } from './faults.ts';
import { assignedRoles, type Role } from './model.ts';

/** A role as it stands inside other things, without links. */
export function roleFields(role: Role) {
  const options = role.name === 'service' ? {} : { immutable: true };
  return { id: role.id, name: role.name, domain_id: null, description: null, options };
}

function withLinks(cloud: Cloud, role: Role) {
  return { ...roleFields(role), links: { self: `${cloud.baseUrl}/identity/v3/roles/${role.id}` } };
}

/** GET /v3/roles */
export function listRoles(call: KeystoneCall): Response {
  call.admin('identity:list_roles');
  const name = call.query.get('name');
  const found = call.cloud.identity.roles.filter((role) => name === null || role.name === name);
  const items = found.map((role) => withLinks(call.cloud, role));
  return json(200, collection(call, 'roles', items));
}

/** GET /v3/projects/{project}/users/{user}/roles */
export function listAssignments(call: KeystoneCall, projectId: string, userId: string): Response {
  call.admin('identity:list_grants');
  const names = assignedRoles(call.cloud.identity, userId, projectId);
  const found = call.cloud.identity.roles.filter((role) => names.has(role.name));
  const items = found.map((role) => withLinks(call.cloud, role));
  return json(200, collection(call, 'roles', items));
}

/** PUT /v3/projects/{project}/users/{user}/roles/{role} */
export function assignRole(call: KeystoneCall, projectId: string, userId: string, roleId: string): Response {
  const role = findRole(call, 'identity:create_grant', projectId, userId, roleId);
  const names = assignedRoles(call.cloud.identity, userId, projectId);
  call.cloud.identity.assignments.set(`${projectId}/${userId}`, names.add(role.name));
  return empty(204);
}

/**
 * DELETE /v3/projects/{project}/users/{user}/roles/{role}. The user's tokens for the project end now, and stay ended when
 * the role comes back; the user's application credentials work again then.
 */
export function removeRole(call: KeystoneCall, projectId: string, userId: string, roleId: string): Response {
  const role = findRole(call, 'identity:revoke_grant', projectId, userId, roleId);
  const { identity } = call.cloud;
  const names = assignedRoles(identity, userId, projectId);
  if (!names.delete(role.name)) throw notFound('role assignment with role', roleId);
  for (const token of identity.tokens.values()) {
    if (token.userId === userId && token.projectId === projectId) identity.tokens.delete(token.id);
  }
  return empty(204);
}

function findRole(
  call: KeystoneCall,
  action: string,
  projectId: string,
  userId: string,
  roleId: string,
): Role {
  const { identity } = call.cloud;
  const role = identity.roles.find(({ id }) => id === roleId);
  // Keystone finds the role before it checks the policy, so a member gets 404 for an unknown one.
  if (!role) {
    call.principal();
    throw notFound('role', roleId);
  }
  call.admin(action);
  if (!identity.users.has(userId)) throw notFound('user', userId);
  if (!identity.projects.has(projectId)) throw notFound('project', projectId);
  return role;
}
