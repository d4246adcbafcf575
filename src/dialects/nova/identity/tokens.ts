import type { Context, MiddlewareHandler } from 'hono';
import { type Access, callContext } from '../../../access/access.ts';
import { admit, invalidKeyError, recordRejection, recordSignIn } from '../../../access/authenticate.ts';
import { type PresentedCredential, revokeDerived } from '../../../access/derived-credential.ts';
import { parseKey } from '../../../access/key-format.ts';
import type { FoundKey, StoredKey } from '../../../access/key-store.ts';
import type { KeyToken, KeyTokens } from '../../../access/key-token.ts';
import { wallMs } from '../../../clock.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import type { PublicUrl } from '../../../http/public-url.ts';
import { resolveToken } from '../authenticate.ts';
import type { OpenSession } from '../session.ts';
import { catalogOf } from './catalog.ts';
import { claimsMatch, readSignIn, type SignIn } from './sign-in.ts';

/** A token also expires with its key. */
const MAX_LIFETIME_SECONDS = 3_600;

export interface IdentityPorts {
  readonly access: Access;
  readonly tokens: KeyTokens;
  readonly openSession: OpenSession;
  readonly publicUrl: PublicUrl;
}

/** POST: a wrong key counts as a failed sign-in; a valid one is subject to the rate limits like any request with it. */
export function issueToken(ports: IdentityPorts, limited: MiddlewareHandler<GatewayEnv>) {
  const { access, tokens } = ports;
  return async function postToken(c: Context<GatewayEnv>): Promise<Response> {
    const given = await readSignIn(c);
    const presented = await resolveToken(access, c, tokens, given.secret);
    await admit(access, c, presented);
    const key = typeof presented === 'string' ? presented : presented.key;
    await limited(c, async () => {
      c.res = await signIn(c, given, key);
    });
    return c.res;
  };

  async function signIn(c: Context<GatewayEnv>, given: SignIn, key: string): Promise<Response> {
    const stored = await storedKey(access, c);
    const session = await ports.openSession(
      c.var.principal.credential,
      callContext(c, access.upstreamBudgetMs),
    );
    if (!claimsMatch(given, { keyId: stored.id, keyName: stored.name, session })) {
      recordRejection(access, c, 'wrong_credentials', stored.id);
      throw invalidKeyError(access.keyFailures.record(access.clientAddress(c)));
    }
    const parts = parseKey(key);
    if (parts === null) throw new Error('a verified key has no form');
    const issuedAt = Math.floor(wallMs() / 1000);
    // A token issued for a token expires with it.
    const first = await tokens.open(given.secret);
    const expiresAt = Math.min(tokenExpiry(stored, issuedAt), first?.expiresAt ?? Number.POSITIVE_INFINITY);
    const { text, token } = await tokens.issue(parts, given.method, { issuedAt, expiresAt });
    recordSignIn(access, c, `key:${stored.id}`, stored.id, `token, by ${given.method}`);
    return tokenResponse(c, ports, 201, text, token, stored);
  }
}

/** GET and HEAD: only tokens of the caller's key. */
export async function showToken(ports: IdentityPorts, c: Context<GatewayEnv>): Promise<Response> {
  const { text, token } = await subjectToken(ports, c);
  return tokenResponse(c, ports, 200, text, token, await storedKey(ports.access, c));
}

/** DELETE: revokes the token on all nodes. A key in a token's place is not revoked. */
export async function revokeToken(ports: IdentityPorts, c: Context<GatewayEnv>): Promise<Response> {
  const { token, text } = await subjectToken(ports, c);
  const { keys, verifier } = ports.access;
  const { keyId } = c.var.principal;
  if (token.key !== text) {
    const { revokedDerived } = await storedKey(ports.access, c);
    await revokeDerived(keys, keyId, revokedDerived, token.auditId);
    verifier.invalidate(keyId);
  }
  return c.body(null, 204, { Vary: 'X-Auth-Token' });
}

/** The token in `X-Subject-Token`. @throws ComputeError `not_found` unless it is valid and of the caller's key. */
async function subjectToken(
  { tokens, access }: IdentityPorts,
  c: Context<GatewayEnv>,
): Promise<{ text: string; token: KeyToken }> {
  const text = c.req.header('x-subject-token')?.trim() ?? '';
  const token = await tokens.open(text);
  const { keyId } = c.var.principal;
  const isValid = async (presented: PresentedCredential) =>
    (await access.verifier.verify(presented, access.clientAddress(c), c.req.header('origin'))).ok;
  if (token !== null && tokens.isUnexpired(token) && parseKey(token.key)?.id === keyId) {
    if (await isValid(token)) return { text, token };
  }
  if (parseKey(text)?.id !== keyId || !(await isValid(text)))
    throw new ComputeError('not_found', 'Could not find token.');
  const issuedAt = Math.floor(wallMs() / 1000);
  const expiresAt = tokenExpiry(await storedKey(access, c), issuedAt);
  return { text, token: { key: text, method: 'token', issuedAt, expiresAt, auditId: keyId } };
}

async function tokenResponse(
  c: Context<GatewayEnv>,
  { access, openSession, publicUrl }: IdentityPorts,
  status: 200 | 201,
  text: string,
  token: KeyToken,
  { id, name, scopes, accessRules }: StoredKey,
): Promise<Response> {
  const session = await openSession(c.var.principal.credential, callContext(c, access.upstreamBudgetMs));
  const withCatalog = c.req.query('nocatalog') === undefined;
  const body = {
    methods: [token.method],
    user: { ...session.user, password_expires_at: null },
    audit_ids: [token.auditId],
    expires_at: keystoneTime(token.expiresAt),
    issued_at: keystoneTime(token.issuedAt),
    project: session.project,
    is_domain: false,
    roles: session.roles,
    ...(withCatalog && { catalog: catalogOf(session, c.var.principal.regions, publicUrl(c)) }),
    ...(token.method === 'application_credential' && {
      application_credential: {
        ...{ id, name, restricted: !scopes.includes('keys:write') },
        ...(accessRules !== null && { access_rules: accessRules }),
      },
    }),
  };
  return c.json({ token: body }, status, {
    'X-Subject-Token': text,
    Vary: 'X-Auth-Token',
    'X-OpenStack-Request-ID': c.var.requestId,
  });
}

/** In epoch seconds. */
function tokenExpiry({ expiresAt }: StoredKey, now: number): number {
  const end = expiresAt === null ? Number.POSITIVE_INFINITY : Math.floor(Date.parse(expiresAt) / 1000);
  return Math.min(now + MAX_LIFETIME_SECONDS, end);
}

async function storedKey(access: Access, c: Context<GatewayEnv>): Promise<FoundKey> {
  const stored = await access.keys.find(c.var.principal.keyId);
  if (stored === null) throw new ComputeError('unauthenticated', 'Invalid API key');
  return stored;
}

/** Microseconds, as Keystone prints them and some clients expect them. */
function keystoneTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('Z', '000Z');
}
