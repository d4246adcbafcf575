/** @module Members of groups. */

import { empty, json } from '../http.ts';
import { collection, type KeystoneCall } from './call.ts';
import { forbidden, notFound } from './faults.ts';
import { recordsOf } from './records.ts';
import { findUserById } from './users.ts';

/** GET /v3/users/{id}/groups */
export function listUserGroups(call: KeystoneCall, userId: string): Response {
  const principal = call.principal();
  if (principal.userId !== userId && !principal.isAdmin) throw forbidden('identity:list_groups_for_user');
  const found = [...recordsOf(call.cloud, 'groups')].filter(([id]) => isMember(call, id, userId));
  return json(
    200,
    collection(
      call,
      'groups',
      found.map(([id, fields]) => ({ ...fields, id })),
    ),
  );
}

/** PUT /v3/groups/{group}/users/{user} */
export function addMember(call: KeystoneCall, groupId: string, userId: string): Response {
  call.admin('identity:add_user_to_group');
  if (!recordsOf(call.cloud, 'groups').has(groupId)) throw notFound('group', groupId);
  call.cloud.identity.memberships.add(`${groupId}/${findUserById(call.cloud, userId).id}`);
  return empty(204);
}

/** GET and HEAD /v3/groups/{group}/users/{user} */
export function checkMember(call: KeystoneCall, groupId: string, userId: string): Response {
  call.admin('identity:check_user_in_group');
  if (!isMember(call, groupId, userId)) throw notFound(`user ${userId} in group`, groupId);
  return empty(204);
}

/** DELETE /v3/groups/{group}/users/{user} */
export function removeMember(call: KeystoneCall, groupId: string, userId: string): Response {
  call.admin('identity:remove_user_from_group');
  if (!call.cloud.identity.memberships.delete(`${groupId}/${userId}`))
    throw notFound(`user ${userId} in group`, groupId);
  return empty(204);
}

function isMember({ cloud }: KeystoneCall, groupId: string, userId: string): boolean {
  return cloud.identity.memberships.has(`${groupId}/${userId}`);
}
