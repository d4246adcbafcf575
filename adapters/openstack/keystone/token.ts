import * as z from 'zod';
import { wallMs } from '../../../src/clock.ts';
import type { SignedInCaller } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { Identity } from '../../../src/compute/model.ts';
import type { UpstreamResponse } from '../http/upstream-client.ts';
import { parseJson } from '../http/upstream-error.ts';

/** A project-scoped token with its subject, lifetime and service catalog. */
export interface Token {
  /** Secret. */
  readonly id: string;
  /** How long it is valid from when Keystone issued it, by Keystone's own clock. */
  readonly lifetimeMs: number;
  readonly identity: Omit<Identity, 'email'> & Omit<SignedInCaller, 'region'>;
  /** In Keystone's format, with domains and the roles' ids. */
  readonly subject: Subject;
  readonly catalog: readonly CatalogEntry[];
}

const callers = new WeakMap<Token, Map<string, SignedInCaller>>();

/** The same object as long as the token is in use: caches compare it. */
export function callerIn(token: Token, region: string): SignedInCaller {
  const ofToken = callers.get(token) ?? new Map<string, SignedInCaller>();
  const known = ofToken.get(region);
  if (known !== undefined) return known;
  const caller = { ...token.identity, region };
  callers.set(token, ofToken.set(region, caller));
  return caller;
}

const CatalogEntry = z.object({
  type: z.string(),
  name: z.string().optional(),
  endpoints: z.array(
    z.object({
      interface: z.string(),
      region: z.string().nullish(),
      region_id: z.string().nullish(),
      url: z.string(),
    }),
  ),
});
export type CatalogEntry = z.infer<typeof CatalogEntry>;

const Named = z.object({ id: z.string(), name: z.string() });
/** Of tokens without domains. */
const DEFAULT_DOMAIN = { id: 'default', name: 'Default' };
const InDomain = Named.extend({ domain: Named.default(DEFAULT_DOMAIN) });

const Subject = z.object({
  user: InDomain,
  project: InDomain,
  roles: z.array(Named.partial({ id: true }).transform(({ id, name }) => ({ id: id ?? name, name }))),
});
export type Subject = z.infer<typeof Subject>;

const TokenBody = z.object({
  token: Subject.extend({
    issued_at: z.string().optional(),
    expires_at: z.string(),
    catalog: z.array(CatalogEntry),
    application_credential: z.object({ access_rules: z.array(z.unknown()).nullish() }).nullish(),
  }),
});

/**
 * Parses the response of `POST /v3/auth/tokens`.
 *
 * @throws ComputeError `bad_gateway` unless it is a project-scoped token with a catalog.
 */
export function readToken(response: UpstreamResponse): Token {
  const id = response.headers['x-subject-token'];
  const parsed = TokenBody.safeParse(parseJson(response.body));
  if (!parsed.success || id === undefined) {
    throw new ComputeError('bad_gateway', 'The cloud issued a token that cannot be used.', {
      cause: parsed.error ?? new Error('no X-Subject-Token'),
    });
  }
  const { token } = parsed.data;
  const accessRules = token.application_credential?.access_rules;
  return {
    id,
    lifetimeMs: lifetimeOf(token),
    identity: {
      userId: token.user.id,
      username: token.user.name,
      roles: token.roles.map((role) => role.name),
      projectId: token.project.id,
      projectName: token.project.name,
      ...(accessRules?.length && { accessRules: JSON.stringify(accessRules) }),
    },
    subject: { user: token.user, project: token.project, roles: token.roles },
    catalog: token.catalog,
  };
}

/** From both of Keystone's instants: the clocks of gateway and cloud differ, and either may be set. */
function lifetimeOf({
  issued_at: issuedAt,
  expires_at: expiresAt,
}: {
  issued_at?: string | undefined;
  expires_at: string;
}): number {
  return Date.parse(expiresAt) - (issuedAt === undefined ? wallMs() : Date.parse(issuedAt));
}
