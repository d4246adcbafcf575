/** @module Users: a user reads itself, the administrator reads all. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, hexId, isFields, json, randomText } from '../http.ts';
import { collection, type KeystoneCall } from './call.ts';
import { forbidden, invalid, notFound } from './faults.ts';
import type { User } from './model.ts';

/** GET /v3/users */
export function listUsers(call: KeystoneCall): Response {
  call.admin('identity:list_users');
  const name = call.query.get('name');
  const found = [...call.cloud.identity.users.values()].filter((user) => name === null || user.name === name);
  return json(
    200,
    collection(
      call,
      'users',
      found.map((user) => userView(call.cloud, user)),
    ),
  );
}

/** GET /v3/users/{id} */
export function showUser(call: KeystoneCall, id: string): Response {
  const principal = call.principal();
  if (principal.userId !== id && !principal.isAdmin) throw forbidden('identity:get_user');
  return json(200, { user: userView(call.cloud, findUserById(call.cloud, id)) });
}

/** POST /v3/users */
export function createUser(call: KeystoneCall): Response {
  call.admin('identity:create_user');
  const given = call.body().user;
  if (!isFields(given) || typeof given.name !== 'string') throw invalid("'name' is a required property");
  if ([...call.cloud.identity.users.values()].some((user) => user.name === given.name)) {
    const message = `Conflict occurred attempting to store user - Duplicate entry found with name ${given.name} at domain ID default.`;
    throw new Fault(409, '', message);
  }
  const user: User = {
    id: hexId(),
    name: given.name,
    password: typeof given.password === 'string' ? given.password : randomText(24),
    enabled: given.enabled !== false,
    defaultProjectId: typeof given.default_project_id === 'string' ? given.default_project_id : null,
  };
  call.cloud.identity.users.set(user.id, user);
  return json(201, { user: userView(call.cloud, user) });
}

/** PATCH /v3/users/{id}: `enabled`, `password` and `name`. */
export function updateUser(call: KeystoneCall, id: string): Response {
  call.admin('identity:update_user');
  const user = findUserById(call.cloud, id);
  const given = call.body().user;
  if (!isFields(given)) throw invalid("'user' is a required property");
  if (typeof given.enabled === 'boolean') user.enabled = given.enabled;
  if (typeof given.password === 'string') user.password = given.password;
  if (typeof given.name === 'string') user.name = given.name;
  return json(200, { user: userView(call.cloud, user) });
}

/** DELETE /v3/users/{id}, and its application credentials with it. */
export function deleteUser(call: KeystoneCall, id: string): Response {
  call.admin('identity:delete_user');
  const { users, credentials } = call.cloud.identity;
  users.delete(findUserById(call.cloud, id).id);
  for (const credential of credentials.values()) {
    if (credential.userId === id) credentials.delete(credential.id);
  }
  return empty(204);
}

export function findUserById(cloud: Cloud, id: string): User {
  const user = cloud.identity.users.get(id);
  if (!user) throw notFound('user', id);
  return user;
}

function userView(cloud: Cloud, user: User) {
  return {
    id: user.id,
    name: user.name,
    domain_id: 'default',
    enabled: user.enabled,
    ...(user.defaultProjectId && { default_project_id: user.defaultProjectId }),
    password_expires_at: null,
    options: {},
    links: { self: `${cloud.baseUrl}/identity/v3/users/${user.id}` },
  };
}
