/** @module The three authentication methods: password, application credential, token. */

import type { Cloud } from '../cloud.ts';
import { Fault, type Fields, isFields } from '../http.ts';
import { badRequest, invalid, notFound, unauthorized } from './faults.ts';
import { type ApplicationCredential, effectiveRoles, type User } from './model.ts';
import { challenge, findToken } from './principal.ts';

/** The authenticated user, and the scope that the method implies. */
export interface Proof {
  user: User;
  methods: string[];
  credential?: ApplicationCredential;
  /** Audit ids of the token that was exchanged. */
  auditIds: string[];
}

/** Checks `auth.identity`. @throws Fault 400, 401 or 404 as Keystone. */
export function authenticate(cloud: Cloud, auth: Fields): Proof {
  const identity = auth.identity;
  if (!isFields(identity)) throw invalid("'identity' is a required property");
  const methods = identity.methods;
  if (!Array.isArray(methods)) {
    throw invalid("Invalid input for field 'identity': 'methods' is a required property");
  }
  const method = String(methods[0]);
  const given = identity[method];
  if (method === 'password') return byPassword(cloud, fieldsOf(given, method));
  if (method === 'application_credential') {
    if (auth.scope !== undefined) {
      const message =
        'Error authenticating with application credential: Application credentials cannot request a scope.';
      throw new Fault(401, 'identity', message, challenge(cloud));
    }
    return byCredential(cloud, fieldsOf(given, method));
  }
  if (method === 'token') return byToken(cloud, fieldsOf(given, method));
  throw badRequest(`Expecting to find ${method} in identity.`);
}

function fieldsOf(value: unknown, method: string): Fields {
  if (isFields(value)) return value;
  throw badRequest(`Expecting to find ${method} in identity.`);
}

function byPassword(cloud: Cloud, given: Fields): Proof {
  const wanted = fieldsOf(given.user, 'user');
  const user = findUser(cloud, wanted);
  if (!user?.enabled || user.password !== wanted.password) throw unauthorized(cloud);
  return { user, methods: ['password'], auditIds: [] };
}

function byCredential(cloud: Cloud, given: Fields): Proof {
  const credential = findCredential(cloud, given);
  const user = cloud.identity.users.get(credential.userId);
  const held = effectiveRoles(cloud.identity, credential.userId, credential.projectId);
  const expired = credential.expiresAt !== null && credential.expiresAt <= cloud.timeline.now();
  const lost = credential.roles.some((role) => !held.includes(role));
  if (!user?.enabled || credential.secret !== given.secret || expired || lost) throw unauthorized(cloud);
  return { user, methods: ['application_credential'], credential, auditIds: [] };
}

function findCredential(cloud: Cloud, given: Fields): ApplicationCredential {
  if (typeof given.id === 'string') {
    const credential = cloud.identity.credentials.get(given.id);
    if (!credential) throw notFound('Application Credential', given.id);
    return credential;
  }
  const user = isFields(given.user) ? findUser(cloud, given.user) : undefined;
  for (const credential of cloud.identity.credentials.values()) {
    if (credential.name === given.name && credential.userId === user?.id) return credential;
  }
  throw unauthorized(cloud);
}

function byToken(cloud: Cloud, given: Fields): Proof {
  const token = findToken(cloud, typeof given.id === 'string' ? given.id : null);
  const user = token && cloud.identity.users.get(token.userId);
  // Keystone itself breaks the connection here; a client can act on 401.
  if (!token || !user || token.credentialId) throw unauthorized(cloud);
  return { user, methods: [...new Set([...token.methods, 'token'])], auditIds: token.auditIds };
}

/** By id, or by name within a domain. The sandbox has the one domain `default`, named Default. */
export function findUser(cloud: Cloud, wanted: Fields): User | undefined {
  if (typeof wanted.id === 'string') return cloud.identity.users.get(wanted.id);
  if (!inDefaultDomain(wanted)) return undefined;
  return [...cloud.identity.users.values()].find((user) => user.name === wanted.name);
}

/** Whether `domain: {id}` or `{name}` is the default one. */
export function inDefaultDomain(wanted: Fields): boolean {
  const domain = wanted.domain;
  return isFields(domain) && (domain.id === 'default' || domain.name === 'Default');
}
