import type { Context, MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { type Access, callContext } from './access.ts';
import type { PresentedCredential } from './derived-credential.ts';
import type { RejectionReason } from './journal.ts';
import type { Verdict } from './key-verifier.ts';
import type { Principal } from './principal.ts';

/** What a request without a key or token of its own is signed in with; undefined: nothing. */
export type KeyFromSession = (c: Context<GatewayEnv>) => Promise<PresentedCredential | undefined>;

/**
 * From the API key to the principal. A request without a good key ends here
 * with `unauthenticated`, always in the same words; the reason goes to the log, the audit log and the metrics. Somebody who
 * keeps failing gets `rate_limited`.
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

/** What `authenticate` does, for a key that comes in another way; without a promise when nothing has to be waited for. */
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
    // It was good once: no guess, and clients come with old ones and sign in again, all their threads at once.
    if (verdict.reason === 'revoked_token') throw invalidKeyError(null);
    if (verdict.reason === 'missing') throw missingKeyError(access.anonymousRequests.record(address));
    throw invalidKeyError(access.keyFailures.record(address));
  }
  const { principal } = verdict;
  recordAuthenticated(access, principal);
  c.set('log', c.get('log').with({ key: principal.keyId, project: principal.projectId }));
  c.set('principal', principal);
  c.set('releases', access.releases);
  access.releases.served(principal.projectId, principal.credential);
}

/** Counts and notes the use of a key. */
export function recordAuthenticated({ metrics, journal }: Access, { keyId }: Principal): void {
  metrics.count('key_verifications', { result: 'ok' });
  journal.recordUse(keyId);
}

/** The cloud as the principal sees it, for writes. Reads have theirs from the stage `cached`, which opens it only when it is asked. */
export function openCloud({ clouds, timeoutMs: deadline }: Access): MiddlewareHandler<GatewayEnv> {
  return function handleOpenCloud(c, next) {
    c.set('cloud', clouds.open(c.get('principal').credential, callContext(c, deadline)));
    return next();
  };
}

/** Says why somebody was not let in: in the log, the audit log and the metrics; never to the client. */
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

/** Notes that somebody signed in, for the audit log; alike ones are counted together. */
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

/** A request without any key guesses nothing, so its response may name what is missing. */
function missingKeyError(retryAfter: number | null): ComputeError {
  if (retryAfter !== null) return tooManyFailures(retryAfter);
  return new ComputeError('unauthenticated', 'An API key is required: send it in the header x-api-key.');
}

/** @param retryAfter Seconds until this address may fail again, null while it may. */
export function invalidKeyError(retryAfter: number | null): ComputeError {
  return retryAfter === null
    ? new ComputeError('unauthenticated', 'Invalid API key')
    : tooManyFailures(retryAfter);
}

export function tooManyFailures(retryAfter: number): ComputeError {
  return new ComputeError('rate_limited', 'Too many failed attempts to sign in from this address.', {
    retryAfter,
  });
}

/** From `x-api-key`, else `Authorization: Bearer`. Never from the query string, which ends up in logs. */
export function presentedKey(c: Context): string | undefined {
  const header = c.req.header('x-api-key');
  if (header !== undefined) return header.trim();
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization')?.trim() ?? '')?.[1];
}
