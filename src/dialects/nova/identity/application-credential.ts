/** Application credentials as Keystone has them, for keys: requests for new ones, and the views of keys and access rules. */

import * as z from 'zod';
import type { AccessRule } from '../../../access/access-rules.ts';
import type { Delegation } from '../../../access/delegate-key.ts';
import { futureTime } from '../../../access/key-schemas.ts';
import type { KeyRole, StoredKey } from '../../../access/key-store.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { shortText, storableText } from '../../../http/field-schemas.ts';
import { keystoneId } from '../session.ts';

const MAX_ROLES = 32;
const MAX_RULES = 64;
const MAX_DESCRIPTION_LENGTH = 1_000;
/** Keystone's. */
const MAX_RULE_PATH_LENGTH = 225;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(Z|[+-]\d\d:\d\d)?$/;

/** UTC unless it has an offset, as at Keystone. */
const expiry = z
  .string()
  .max(40)
  .regex(TIME, { error: 'must be a time in ISO 8601, as 2027-01-31T00:00:00', abort: true })
  .transform((time) => (TIME.exec(time)?.[1] === undefined ? `${time}Z` : time))
  .pipe(futureTime);

const role = z.union([z.strictObject({ id: shortText }), z.strictObject({ name: shortText })], {
  error: 'must have an id or a name',
});

const newRule = z.strictObject({
  service: shortText,
  method: z.enum(['POST', 'GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']),
  path: shortText.max(MAX_RULE_PATH_LENGTH).refine((path) => path.startsWith('/'), 'must begin with a slash'),
});
const rule = z.union([newRule, z.strictObject({ id: shortText })], {
  error: 'must have service, method and path, or the id of an access rule',
});

/** Ignores unknown parameters, as Keystone does. */
export const credentialQuery = z.object({ name: shortText.optional() });

/** Ignores unknown members, as Keystone does. */
export const newCredentialSchema = z.object({
  application_credential: z.object({
    name: shortText,
    description: storableText.max(MAX_DESCRIPTION_LENGTH).nullish(),
    secret: z.string().max(0, 'cannot be chosen: it is an API key that the gateway makes').nullish(),
    expires_at: expiry.nullish(),
    unrestricted: z.boolean().nullish(),
    roles: z.array(role).max(MAX_ROLES).nullish(),
    access_rules: z.array(rule).max(MAX_RULES).nullish(),
  }),
});
type NewCredential = z.output<typeof newCredentialSchema>['application_credential'];

/** @param known The rules that may be named by their id. */
export function delegationOf(
  { name, description, expires_at, unrestricted, roles, access_rules }: NewCredential,
  userId: string,
  known: readonly AccessRule[],
): Delegation {
  return {
    name,
    description: description ?? null,
    expiresAt: expires_at ?? null,
    isUnrestricted: unrestricted ?? false,
    // Keystone takes an empty list for none.
    roles: roles?.length ? roles : null,
    accessRules: access_rules?.length ? access_rules.map((one) => ruleOf(one, userId, known)) : null,
  };
}

function ruleOf(given: z.output<typeof rule>, userId: string, known: readonly AccessRule[]): AccessRule {
  if (!('id' in given)) {
    const { service, method, path } = given;
    return { id: keystoneId(`access rule ${JSON.stringify([userId, service, method, path])}`), ...given };
  }
  return findRule(known, given.id);
}

/** @throws ComputeError `not_found`. */
export function findRule(rules: readonly AccessRule[], id: string): AccessRule {
  const found = rules.find((one) => one.id === id);
  if (found === undefined) throw new ComputeError('not_found', `Could not find Access Rule: ${id}.`);
  return found;
}

/** The distinct rules of these keys. */
export function rulesOf(keys: readonly StoredKey[]): readonly AccessRule[] {
  const all = keys.flatMap(({ accessRules }) => accessRules ?? []);
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

interface ViewOptions {
  /** The user's id at the cloud. */
  readonly userId: string;
  /** Of a key that stores none; null: not known. */
  readonly roles: readonly KeyRole[] | null;
  /** Of the user's resources, without trailing slash. */
  readonly base: string;
  /** The key of the request. */
  readonly caller: StoredKey;
}

/**
 * Without an expiry of its own a key ends with its maker. Its maker is shown none then, as Keystone would, since Terraform replaces a
 * credential with an expiry that its configuration lacks.
 */
function ownExpiry({ id, makerId, expiresAt }: StoredKey, caller: StoredKey): string | null {
  const isMade = makerId !== null && id !== caller.id;
  return isMade && expiresAt === caller.expiresAt ? null : expiresAt;
}

export function credentialView(key: StoredKey, { userId, roles, base, caller }: ViewOptions) {
  const expiresAt = ownExpiry(key, caller);
  return {
    id: key.id,
    name: key.name,
    description: key.description,
    user_id: userId,
    project_id: key.projectId,
    system: null,
    expires_at: expiresAt?.replace('Z', '000') ?? null,
    unrestricted: key.scopes.includes('keys:write'),
    ...(key.accessRules !== null && { access_rules: key.accessRules }),
    roles: (key.roles ?? roles ?? []).map((one) => ({ ...one, domain_id: null })),
    links: { self: `${base}/application_credentials/${key.id}` },
  };
}

export function ruleView(one: AccessRule, base: string) {
  return { ...one, links: { self: `${base}/access_rules/${one.id}` } };
}
