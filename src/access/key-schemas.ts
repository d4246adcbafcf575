import * as z from 'zod';
import { wallMs } from '../clock.ts';
import type { CloudCredential } from '../compute/cloud.ts';
import { name, shortText } from '../http/field-schemas.ts';
import { isOrigin, ORIGIN } from '../http/host.ts';
import { ALL_SCOPES, SCOPES, type Scope, shownScopes } from '../scopes.ts';
import { areScopesAllowed, BROWSER_SCOPES_PROBLEM, defaultScopes } from './browser-key.ts';
import type { IdentifiedCaller } from './identity-provider.ts';
import { isCidr } from './ip-address.ts';
import type { IssuedKey, KeyRequest } from './issue-key.ts';
import type { StoredKey } from './key-store.ts';
import { keyState } from './key-store.ts';

const MAX_CIDRS = 64;
/** 30 days. */
const MAX_OVERLAP_SECONDS = 2_592_000;

const LAST_MOMENT = Date.parse('9999-12-31T23:59:59Z');

/** A future time with any offset, normalized to UTC. */
export const futureTime = z.iso
  .datetime({ offset: true, abort: true, error: 'must be a time in ISO 8601, as 2027-01-31T00:00:00Z' })
  .refine((text) => Date.parse(text) > wallMs(), 'must be in the future')
  .refine((text) => Date.parse(text) <= LAST_MOMENT, 'must be before the year 10000')
  .transform((text) => new Date(text).toISOString());

const ofCompute = z.enum(SCOPES);
/** A string in the contract, which would otherwise list two for each service of OpenStack. */
const ofFurtherService = z
  .string()
  .regex(/^([a-z][a-z-]*|\*):(read|write)$/, { abort: true })
  .refine((text) => ALL_SCOPES.some((scope) => scope === text), { abort: true })
  .describe('`TYPE:read` or `TYPE:write` of a further service; `*`: of each, also of one served later.');
const scope = z.union([ofCompute, ofFurtherService], {
  error: `must be one of ${SCOPES.join(', ')}, or TYPE:read or TYPE:write of a further service`,
});

export const scopesSchema = z
  .array(scope)
  .min(1)
  .max(ALL_SCOPES.length)
  .refine((scopes) => scopes.filter((one) => ofCompute.safeParse(one).success).length <= SCOPES.length, {
    error: `must have at most ${SCOPES.length} of them`,
  })
  .transform((scopes) => ALL_SCOPES.filter((one) => scopes.includes(one)));

const DEFAULT_SCOPES_DESCRIPTION = 'By default all but admin; with allowed_origins, instances:read.';

function scopesMatchOrigins(body: {
  scopes?: readonly Scope[] | undefined;
  allowed_origins: readonly string[];
}): boolean {
  return areScopesAllowed({ scopes: body.scopes ?? [], allowedOrigins: body.allowed_origins });
}

/** The longest is `ffff:...:255.255.255.255/128`. */
const MAX_CIDR_LENGTH = 49;

/** The closest that the contract can state: without the places where an IPv6 address may be shortened. */
const CIDR =
  /^([0-9]{1,3}(\.[0-9]{1,3}){3}\/([12]?[0-9]|3[0-2])|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*\/([1-9]?[0-9]|1[01][0-9]|12[0-8]))$/;
const CIDR_PROBLEM = 'must be a network in CIDR form, as 198.51.100.0/24';
const cidr = z
  .string()
  .max(MAX_CIDR_LENGTH)
  .regex(CIDR, { error: CIDR_PROBLEM, abort: true })
  .refine(isCidr, CIDR_PROBLEM);
const cidrs = z.array(cidr).max(MAX_CIDRS);

const MAX_ORIGINS = 16;
const MAX_ORIGIN_LENGTH = 255;
const ORIGIN_PROBLEM = 'must be an origin such as https://app.example.org, without a path or trailing slash';
const origins = z
  .array(
    z
      .string()
      .max(MAX_ORIGIN_LENGTH)
      .regex(ORIGIN, { error: ORIGIN_PROBLEM, abort: true })
      .refine(isOrigin, ORIGIN_PROBLEM),
  )
  .max(MAX_ORIGINS)
  .describe('Origins of the pages that may use the key: makes it a browser key, which is read-only.');

