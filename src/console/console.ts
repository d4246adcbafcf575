import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { type Access, callContext } from '../access/access.ts';
import type { AdminTokenFromSession } from '../access/admin-api.ts';
import { type AdminToken, assertAdminToken } from '../access/admin-tokens.ts';
import { admit, type KeyFromSession, recordSignIn } from '../access/authenticate.ts';
import { revokeDerived } from '../access/derived-credential.ts';
import { parseKey } from '../access/key-format.ts';
import { keyView, selfServiceKeySchema } from '../access/key-schemas.ts';
import { reachOf, revokeAndInvalidate } from '../access/revoke-key.ts';
import { wallMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { issueOwnKey } from '../dialects/redu/api-keys.ts';
import { MAX_SIGN_IN_BYTES } from '../http/body.ts';
import { decode, decodeBody } from '../http/decode.ts';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import type { LimitOptions } from '../traffic/limit/limit.ts';
import { RevokedSessions } from './revoked-sessions.ts';
import { assertSameOrigin, CONSOLE_HEADER } from './same-origin.ts';
import { SESSION_SECONDS, type Session, Sessions } from './session.ts';

export interface ConsoleOptions {
  /** Empty: operators cannot sign in. */
  readonly adminTokens: readonly AdminToken[];
  readonly publicUrl: (c: Context) => string;
  readonly limits: LimitOptions;
  /** Whether there is a Nova dialect, so that OpenStack tools work with keys. */
  readonly hasNova: boolean;
}

/** The server side of the console: its sessions. The page is static and uses the public API. */
export interface Console {
  /** `/session`, mounted at `/console`. */
  readonly routes: Hono<GatewayEnv>;
  /** The key of the session. @throws ComputeError `forbidden` for a cross-origin request. */
  readonly keyOf: KeyFromSession;
  readonly adminTokenOf: AdminTokenFromSession;
}

const signInSchema = z
  .strictObject({
    api_key: z.string().max(512).optional(),
    admin_token: z.string().max(1024).optional(),
    credentials: z.looseObject({}).optional().describe('As in `POST /v1/api_keys`.'),
  })
  .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
    path: ['api_key'],
    error: 'give either api_key, credentials or admin_token',
  });

export function createConsole(
  access: Access,
  options: ConsoleOptions,
  respond: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): Console {
  const sessions = new Sessions(access.secret);
  const signedOut = new RevokedSessions(access.keys);
  const isSecure = (c: Context) => options.publicUrl(c).startsWith('https:');
  const sessionOf = async (c: Context) => {
    if (c.req.header(CONSOLE_HEADER) === undefined) return null;
    assertSameOrigin(c, options.publicUrl(c));
    return sessions.of(c, isSecure(c));
  };

  const routes = new Hono<GatewayEnv>()
    .use('/session', async (c, next) => {
      assertSameOrigin(c, options.publicUrl(c));
      await next();
    })
    .get('/session', async (c) => {
      const session = await sessionOf(c);
      const described =
        session === null
          ? null
          : await describeSession(access, c, session, options, signedOut).catch(ignoreInvalidKey);
      if (session !== null && described === null) sessions.end(c, isSecure(c));
      return c.json(sessionBody(access, c, options, described));
    })
    .post('/session', async (c) => {
      const session = await sessions.begin(c, isSecure(c), await signIn(access, c, options.adminTokens));
      return c.json(
        sessionBody(access, c, options, await describeSession(access, c, session, options, signedOut)),
      );
    })
    .delete('/session', async (c) => {
      const session = await sessionOf(c);
      if (session?.as === 'customer') await endCustomerSession(access, c, session);
      if (session?.as === 'operator') await signedOut.add(session);
      sessions.end(c, isSecure(c));
      return c.body(null, 204);
    });

  return {
    routes: methodNotAllowed(routes, respond),
    async keyOf(c) {
      const session = await sessionOf(c);
      return session?.as === 'customer' ? session : undefined;
    },
    async adminTokenOf(c) {
      const session = await sessionOf(c);
      if (session?.as !== 'operator' || (await signedOut.has(session))) return undefined;
      return session.adminToken;
    },
  };
}

