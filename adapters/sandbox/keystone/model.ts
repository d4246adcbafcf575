/** @module Keystone's state: projects, users, roles, role assignments, credentials, tokens. */

import { type Fields, hexId } from '../http.ts';

export interface Project {
  id: string;
  name: string;
  description?: string;
  tags?: readonly string[];
}

export interface Region {
  name: string;
  /** Of its services, without a trailing slash. */
  baseUrl: string;
  /** Types that its catalog lacks. */
  without: readonly string[];
}

export interface User {
  id: string;
  name: string;
  password: string;
  enabled: boolean;
  defaultProjectId: string | null;
}

export interface Role {
  id: string;
  name: string;
}

/** What an application credential is for; services refuse everything else. */
export interface AccessRule {
  id: string;
  service: string;
  method: string;
  /** `*` stands for a segment, `**` for any rest, `{name}` for a segment too. */
  path: string;
}

export interface ApplicationCredential {
  id: string;
  name: string;
  description: string | null;
  secret: string;
  userId: string;
  projectId: string;
  roles: string[];
  /** Epoch milliseconds; null: never. */
  expiresAt: number | null;
  /** null is what Keystone prints when the request left it out. */
  unrestricted: boolean | null;
  /** null: everything. */
  accessRules: readonly AccessRule[] | null;
}

/** A token as issued. Roles are fixed at that moment; losing one revokes the token. */
export interface Token {
  id: string;
  userId: string;
  /** null: unscoped. */
  projectId: string | null;
  roles: string[];
  methods: string[];
  auditIds: string[];
  issuedAt: number;
  expiresAt: number;
  credentialId: string | null;
}

/** The authenticated user of a request, and its project. */
export interface Principal {
  userId: string;
  /** Empty for an unscoped token. */
  projectId: string;
  roles: string[];
  isAdmin: boolean;
  token: Token;
}

export interface Identity {
  projects: Map<string, Project>;
  users: Map<string, User>;
  roles: Role[];
  /** `${projectId}/${userId}` to the names of the assigned roles. */
  assignments: Map<string, Set<string>>;
  credentials: Map<string, ApplicationCredential>;
  tokens: Map<string, Token>;
  /** Members of groups: `${groupId}/${userId}`. */
  memberships: Set<string>;
  /** What Keystone stores without acting on it here, by collection and id. */
  records: Map<string, Map<string, Fields>>;
  /** In the order in which they were made. */
  regions: Region[];
  /** Ids of the catalog's services and endpoints, made on first use. */
  catalogIds: Map<string, string>;
}

/** Lifetime of a token in ms (Keystone's default of 3600 s, measured). */
export const TOKEN_LIFE = 3600_000;

export function createIdentity(): Identity {
  return {
    projects: new Map(),
    users: new Map(),
    roles: ['reader', 'service', 'member', 'manager', 'admin'].map((name) => ({ id: hexId(), name })),
    assignments: new Map(),
    credentials: new Map(),
    tokens: new Map(),
    regions: [],
    catalogIds: new Map(),
    memberships: new Set(),
    records: new Map<string, Map<string, Fields>>([
      [
        'domains',
        new Map([['default', { name: 'Default', description: 'The default domain', enabled: true }]]),
      ],
      ['regions', new Map()],
    ]),
  };
}

/** Names of the roles assigned to a user on a project. */
export function assignedRoles(identity: Identity, userId: string, projectId: string): Set<string> {
  return identity.assignments.get(`${projectId}/${userId}`) ?? new Set();
}

/** Assigned roles and what they imply: admin and manager imply member, member implies reader. In the order Keystone prints. */
export function effectiveRoles(identity: Identity, userId: string, projectId: string): string[] {
  return withImplied(assignedRoles(identity, userId, projectId));
}

/** These roles and what they imply, as `effectiveRoles`. */
export function withImplied(assigned: ReadonlySet<string>): string[] {
  const member = ['member', 'manager', 'admin'].some((role) => assigned.has(role));
  return [
    ...(member || assigned.has('reader') ? ['reader'] : []),
    ...(member ? ['member'] : []),
    ...['manager', 'service'].filter((role) => assigned.has(role)),
    ...(assigned.has('admin') ? ['admin'] : []),
  ];
}

/** A region with its services; Keystone has a record of it. */
export function addRegion(identity: Identity, region: Region): void {
  identity.regions.push(region);
  identity.records.get('regions')?.set(region.name, { description: '', parent_region_id: null });
}
