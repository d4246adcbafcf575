import type { Context } from 'hono';
import * as z from 'zod';
import type { SignInMethod } from '../../../access/key-token.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { readBytes } from '../../../http/body.ts';
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

const MAX_BODY_BYTES = 65_536;

const text = z.string().max(255);
const Reference = z.object({ id: text.optional(), name: text.optional() });
const Secret = z.string().max(4_096);

/** Identity API v3, "Authentication and token management". Keystone takes members that it does not know, too. */
const Body = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()).min(1),
      application_credential: Reference.extend({ secret: Secret, user: Reference.optional() }).optional(),
      password: z.object({ user: Reference.extend({ password: Secret }) }).optional(),
      token: z.object({ id: Secret }).optional(),
    }),
    scope: z.union([z.literal('unscoped'), z.object({ project: Reference.optional() })]).optional(),
  }),
});

/**
 * Reads `POST /v3/auth/tokens`.
 *
 * @throws ComputeError `invalid`; `unauthenticated` for a way to sign in, or a scope, that no key has.
 */
export async function readSignIn(c: Context): Promise<SignIn> {
  const parsed = Body.safeParse(parseJson(await readBytes(c.req.raw, MAX_BODY_BYTES)));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ComputeError('invalid', `${issue?.path.join('.') || 'body'}: is missing or wrong.`);
  }
  const { identity, scope } = parsed.data.auth;
  const project = scopedProject(scope);
  const [method, ...others] = identity.methods;
  const { application_credential: credential, password, token } = identity;
  if (others.length > 0) throw refused();
  if (method === 'application_credential' && credential !== undefined) {
    const { user, secret } = credential;
    return { method, secret, claims: { credential, ...(user && { user }), ...(project && { project }) } };
  }
  if (method === 'password' && password !== undefined) {
    const { user } = password;
    return { method, secret: user.password, claims: { user, ...(project && { project }) } };
  }
  if (method === 'token' && token !== undefined) {
    return { method, secret: token.id, claims: { ...(project && { project }) } };
  }
  throw refused();
}

/** What a key is called, and whom the cloud takes its credential for. */
export interface KnownAs {
  readonly keyId: string;
  readonly keyName: string;
  readonly session: NovaSession;
}

/** Whether everything that was said with the secret is true. */
export function isTrue({ claims }: SignIn, { keyId, keyName, session }: KnownAs): boolean {
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

function scopedProject(scope: z.infer<typeof Body>['auth']['scope']): Reference | undefined {
  if (scope === undefined || scope === 'unscoped') return undefined;
  if (scope.project === undefined) throw refused();
  return scope.project;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refused(): ComputeError {
  return new ComputeError('unauthenticated', 'This way to sign in is not known here.');
}
