/** @module Tokens: issue, show, revoke. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, json, randomText } from '../http.ts';
import { microseconds } from '../timeline.ts';
import { authenticate, inDefaultDomain, type Proof } from './authenticate.ts';
import type { KeystoneCall } from './call.ts';
import { catalog } from './catalog.ts';
import { badRequest, forbidden, unauthorized } from './faults.ts';
import { effectiveRoles, TOKEN_LIFE, type Token, withImplied } from './model.ts';
import { findToken } from './principal.ts';

/** POST /v3/auth/tokens */
export function issueToken(call: KeystoneCall): Response {
  const { cloud } = call;
  const auth = call.body().auth;
  if (!isFields(auth)) throw badRequest('Expecting to find auth in request body.');
  const proof = authenticate(cloud, auth);
  const token = makeToken(cloud, proof, auth);
  return json(201, view(cloud, token, !call.query.has('nocatalog')), { 'X-Subject-Token': token.id });
}

/** GET (and HEAD) /v3/auth/tokens */
export function showToken(call: KeystoneCall): Response {
  const token = subject(call, 'identity:validate_token');
  const headers = { 'X-Subject-Token': token.id };
  return json(200, view(call.cloud, token, !call.query.has('nocatalog')), headers);
}

/** DELETE /v3/auth/tokens */
export function revokeToken(call: KeystoneCall): Response {
  call.cloud.identity.tokens.delete(subject(call, 'identity:revoke_token').id);
  return empty(204);
}

function subject(call: KeystoneCall, action: string): Token {
  const principal = call.principal();
  const id = call.request.headers.get('X-Subject-Token');
  if (!id) throw forbidden(action);
  const token = findToken(call.cloud, id);
  if (!token) throw new Fault(404, '', 'Could not recognize Fernet token');
  if (token.userId !== principal.userId && !principal.isAdmin) throw forbidden(action);
  return token;
}

function makeToken(cloud: Cloud, proof: Proof, auth: Fields): Token {
  const { identity, timeline } = cloud;
  const projectId = proof.credential?.projectId ?? scopeOf(cloud, proof, auth);
  const roles =
    (proof.credential && withImplied(new Set(proof.credential.roles))) ??
    (projectId ? effectiveRoles(identity, proof.user.id, projectId) : []);
  if (projectId && roles.length === 0) throw unauthorized(cloud);

  const now = timeline.now();
  for (const token of identity.tokens.values()) {
    if (token.expiresAt <= now) identity.tokens.delete(token.id);
  }
  const issuedAt = Math.floor(now / 1000) * 1000;
  const token: Token = {
    id: `gAAAAA${randomText(132)}`,
    userId: proof.user.id,
    projectId,
    roles,
    methods: proof.methods,
    auditIds: [randomText(16), ...proof.auditIds.slice(-1)],
    issuedAt,
    expiresAt: issuedAt + TOKEN_LIFE,
    credentialId: proof.credential?.id ?? null,
  };
  identity.tokens.set(token.id, token);
  return token;
}

function scopeOf(cloud: Cloud, proof: Proof, auth: Fields): string | null {
  if (auth.scope === 'unscoped') return null;
  if (auth.scope === undefined) return proof.user.defaultProjectId;
  const wanted = isFields(auth.scope) ? auth.scope.project : undefined;
  if (!isFields(wanted)) throw unauthorized(cloud);
  for (const project of cloud.identity.projects.values()) {
    if (
      wanted.id === undefined
        ? inDefaultDomain(wanted) && wanted.name === project.name
        : wanted.id === project.id
    )
      return project.id;
  }
  throw unauthorized(cloud);
}

function view(cloud: Cloud, token: Token, withCatalog: boolean): unknown {
  const { users, projects, credentials, roles } = cloud.identity;
  const project = token.projectId ? projects.get(token.projectId) : undefined;
  const credential = token.credentialId ? credentials.get(token.credentialId) : undefined;
  const domain = { id: 'default', name: 'Default' };
  return {
    token: {
      methods: token.methods,
      user: {
        domain,
        id: token.userId,
        name: users.get(token.userId)?.name,
        password_expires_at: null,
      },
      audit_ids: token.auditIds,
      expires_at: `${microseconds(token.expiresAt)}Z`,
      issued_at: `${microseconds(token.issuedAt)}Z`,
      ...(project && {
        project: { domain, id: project.id, name: project.name },
        is_domain: false,
        roles: token.roles.map((name) => ({ id: roles.find((role) => role.name === name)?.id, name })),
        ...(withCatalog && { catalog: catalog(cloud, project.id) }),
      }),
      ...(credential && {
        application_credential: {
          id: credential.id,
          name: credential.name,
          restricted: credential.unrestricted !== true,
          ...(credential.accessRules?.length && { access_rules: credential.accessRules }),
        },
      }),
    },
  };
}
