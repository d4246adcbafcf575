/**
 * The stage `idempotency`, between limit and the handlers: a `POST` with an `Idempotency-Key` is carried out once.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import type { ServerSecret } from '../../access/server-secret.ts';
import { wallMs } from '../../clock.ts';
import { ComputeError } from '../../compute/errors.ts';
import { CLEANUP_TIMEOUT_MS } from '../../compute/saga.ts';
import type { GatewayEnv } from '../../context.ts';
import { MAX_BODY_BYTES, readBytes } from '../../http/body.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type KeptAnswer, keptAnswer, openAnswer, sealAnswer } from './answer.ts';
import { Attempts, isoTime } from './attempts.ts';
import { Fingerprints } from './fingerprint.ts';
import { IDEMPOTENCY_KEY, parseIdempotencyKey } from './idempotency-key.ts';
import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';
import { outcomeOf } from './outcome.ts';

export interface IdempotencyPorts {
  readonly idempotency: IdempotencyStore;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface IdempotencyOptions {
  readonly secret: ServerSecret;
  /** Keys the hashes by which requests are known; the same for all nodes. */
  readonly storeKey: () => Promise<Uint8Array>;
  /** Milliseconds that everything a request asks of the cloud may take together. */
  readonly timeoutMs: number;
  /**
   * Milliseconds in which an attempt counts as alive. Unless given: deadline, time to tidy up, and 10 seconds more, by which the
   * clocks of nodes may differ and in which what was sent last arrives.
   */
  readonly lease?: number;
}

export interface Idempotency {
  /** To stand behind whatever decides if the request may be carried out: a stored response is served without its handler. */
  readonly stage: MiddlewareHandler<GatewayEnv>;
  /** The response that was stored for a request with the same key and body; null when there is none. Carries out nothing. */
  readonly replay: (c: Context<GatewayEnv>) => Promise<Response | null>;
}

/** How long an answer is kept, milliseconds: a day. */
const KEPT_MILLISECONDS = 86_400_000;
const LEASE_GRACE = 10_000;

/**
 * The first request under a key runs, and its answer is kept; later ones with the same key and body get that answer, and wait for
 * it while the first runs. Another body, or another path, is a `conflict`.
 *
 * An attempt that was cut off is taken over once its lease is over, with `c.var.attempt.resumed`.
 *
 * @param repeatable Whether the handler of this request can be run again after an attempt that was cut off, without anything
 *   being made twice. Where it cannot, the customer is told that the outcome is not known.
 */
