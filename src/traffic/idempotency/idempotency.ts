/**
 * The stage `idempotency`, between limit and the handlers: a `POST` with an `Idempotency-Key` is carried out once.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import type { ServerSecret } from '../../access/server-secret.ts';
import { wallMs } from '../../clock.ts';
import { ComputeError } from '../../compute/errors.ts';
import { TIDY_MILLISECONDS } from '../../compute/saga.ts';
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
  /** Milliseconds that everything a request asks of the cloud may take together. */
  readonly deadline: number;
  /**
   * Milliseconds in which an attempt counts as alive. Unless given: deadline, time to tidy up, and 10 seconds more, by which the
   * clocks of nodes may differ and in which what was sent last arrives.
   */
  readonly lease?: number;
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
  { secret, deadline, lease = deadline + TIDY_MILLISECONDS + LEASE_GRACE }: IdempotencyOptions,
  repeatable: (c: Context<GatewayEnv>) => boolean,
): MiddlewareHandler<GatewayEnv> {
  const fingerprints = new Fingerprints(secret);
  const attempts = new Attempts(store, { lease, kept: KEPT_MILLISECONDS, wait: deadline });
  const count = (result: string) => metrics.count('idempotency', { result });

  async function settle(c: Context<GatewayEnv>, { scope, runId }: IdempotencyRecord): Promise<void> {
    try {
      const outcome = outcomeOf(c.error, c.res.status);
      if (outcome === 'release') return await store.release(scope, runId, isoTime(wallMs()));
      if (outcome === 'unknown') return c.var.log.warn('idempotency_outcome_unknown');
      const answer = await keptAnswer(c.res);
      const sealed = await sealAnswer(secret, c.var.principal.sealingSecret(), scope, answer);
      if (!(await store.keep(scope, runId, sealed))) c.var.log.error('idempotency_overtaken');
    } catch (error) {
      // The answer stands. Who asks again is told by what is found in the cloud, once the lease is over.
      c.var.log.error('idempotency_answer_lost', {}, error);
    }
  }

  return async function idempotent(c, next) {
    const header = c.req.method === 'POST' ? c.req.header(IDEMPOTENCY_KEY) : undefined;
    if (header === undefined) return next();
    const scope = fingerprints.scope(c.var.principal.familyId, parseIdempotencyKey(header));
    const fingerprint = await fingerprints.request(c.req.method, new URL(c.req.url), await bodyOf(c));
    const turn = await attempts.turn(scope, fingerprint, c.var.requestId);
    switch (turn.kind) {
      case 'other_request':
        count('conflict');
        throw new ComputeError('conflict', OTHER_REQUEST);
      case 'busy':
        count('conflict');
        throw new ComputeError('conflict', BUSY, { retryAfter: Math.ceil(turn.leaseLeft / 1000) });
      case 'answered': {
        const answer = await openAnswer(secret, c.var.principal.sealingSecret(), scope, turn.sealedAnswer);
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
    c.set('attempt', { mark: fingerprints.mark(record), resumed: record.resumed });
    if (record.resumed) c.var.log.info('idempotency_resumed');
    await attempts.run(scope, async () => {
      await next();
      await settle(c, record);
    });
  };
}

/** Deletes answers whose time is over. Never rejects: the next one will. */
export async function sweepIdempotency({ idempotency: store, log }: IdempotencyPorts): Promise<void> {
  await store.sweep(isoTime(wallMs())).catch((error) => log.warn('idempotency_not_swept', {}, error));
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

const OTHER_REQUEST = `This ${IDEMPOTENCY_KEY} was used for another request: send the same path and body as then, or a new key.`;
const BUSY = `The first request with this ${IDEMPOTENCY_KEY} is still at work, or was cut off a moment ago: send it again after the time in Retry-After.`;
const UNREADABLE = `This request was carried out, but its answer was sealed with an API key that was rotated since: look at what is there, and use a new ${IDEMPOTENCY_KEY} for a new request.`;
const CUT_OFF = `The first request with this ${IDEMPOTENCY_KEY} was cut off, and nobody knows whether it was carried out: look at what is there, and use a new key to send it again.`;
