/**
 * `/identity/v3/auth/tokens`: an API key for a token, and what is known about a token.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import { type Access, callContext } from '../../../access/access.ts';
import { admit, invalidKeyError, recordRejection, recordSignIn } from '../../../access/authenticate.ts';
import { revokeDerived } from '../../../access/derived-credential.ts';
import { parseKey } from '../../../access/key-format.ts';
import type { FoundKey, StoredKey } from '../../../access/key-store.ts';
import type { KeyToken, KeyTokens } from '../../../access/key-token.ts';
import { wallMs } from '../../../clock.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import type { PublicUrl } from '../../../http/public-url.ts';
import { resolveToken } from '../authenticate.ts';
import type { OpenSession } from '../session.ts';
import { claimsMatch, readSignIn, type SignIn } from './sign-in.ts';
import { tokenBody } from './token-body.ts';

/** Seconds; a key that expires earlier takes its tokens along. */
const MAX_LIFETIME_SECONDS = 3_600;

export interface IdentityPorts {
  readonly access: Access;
  readonly tokens: KeyTokens;
  readonly openSession: OpenSession;
  readonly publicUrl: PublicUrl;
}

/**
 * POST: signs somebody in by the body of their request. A wrong key counts as a failure to sign in, wherever it is shown; a right
 * one has to pass the limits like any request with it.
 */
export function issueToken(ports: IdentityPorts, limited: MiddlewareHandler<GatewayEnv>) {
  const { access, tokens } = ports;
  return async function tokenIssued(c: Context<GatewayEnv>): Promise<Response> {
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
    const session = await ports.openSession(c.var.principal.credential, callContext(c, access.timeoutMs));
    if (!claimsMatch(given, { keyId: stored.id, keyName: stored.name, session })) {
      recordRejection(access, c, 'wrong_credentials', stored.id);
      throw invalidKeyError(access.keyFailures.record(access.clientAddress(c)));
    }
    const parts = parseKey(key);
    if (parts === null) throw new Error('a verified key has no form');
    const issuedAt = Math.floor(wallMs() / 1000);
    // A token for a token lives no longer than the first.
    const first = await tokens.open(given.secret);
    const expiresAt = Math.min(tokenExpiry(stored, issuedAt), first?.expiresAt ?? Number.POSITIVE_INFINITY);
    const { text, token } = await tokens.issue(parts, given.method, { issuedAt, expiresAt });
    recordSignIn(access, c, `key:${stored.id}`, stored.id, `token, by ${given.method}`);
    return tokenResponse(c, ports, 201, text, token, stored);
  }
}

/** GET and HEAD: what a token of the caller's own is. */
export function showToken(ports: IdentityPorts) {
  return async function tokenShown(c: Context<GatewayEnv>): Promise<Response> {
    const { text, token } = await subjectToken(ports, c);
    return tokenResponse(c, ports, 200, text, token, await storedKey(ports.access, c));
  };
}

/** DELETE: the token is revoked, on every node. The key in a token's place is not, for it is more than a token. */
export function revokeToken(ports: IdentityPorts) {
  return async function tokenRevoked(c: Context<GatewayEnv>): Promise<Response> {
    const { token, text } = await subjectToken(ports, c);
    const { keys, verifier } = ports.access;
    const { keyId } = c.var.principal;
    if (token.key !== text) {
      const { revokedDerived } = await storedKey(ports.access, c);
      await revokeDerived(keys, keyId, revokedDerived, token.auditId);
      verifier.invalidate(keyId);
    }
    return c.body(null, 204, { Vary: 'X-Auth-Token' });
  };
}

/** The token of `X-Subject-Token`. @throws ComputeError `not_found` unless it lives and is of the caller's own key. */
async function subjectToken(
  { tokens, access }: IdentityPorts,
  c: Context<GatewayEnv>,
): Promise<{ text: string; token: KeyToken }> {
  const text = c.req.header('x-subject-token')?.trim() ?? '';
  const token = await tokens.open(text);
  const { keyId } = c.var.principal;
  if (token !== null && tokens.isUnexpired(token) && parseKey(token.key)?.id === keyId) {
    const verdict = await access.verifier.verify(token, access.clientAddress(c), c.req.header('origin'));
    if (verdict.ok) return { text, token };
  }
  const key = parseKey(text);
  if (
    key?.id !== keyId ||
    !(await access.verifier.verify(text, access.clientAddress(c), c.req.header('origin'))).ok
  ) {
    throw new ComputeError('not_found', 'Could not find token.');
  }
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
  stored: StoredKey,
): Promise<Response> {
  const session = await openSession(c.var.principal.credential, callContext(c, access.timeoutMs));
  const withCatalog = c.req.query('nocatalog') === undefined;
  const body = tokenBody(token, stored, session, { publicUrl: publicUrl(c), withCatalog });
  return c.json(body, status, {
    'X-Subject-Token': text,
    Vary: 'X-Auth-Token',
    'X-OpenStack-Request-ID': c.var.requestId,
  });
}

/** Epoch seconds. */
function tokenExpiry({ expiresAt }: StoredKey, now: number): number {
  const end = expiresAt === null ? Number.POSITIVE_INFINITY : Math.floor(Date.parse(expiresAt) / 1000);
  return Math.min(now + MAX_LIFETIME_SECONDS, end);
}

/** The row of the key that was just verified. */
async function storedKey(access: Access, c: Context<GatewayEnv>): Promise<FoundKey> {
  const stored = await access.keys.find(c.var.principal.keyId);
  if (stored === null) throw new ComputeError('unauthenticated', 'Invalid API key');
  return stored;
}