export function idempotency(
  { idempotency: store, metrics }: IdempotencyPorts,
  {
    secret,
    storeKey,
    timeoutMs: deadline,
    lease = deadline + CLEANUP_TIMEOUT_MS + LEASE_GRACE,
  }: IdempotencyOptions,
  repeatable: (c: Context<GatewayEnv>) => boolean,
): Idempotency {
  let known: Fingerprints | undefined;
  const fingerprintsOf = async () => {
    known ??= new Fingerprints(await storeKey());
    return known;
  };
  const attempts = new Attempts(store, { lease, kept: KEPT_MILLISECONDS, wait: deadline });
  const count = (result: string) => metrics.count('idempotent_requests', { result });

  async function settle(c: Context<GatewayEnv>, { scope, runId }: IdempotencyRecord): Promise<void> {
    try {
      const outcome = outcomeOf(c.error, c.res.status);
      if (outcome === 'release') return await store.release(scope, runId, isoTime(wallMs()));
      if (outcome === 'unknown') return c.var.log.warn('idempotency_outcome_unknown');
      const answer = await keptAnswer(c.res, await writtenFor(c));
      const sealed = await sealAnswer(secret, c.var.principal.sealingSecret(), scope, answer);
      if (!(await store.keep(scope, runId, sealed))) c.var.log.error('idempotency_lease_lost');
    } catch (error) {
      // The answer stands. Who asks again is told by what is found in the cloud, once the lease is over.
      c.var.log.error('idempotency_store_failed', {}, error);
    }
  }

  /** Under what this request's response is kept; null without the header. */
  async function identified(c: Context<GatewayEnv>) {
    const header = c.req.method === 'POST' ? c.req.header(IDEMPOTENCY_KEY) : undefined;
    if (header === undefined) return null;
    const fingerprints = await fingerprintsOf();
    const scope = fingerprints.scope(c.var.principal.familyId, parseIdempotencyKey(header));
    const fingerprint = await fingerprints.request(c.req.method, new URL(c.req.url), await bodyOf(c));
    return { scope, fingerprint };
  }

  /** @throws ComputeError `forbidden` when the cloud, or the key, does not grant any more what the response took. */
  async function opened(
    c: Context<GatewayEnv>,
    scope: string,
    sealedAnswer: Uint8Array,
  ): Promise<KeptAnswer | null> {
    const reader = await readerOf(c);
    const answer = await openAnswer(secret, c.var.principal.sealingSecret(), scope, sealedAnswer);
    const isGranted =
      answer === null ||
      (answer.roles.every((role) => reader.roles.includes(role)) && (reader.isAdmin || !answer.isAdmin));
    if (!isGranted) throw new ComputeError('forbidden', LESS_GRANTED);
    return answer;
  }

  async function replayOnly(c: Context<GatewayEnv>): Promise<Response | null> {
    const request = await identified(c);
    const record = request === null ? null : await store.find(request.scope);
    if (record === null || record.fingerprint !== request?.fingerprint || record.sealedAnswer === null) {
      return null;
    }
    if (Date.parse(record.expiresAt) <= wallMs()) return null;
    const answer = await opened(c, record.scope, record.sealedAnswer);
    // A refusal is no success that could have made its own retry unauthenticated.
    if (answer === null || answer.status >= 300) return null;
    count('replayed');
    return replay(answer);
  }

  const stage: MiddlewareHandler<GatewayEnv> = async function idempotent(c, next) {
    const request = await identified(c);
    if (request === null) return next();
    const { scope, fingerprint } = request;
    const turn = await attempts.turn(scope, fingerprint, c.var.requestId);
    switch (turn.kind) {
      case 'other_request':
        count('conflict');
        throw new ComputeError('conflict', OTHER_REQUEST);
      case 'busy':
        count('conflict');
        throw new ComputeError('conflict', BUSY, { retryAfter: Math.ceil(turn.leaseLeft / 1000) });
      case 'answered': {
        // What was left of the deadline has been spent on waiting.
        if (turn.waited) c.set('cloud', c.var.cloud.detached(deadline));
        const answer = await opened(c, scope, turn.sealedAnswer);
        count(answer === null ? 'conflict' : turn.waited ? 'waited' : 'replayed');
        if (answer === null) throw new ComputeError('conflict', UNREADABLE);
        return replay(answer);
      }
      case 'run':
    }
    const { record, waited } = turn;
    if (record.resumed && !repeatable(c)) {
      await store.release(scope, record.runId, isoTime(wallMs()));
      count('conflict');
      throw new ComputeError('conflict', CUT_OFF);
    }
    count(record.resumed ? 'resumed' : 'first');
    // What was left of the deadline has been spent on waiting.
    if (waited) c.set('cloud', c.var.cloud.detached(deadline));
    c.set('attempt', { mark: (await fingerprintsOf()).mark(record), resumed: record.resumed });
    if (record.resumed) c.var.log.info('idempotency_resumed');
    await attempts.run(scope, async () => {
      await next();
      await settle(c, record);
    });
  };
  return { stage, replay: replayOnly };
}

/** As `readerOf`; without the roles where they cannot be had any more, for then the response must be kept all the same. */
function writtenFor(c: Context<GatewayEnv>): ReturnType<typeof readerOf> {
  const isAdmin = c.var.principal.scopes.includes('admin');
  return readerOf(c).catch(() => ({ roles: [], isAdmin }));
}

/** Whom the cloud lets in with this request, now. Rejects when it refuses the credential, or cannot be asked. */
async function readerOf(c: Context<GatewayEnv>): Promise<Pick<KeptAnswer, 'roles' | 'isAdmin'>> {
  const { roles } = await c.var.cloud.caller();
  return { roles, isAdmin: c.var.principal.scopes.includes('admin') };
}

/** Deletes answers whose time is over. Never rejects: the next one will. */
export async function sweepIdempotency({ idempotency: store, log }: IdempotencyPorts): Promise<void> {
  await store.sweep(isoTime(wallMs())).catch((error) => log.warn('idempotency_sweep_failed', {}, error));
}

/** The body, left where the handler finds it. */
async function bodyOf(c: Context): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await readBytes(c.req.raw, MAX_BODY_BYTES));
  c.req.bodyCache.arrayBuffer = bytes.buffer;
  return bytes;
}

function replay({ status, headers, body }: KeptAnswer): Response {
  return new Response(body, { status, headers: { ...headers, 'Idempotency-Replayed': 'true' } });
}

const LESS_GRANTED = `The response to the first request with this ${IDEMPOTENCY_KEY} took rights that this key or its user does not have any more.`;
const OTHER_REQUEST = `This ${IDEMPOTENCY_KEY} was used for another request: send the same path and body as then, or a new key.`;
const BUSY = `The first request with this ${IDEMPOTENCY_KEY} is still at work, or was cut off a moment ago: send it again after the time in Retry-After.`;
const UNREADABLE = `This request was carried out, but its answer was sealed with an API key that was rotated since: look at what is there, and use a new ${IDEMPOTENCY_KEY} for a new request.`;
const CUT_OFF = `The first request with this ${IDEMPOTENCY_KEY} was cut off, and nobody knows whether it was carried out: look at what is there, and use a new key to send it again.`;