const MAX_REGIONS = 64;
const regions = z
  .array(name)
  .min(1)
  .max(MAX_REGIONS)
  .transform((names) => [...new Set(names)])
  .nullable();
const REGIONS_DESCRIPTION = 'Names of the regions it may be used in; null: all.';

export const projectId = z.string().regex(/^[0-9a-zA-Z_-]{1,64}$/, 'must be the id of a project');
export const keyId = z.string().regex(/^[0-9a-z]{1,64}$/, 'must be the id of a key');

const applicationCredential = z.strictObject({ id: shortText, secret: shortText });
/** Sent in a header. */
const reduKey = z.string().regex(/^[!-~]{1,512}$/, 'must be a key: printable ASCII without spaces');
/** Exactly one of them is required. */
const OPENS = ['project_id', 'application_credential', 'redu_key'] as const;

export const newKeySchema = z
  .strictObject({
    name,
    project_id: projectId.optional().describe('A service key: the gateway’s own account, in this project.'),
    application_credential: applicationCredential.optional(),
    redu_key: reduKey.optional().describe('The customer’s own key, where the cloud speaks redu.'),
    scopes: scopesSchema.optional().describe(DEFAULT_SCOPES_DESCRIPTION),
    plan: shortText.default('default'),
    expires_at: futureTime.nullish(),
    allowed_cidrs: cidrs.default([]),
    allowed_origins: origins.default([]),
    regions: regions.default(null).describe(REGIONS_DESCRIPTION),
  })
  .refine((body) => OPENS.filter((field) => body[field] !== undefined).length === 1, {
    path: ['project_id'],
    error: 'give either project_id or application_credential; with a redu cloud, redu_key',
  })
  .refine(scopesMatchOrigins, { path: ['scopes'], error: BROWSER_SCOPES_PROBLEM })
  .meta({ id: 'NewKey' });

export function credentialOf(body: z.output<typeof newKeySchema>): CloudCredential {
  const { application_credential: given, redu_key: key, project_id = '' } = body;
  if (key !== undefined) return { kind: 'redu_key', key };
  return given === undefined
    ? { kind: 'service', projectId: project_id }
    : { kind: 'application_credential', ...given };
}

/** @param caller The credential's user at the cloud. */
export function keyRequestOf(
  body: z.output<typeof newKeySchema>,
  credential: CloudCredential,
  caller: IdentifiedCaller,
): KeyRequest {
  return {
    ...caller,
    name: body.name,
    credential,
    ownsCloudCredential: false,
    scopes: body.scopes ?? defaultScopes(body.allowed_origins),
    plan: body.plan,
    allowedCidrs: body.allowed_cidrs,
    allowedOrigins: body.allowed_origins,
    regions: body.regions,
    expiresAt: body.expires_at ?? null,
  };
}

export const keyChangeSchema = z
  .strictObject({
    name: name.optional(),
    scopes: scopesSchema.optional(),
    plan: shortText.optional(),
    expires_at: futureTime.nullable().optional(),
    disabled: z.boolean().optional(),
    allowed_cidrs: cidrs.optional(),
    allowed_origins: origins.optional(),
    regions: regions.optional().describe(REGIONS_DESCRIPTION),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    path: ['body'],
    error: 'must change something',
  })
  .meta({ id: 'KeyChange', minProperties: 1 });

const overlap = z
  .int()
  .min(0)
  .max(MAX_OVERLAP_SECONDS)
  .default(0)
  .describe('How long the old key stays valid.');

export const rotationSchema = z.strictObject({ overlap_seconds: overlap }).meta({ id: 'Rotation' });

export const adminRotationSchema = z
  .strictObject({
    overlap_seconds: overlap,
    application_credential: applicationCredential
      .optional()
      .describe('Required for a key that contains one, because it is sealed with the customer’s key.'),
  })
  .meta({ id: 'AdminRotation' });

const domain = shortText.default('Default');
const passwordSignIn = z
  .strictObject({
    username: shortText,
    password: z
      .string()
      .min(1)
      .max(4096)
      .refine((text) => text.isWellFormed(), 'is not valid Unicode'),
    user_domain_name: domain,
    project_name: shortText.optional(),
    project_id: projectId.optional(),
    project_domain_name: domain,
  })
  .refine((body) => (body.project_id === undefined) !== (body.project_name === undefined), {
    path: ['project_name'],
    error: 'give either project_name or project_id',
  });
