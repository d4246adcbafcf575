import type { Context, MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { type Access, callContext } from './access.ts';
import type { PresentedCredential } from './derived-credential.ts';
import type { RejectionReason } from './journal.ts';
import type { Verdict } from './key-verifier.ts';
import type { Principal } from './principal.ts';

/** The key of the console session for a request without a key; undefined: none. */
export type KeyFromSession = (c: Context<GatewayEnv>) => Promise<PresentedCredential | undefined>;

/**
 * Resolves the API key to a principal. Without a valid key a request ends with `unauthenticated`, after many failures with
 * `rate_limited`. The message is the same in all cases; the reason goes to the log, the audit log and the metrics.
 */
export function authenticate(access: Access, fromSession?: KeyFromSession): Stage {
  return authenticationStage(
    access,
    async (c) => presentedKey(c) ?? (fromSession && (await fromSession(c))),
    presentedKey,
  );
}

/**
 * @param keyOf The key of a request, or a credential derived from it.
 * @param cachedKeyOf The same without waiting; undefined where that is not possible.
 */
export function authenticationStage(
  access: Access,
  keyOf: (c: Context<GatewayEnv>) => Promise<PresentedCredential | undefined>,
  cachedKeyOf: (c: Context<GatewayEnv>) => PresentedCredential | undefined,
): Stage {
  return {
    async handle(c, next) {
      const admitting = admit(access, c, await keyOf(c));
      if (admitting instanceof Promise) await admitting;
      await next();
    },
    check(c) {
      // Keys that are bound to origins are verified by the pipeline.
      if (c.req.header('origin') !== undefined) return false;
      const principal = access.verifier.cachedPrincipal(cachedKeyOf(c), access.clientAddress(c));
      if (principal !== null) c.set('principal', principal);
      return principal !== null;
    },
    commit: (c) => recordAuthenticated(access, c.get('principal')),
  };
}

/** `authenticate` for a key from elsewhere; synchronous if the key is cached. */
export function admit(
  access: Access,
  c: Context<GatewayEnv>,
  key: PresentedCredential | undefined,
): Promise<void> | undefined {
  const address = access.clientAddress(c);
  const origin = c.req.header('origin');
  const verify = () => access.verifier.verify(key, address, origin);
  c.set('reverify', verify);
  const verifying = verify();
  if (verifying instanceof Promise)
    return verifying.then((verdict) => applyVerdict(access, c, verdict, address));
  applyVerdict(access, c, verifying, address);
  return undefined;
}

function applyVerdict(
  access: Access,
  c: Context<GatewayEnv>,
  verdict: Verdict,
  address: string | null,
): void {
  if (!verdict.ok) {
    recordRejection(access, c, verdict.reason, verdict.keyId);
    // A revoked token is no guess, and all threads of a client present it before the client signs in again.
    if (verdict.reason === 'revoked_token') throw invalidKeyError(null);
    if (verdict.reason === 'missing')
      throw invalidKeyError(access.anonymousRequests.record(address), KEY_REQUIRED);
    throw invalidKeyError(access.keyFailures.record(address));
  }
  const { principal } = verdict;
  recordAuthenticated(access, principal);
  c.set('log', c.get('log').with({ key: principal.keyId, project: principal.projectId }));
  c.set('principal', principal);
  c.set('releases', access.releases);
  access.releases.served(principal.projectId, principal.credential);
  access.credentials.served(principal);
}

export function recordAuthenticated({ metrics, journal }: Access, { keyId }: Principal): void {
  metrics.count('key_verifications', { result: 'ok' });
  journal.recordUse(keyId);
}

/** For writes. Reads open the cloud in the stage `cached`, on a miss. */
export function openCloud({ clouds, upstreamBudgetMs }: Access): MiddlewareHandler<GatewayEnv> {
  return function handleOpenCloud(c, next) {
    c.set('cloud', clouds.open(c.get('principal').credential, callContext(c, upstreamBudgetMs)));
    return next();
  };
}

/** In the log, the audit log and the metrics; never in the response. */
export function recordRejection(
  access: Access,
  c: Context<GatewayEnv>,
  reason: RejectionReason,
  keyId: string | null,
): void {
  const address = access.clientAddress(c);
  if (access.rejectionLog.shouldLog(address)) c.var.log.info('key_refused', { reason, key: keyId, address });
  access.metrics.count('key_verifications', { result: reason });
  access.journal.recordRejection(reason, keyId, address, c.var.requestId);
}

export function recordSignIn(
  access: Access,
  c: Context<GatewayEnv>,
  actor: string,
  keyId: string | null,
  how: string,
): void {
  access.journal.recordSignIn(
    { actor, keyId, address: access.clientAddress(c), requestId: c.var.requestId },
    how,
  );
}

/**
 * @param retryAfter Seconds until the address may fail again; null if it may now.
 * @param message Names what is missing only to a request without a key, which guesses nothing.
 */
export function invalidKeyError(retryAfter: number | null, message = 'Invalid API key'): ComputeError {
  return retryAfter === null ? new ComputeError('unauthenticated', message) : tooManyFailures(retryAfter);
}

const KEY_REQUIRED = 'An API key is required: send it in the header x-api-key.';

export function tooManyFailures(retryAfter: number): ComputeError {
  return new ComputeError('rate_limited', 'Too many failed attempts to sign in from this address.', {
    retryAfter,
  });
}

/** Never from the query string, which ends up in logs. */
export function presentedKey(c: Context): string | undefined {
  const header = c.req.header('x-api-key');
  if (header !== undefined) return header.trim();
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization')?.trim() ?? '')?.[1];
}