/** @throws ComputeError `unauthenticated`; `rate_limited` for an address that keeps failing. */
async function signIn(
  access: Access,
  c: Context<GatewayEnv>,
  adminTokens: readonly AdminToken[],
): Promise<Parameters<Sessions['begin']>[2]> {
  const body = await decodeBody(c, signInSchema, MAX_SIGN_IN_BYTES);
  const expiresAt = wallMs() + SESSION_SECONDS * 1000;
  if (body.api_key !== undefined) {
    await admit(access, c, body.api_key);
    const { keyId } = c.var.principal;
    recordSignIn(access, c, `key:${keyId}`, keyId, 'console, by API key');
    return { as: 'customer', key: body.api_key, owned: false, expiresAt };
  }
  if (body.admin_token !== undefined) {
    if (adminTokens.length === 0) {
      throw new ComputeError('not_found', 'Operators cannot sign in: no admin token is configured.');
    }
    const actor = assertAdminToken(access, c, adminTokens, body.admin_token, access.consoleFailures);
    recordSignIn(access, c, actor, null, 'console, by admin token');
    return { as: 'operator', adminToken: body.admin_token, expiresAt };
  }
  const keyRequest = { name: 'console', expires_at: new Date(expiresAt).toISOString(), ...body };
  const { key, text } = await issueOwnKey(access, c, decode(selfServiceKeySchema, keyRequest));
  access.verifier.invalidate(key.id);
  await admit(access, c, text);
  recordSignIn(access, c, `user:${key.userId}`, key.id, 'console, by credentials');
  return { as: 'customer', key: text, owned: true, expiresAt };
}

/** The public part of a session. @throws ComputeError `unauthenticated` if its key or token is invalid. */
async function describeSession(
  access: Access,
  c: Context<GatewayEnv>,
  session: Session,
  options: ConsoleOptions,
  signedOut: RevokedSessions,
) {
  const expires_in = Math.ceil((session.expiresAt - wallMs()) / 1000) + 1;
  if (session.as === 'operator') {
    if (await signedOut.has(session)) throw new ComputeError('unauthenticated', 'The session has ended.');
    assertAdminToken(access, c, options.adminTokens, session.adminToken, access.consoleFailures);
    return { as: session.as, expires_in, plans: options.limits.plans, costs: options.limits.costs };
  }
  await admit(access, c, session);
  const key = await access.keys.find(c.var.principal.keyId);
  return { as: session.as, expires_in, owned: session.owned, key: key && keyView(key, access.services) };
}

function sessionBody(
  { identities }: Access,
  c: Context,
  { adminTokens, hasNova, publicUrl }: ConsoleOptions,
  session: Awaited<ReturnType<typeof describeSession>> | null,
) {
  const signInMethods = { users: identities.hasUsers, operators: adminTokens.length > 0 };
  return { session, url: publicUrl(c), sign_in_methods: signInMethods, nova: hasNova };
}

function ignoreInvalidKey(error: unknown): null {
  if (error instanceof ComputeError && error.code === 'unauthenticated') return null;
  throw error;
}

/** Revokes the session on every node, and the key if it was created for the session, even if it is not valid here and now. */
async function endCustomerSession(
  access: Access,
  c: Context<GatewayEnv>,
  session: Session & { readonly as: 'customer' },
): Promise<void> {
  const key = await access.keys.find(parseKey(session.key)?.id ?? '');
  if (key === null) return;
  if (!session.owned) {
    await revokeDerived(access.keys, key.id, key.revokedDerived, session.auditId);
    access.verifier.invalidate(key.id);
    return;
  }
  const by = { actor: `key:${key.id}`, address: access.clientAddress(c), requestId: c.var.requestId };
  const revocation = { id: key.id, reach: reachOf(key), by };
  await revokeAndInvalidate(access, revocation, callContext(c, access.upstreamBudgetMs));
}