const credentialSignIn = z.strictObject({
  application_credential_id: shortText,
  application_credential_secret: shortText,
});

export type Credentials = z.output<typeof passwordSignIn> | z.output<typeof credentialSignIn>;

export const credentialsForms = z.union([passwordSignIn, credentialSignIn]).meta({ id: 'Credentials' });
type Forms = z.input<typeof credentialsForms>;
/** Validated by `credentialsSchema`; the contract shows `credentialsForms` instead. */
const anyCredentials: z.ZodType<Forms, Forms> = z.looseObject({}).meta({ standsFor: 'Credentials' }) as never;

export const selfServiceKeySchema = z
  .strictObject({
    name,
    scopes: scopesSchema.optional().describe(DEFAULT_SCOPES_DESCRIPTION),
    expires_at: futureTime.nullish(),
    allowed_cidrs: cidrs.default([]),
    allowed_origins: origins.default([]),
    regions: regions.default(null).describe(REGIONS_DESCRIPTION),
    roles: z
      .array(shortText)
      .max(32)
      .default([])
      .describe('Project roles of the key; by default all roles of the caller.'),
    credentials: anyCredentials,
  })
  .refine(scopesMatchOrigins, { path: ['scopes'], error: BROWSER_SCOPES_PROBLEM })
  .meta({ id: 'SelfServiceKey' });

/** Selects one of the two forms, so that a problem is reported for its field. */
export function credentialsSchema(credentials: object) {
  const meant: z.ZodType<Credentials> =
    'application_credential_id' in credentials ? credentialSignIn : passwordSignIn;
  return z.strictObject({ credentials: meant });
}

export const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['active', 'disabled', 'expired', 'revoked']),
    last_four: z.string(),
    kind: z.enum(['application_credential', 'service', 'redu_key']),
    project_id: z.string(),
    user_id: z.string().nullable(),
    application_credential_id: z.string().nullable(),
    scopes: z.array(z.string()),
    plan: z.string(),
    allowed_cidrs: z.array(z.string()),
    allowed_origins: z.array(z.string()),
    regions: z.array(z.string()).nullable().describe(REGIONS_DESCRIPTION),
    description: z.string().nullable(),
    roles: z
      .array(z.string())
      .nullable()
      .describe('Its roles at the cloud; null: not stored, as for a key that the operator issued.'),
    access_rules: z
      .array(z.string())
      .nullable()
      .describe(
        'What the key may request of the cloud, as `compute GET /v2.1/flavors`; null: all that its scopes allow.',
      ),
    maker_id: z.string().nullable().describe('The key that made it, as an application credential.'),
    disabled: z.boolean(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
    last_used_at: z.string().nullable().describe('Precise to about a minute.'),
    family_id: z.string().describe('The first key of its rotations.'),
    rotated_to: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });

export const createdKeySchema = keySchema
  .extend({ key: z.string().describe('The text of the key; returned only once.') })
  .meta({ id: 'NewApiKey' });

/**
 * Everything except the hash and the sealed credential.
 *
 * @param served The services whose scopes are shown.
 */
export function keyView(key: StoredKey, served: ReadonlySet<string>): z.infer<typeof keySchema> {
  return {
    id: key.id,
    name: key.name,
    state: keyState(key, wallMs()),
    last_four: key.lastFour,
    kind: key.kind,
    project_id: key.projectId,
    user_id: key.userId,
    application_credential_id: key.cloudCredentialId,
    scopes: [...shownScopes(key.scopes, served)],
    plan: key.plan,
    allowed_cidrs: [...key.allowedCidrs],
    allowed_origins: [...key.allowedOrigins],
    regions: key.regions && [...key.regions],
    description: key.description,
    roles: key.roles?.map(({ name }) => name) ?? null,
    access_rules: key.accessRules?.map(({ service, method, path }) => `${service} ${method} ${path}`) ?? null,
    maker_id: key.makerId,
    disabled: key.disabled,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
    family_id: key.familyId,
    rotated_to: key.successorId,
  };
}

export function createdKeyView(
  { key, text }: IssuedKey,
  served: ReadonlySet<string>,
): z.infer<typeof createdKeySchema> {
  return { ...keyView(key, served), key: text };
}
