import type { Context } from 'hono';
import * as z from 'zod';
import type { SignInMethod } from '../../../access/key-token.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { MAX_SIGN_IN_BYTES, readBytes } from '../../../http/body.ts';
import type { NovaSession } from '../session.ts';

/** How clients name a user or a project; beside these, domains, which every key has but one of. */
interface Reference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** What somebody signs in with. Secret. */
export interface SignIn {
  readonly method: SignInMethod;
  /** An API key; with the method `token`, a token or a key. */
  readonly secret: string;
  /** Who they say they are; each has to be true. */
  readonly claims: {
    /** Id or name of the key, as an application credential. */
    readonly credential?: Reference;
    /** The key, or the cloud's user it acts as. */
    readonly user?: Reference;
    readonly project?: Reference;
  };
}

const text = z.string().max(255);
const Reference = z.object({ id: text.optional(), name: text.optional() });
const Secret = z.string().max(4_096);

const SCOPES = ['project', 'domain', 'system', 'OS-TRUST:trust', 'unscoped'];
const NAMED = 'must have an id or a name';
const isNamed = ({ id, name }: Reference) => id !== undefined || name !== undefined;

/** Identity API v3, "Authentication and token management". Keystone takes members that it does not know, too. */
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

/**
 * Reads `POST /v3/auth/tokens`.
 *
 * @throws ComputeError `invalid`; `unauthenticated` for a way to sign in, or a scope, that no key has.
 */
export async function readSignIn(c: Context): Promise<SignIn> {
  const parsed = Body.safeParse(parseJson(await readBytes(c.req.raw, MAX_SIGN_IN_BYTES)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ComputeError('invalid', `${issue?.path.join('.') || 'body'}: is missing or wrong.`);
  }
  const { identity, scope } = parsed.data.auth;
  const [method, ...others] = new Set(identity.methods);
  for (const one of identity.methods) {
    if (!(one in identity)) throw new ComputeError('invalid', `auth.identity.${one}: is missing.`);
  }
  if (others.length > 0) throw unsupportedSignIn();
  const { application_credential: credential, password, token } = identity;
  // Keystone refuses a scope beside an application credential, which has one of its own.
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

/** What a key is called, and whom the cloud takes its credential for. */
export interface KeyIdentity {
  readonly keyId: string;
  readonly keyName: string;
  readonly session: NovaSession;
}

/** Whether everything that was said with the secret is true. */
export function claimsMatch({ claims }: SignIn, { keyId, keyName, session }: KeyIdentity): boolean {
  const { user, project } = session;
  return (
    matches(claims.credential, [keyId], [keyId, keyName]) &&
    matches(claims.user, [keyId, user.id], [keyId, user.name]) &&
    matches(claims.project, [project.id], [project.name])
  );
}

/** An empty claim says nothing; that a user is named at all is not asked, for the key says whose it is. */
function matches(claim: Reference | undefined, ids: readonly string[], names: readonly string[]): boolean {
  const isOneOf = (value: string | undefined, known: readonly string[]) =>
    value === undefined || known.includes(value);
  return claim === undefined || (isOneOf(claim.id, ids) && isOneOf(claim.name, names));
}

/** A key is for one project: a token for another scope, or for none, would not be what was requested. */
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
  return new ComputeError('unauthenticated', 'This way to sign in is not known here.');
}
