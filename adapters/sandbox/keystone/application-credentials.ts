/** @module Application credentials of a user. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, hexId, isFields, json, randomText } from '../http.ts';
import { microseconds, parseInstant } from '../timeline.ts';
import { collection, type KeystoneCall } from './call.ts';
import { badRequest, forbidden, invalid, notFound } from './faults.ts';
import type { AccessRule, ApplicationCredential, Principal } from './model.ts';
import { roleFields } from './roles.ts';

const MANAGING =
  "Using method 'application_credential' is not allowed for managing additional application credentials.";

/** GET /v3/users/{user}/application_credentials */
export function listCredentials(call: KeystoneCall, userId: string): Response {
  owner(call, userId, 'identity:list_application_credentials');
  const name = call.query.get('name');
  const found = [...call.cloud.identity.credentials.values()].filter(
    (credential) => credential.userId === userId && (name === null || credential.name === name),
  );
  const items = found.map((credential) => view(call.cloud, credential));
  return json(200, collection(call, 'application_credentials', items));
}

/** GET /v3/users/{user}/application_credentials/{id} */
export function showCredential(call: KeystoneCall, userId: string, id: string): Response {
  owner(call, userId, 'identity:get_application_credential');
  return json(200, { application_credential: view(call.cloud, find(call.cloud, userId, id)) });
}

/** POST /v3/users/{user}/application_credentials; the secret is in this response only. */
export function createCredential(call: KeystoneCall, userId: string): Response {
  const principal = call.principal();
  if (principal.userId !== userId) throw forbidden('identity:create_application_credential');
  refuseRestricted(call.cloud, principal);
  const given = call.body().application_credential;
  if (!isFields(given)) throw invalid("'application_credential' is a required property");
  if (typeof given.name !== 'string' || given.name === '') throw invalid("'name' is a required property");
  for (const other of call.cloud.identity.credentials.values()) {
    if (other.userId === userId && other.name === given.name) {
      const message = `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${given.name}.`;
      throw new Fault(409, '', message);
    }
  }
  const credential: ApplicationCredential = {
    id: hexId(),
    name: given.name,
    description: typeof given.description === 'string' ? given.description : null,
    secret: typeof given.secret === 'string' ? given.secret : randomText(64),
    userId,
    projectId: principal.projectId,
    roles: wantedRoles(call.cloud, principal.roles, given),
    expiresAt: wantedExpiry(call.cloud, given),
    unrestricted: typeof given.unrestricted === 'boolean' ? given.unrestricted : null,
    accessRules: wantedRules(given),
  };
  call.cloud.identity.credentials.set(credential.id, credential);
  const { links, ...shown } = view(call.cloud, credential);
  return json(201, { application_credential: { ...shown, secret: credential.secret, links } });
}

/** DELETE /v3/users/{user}/application_credentials/{id}; its tokens end with it. */
export function deleteCredential(call: KeystoneCall, userId: string, id: string): Response {
  const principal = owner(call, userId, 'identity:delete_application_credential');
  refuseRestricted(call.cloud, principal);
  call.cloud.identity.credentials.delete(find(call.cloud, userId, id).id);
  return empty(204);
}

function owner(call: KeystoneCall, userId: string, action: string): Principal {
  const principal = call.principal();
  if (principal.userId !== userId && !principal.isAdmin) throw forbidden(action);
  return principal;
}

function refuseRestricted(cloud: Cloud, principal: Principal): void {
  const used = principal.token.credentialId;
  if (used && cloud.identity.credentials.get(used)?.unrestricted !== true) throw forbidden(MANAGING);
}

function find(cloud: Cloud, userId: string, id: string): ApplicationCredential {
  const credential = cloud.identity.credentials.get(id);
  if (credential?.userId !== userId) throw notFound('Application Credential', id);
  return credential;
}

/** @param held Roles of the token: those of a credential are fewer than its user's. */
function wantedRoles(cloud: Cloud, held: string[], given: Fields): string[] {
  if (!Array.isArray(given.roles)) return held;
  return given.roles.filter(isFields).map((wanted) => {
    const role = cloud.identity.roles.find(({ id, name }) => id === wanted.id || name === wanted.name);
    if (!role) throw new Fault(404, '', `Role ${wanted.name ?? wanted.id} is not defined`);
    if (!held.includes(role.name)) {
      const reason = 'Cannot create an application credential with unassigned role';
      throw new Fault(400, '', `Invalid application credential: ${reason}`);
    }
    return role.name;
  });
}

function wantedRules({ access_rules: given }: Fields): AccessRule[] | null {
  if (!Array.isArray(given)) return null;
  return given.filter(isFields).map(({ service, method, path }) => ({
    id: hexId(),
    service: String(service),
    method: String(method),
    path: String(path),
  }));
}

function wantedExpiry(cloud: Cloud, given: Fields): number | null {
  if (given.expires_at === undefined || given.expires_at === null) return null;
  const instant = parseInstant(String(given.expires_at));
  if (instant === undefined) throw badRequest('Timestamp not in expected format.');
  if (instant < cloud.timeline.now()) throw badRequest("The 'expires_at' must not be before now.");
  return instant;
}

function view(cloud: Cloud, credential: ApplicationCredential) {
  return {
    id: credential.id,
    name: credential.name,
    description: credential.description,
    user_id: credential.userId,
    project_id: credential.projectId,
    system: null,
    expires_at: credential.expiresAt === null ? null : microseconds(credential.expiresAt),
    unrestricted: credential.unrestricted,
    ...(credential.accessRules !== null && { access_rules: credential.accessRules }),
    roles: cloud.identity.roles.filter((role) => credential.roles.includes(role.name)).map(roleFields),
    links: { self: `${cloud.baseUrl}/identity/v3/application_credentials/${credential.id}` },
  };
}
