import type { Context } from 'hono';
import * as z from 'zod';
import type { SignInMethod } from '../../../access/key-token.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { MAX_SIGN_IN_BYTES, readBytes } from '../../../http/body.ts';
import type { Named, NovaSession } from '../session.ts';

/** A user or project by id or name, and the domain that the name is in. */
interface Reference extends DomainReference {
  readonly domain?: DomainReference | undefined;
}

interface DomainReference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** A sign-in request. Contains a secret. */
export interface SignIn {
  readonly method: SignInMethod;
  /** An API key; with the method `token`, a token or a key. */
  readonly secret: string;
  /** Claimed identities; all have to be correct. */
  readonly claims: {
    /** The key's id or name, in place of an application credential. */
    readonly credential?: Reference;
    /** The key, or its user at the cloud. */
    readonly user?: Reference;
    readonly project?: Reference;
  };
}

const text = z.string().max(255);
const DomainReference = z.object({ id: text.optional(), name: text.optional() });
const Reference = DomainReference.extend({ domain: DomainReference.optional() });
const Secret = z.string().max(4_096);

const SCOPES = ['project', 'domain', 'system', 'OS-TRUST:trust', 'unscoped'];
const NAMED = 'must have an id or a name';
const isNamed = ({ id, name }: Reference) => id !== undefined || name !== undefined;

/** Identity API v3, "Authentication and token management". Like Keystone, ignores unknown members. */
const Body = z.object({
  auth: z.object({
    identity: z
      .object({
        methods: z.array(z.string()),
        application_credential: Reference.extend({ secret: Secret.optional(), user: Reference.optional() })
          .refine(isNamed, { error: NAMED })
          .refine(({ id, user }) => id !== undefined || user !== undefined, { path: ['user'] })
          .optional(),
        password: z
          .object({
            user: Reference.extend({ password: Secret.optional() }).refine(isNamed, { error: NAMED }),
          })
          .optional(),
        token: z.object({ id: Secret }).optional(),
      })
      .loose(),
    scope: z
      .union([z.literal('unscoped').transform(() => ({ unscoped: {} })), z.looseObject({})])
      .refine((scope) => SCOPES.filter((one) => one in scope).length === 1, {
        error: `must have one of ${SCOPES.join(', ')}`,
      })
      .optional(),
  }),
});

/** @throws ComputeError `invalid`; `unauthenticated` for an unsupported method or scope. */
export async function readSignIn(c: Context): Promise<SignIn> {
  const parsed = Body.safeParse(parseJson(await readBytes(c.req.raw, MAX_SIGN_IN_BYTES)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ComputeError('invalid', `${issue?.path.join('.') || 'body'}: is missing or invalid.`);
  }
  const { identity, scope } = parsed.data.auth;
  const [method, ...others] = new Set(identity.methods);
  const missing = identity.methods.find((name) => !(name in identity));
  if (missing !== undefined) throw new ComputeError('invalid', `auth.identity.${missing}: is missing.`);
  if (others.length > 0) throw unsupportedSignIn();
  const { application_credential: credential, password, token } = identity;
  // An application credential implies its scope; Keystone rejects an explicit one.
  if (method === 'application_credential' && scope !== undefined) throw unsupportedSignIn();
  const project = scopedProject(scope);
  if (method === 'application_credential' && credential !== undefined) {
    const { user, secret } = credential;
    if (secret === undefined) throw unsupportedSignIn();
    return { method, secret, claims: { credential, ...(user && { user }) } };
  }
  if (method === 'password' && password !== undefined) {
    const { user } = password;
    if (user.password === undefined) throw unsupportedSignIn();
    return { method, secret: user.password, claims: { user, ...(project && { project }) } };
  }
  if (method === 'token' && token !== undefined) {
    return { method, secret: token.id, claims: { ...(project && { project }) } };
  }
  throw unsupportedSignIn();
}

export interface KeyIdentity {
  readonly keyId: string;
  readonly keyName: string;
  readonly session: NovaSession;
}

export function claimsMatch({ claims }: SignIn, { keyId, keyName, session }: KeyIdentity): boolean {
  const { user, project } = session;
  const domains = [user.domain, project.domain, DEFAULT_DOMAIN];
  return (
    [claims.user, claims.project].every((claim) => isIn(domains, claim?.domain)) &&
    matches(claims.credential, [keyId], [keyId, keyName]) &&
    matches(claims.user, [keyId, user.id], [keyId, user.name]) &&
    matches(claims.project, [project.id], [project.name])
  );
}

/** Where configurations look for names unless they name another domain; a key's id is in none of the cloud's. */
const DEFAULT_DOMAIN = { id: 'default', name: 'Default' };

/** Any of the domains suffices: a key has one user and one project, which its text identifies. */
function isIn(domains: readonly Named[], claim: DomainReference | undefined): boolean {
  return domains.some(({ id, name }) => matches(claim, [id], [name]));
}

/** A claim without id and name matches: the key alone identifies the user. */
function matches(claim: Reference | undefined, ids: readonly string[], names: readonly string[]): boolean {
  const isOneOf = (value: string | undefined, actual: readonly string[]) =>
    value === undefined || actual.includes(value);
  return claim === undefined || (isOneOf(claim.id, ids) && isOneOf(claim.name, names));
}

/** Rejects all scopes but a project: a key's token always has its project as scope. */
function scopedProject(scope: Readonly<Record<string, unknown>> | undefined): Reference | undefined {
  if (scope === undefined) return undefined;
  if (!('project' in scope)) throw unsupportedSignIn();
  const parsed = Reference.refine(isNamed).safeParse(scope.project);
  if (!parsed.success) throw new ComputeError('invalid', `auth.scope.project: ${NAMED}.`);
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function unsupportedSignIn(): ComputeError {
  return new ComputeError('unauthenticated', 'This authentication method or scope is not supported.');
}
