/**
 * The stage `idempotency`: a `POST` with an `Idempotency-Key` is carried out once, and its response replayed for retries.
 */

import type { Context, MiddlewareHandler } from 'hono';
import type { ServerSecret } from '../../access/server-secret.ts';
import { wallMs } from '../../clock.ts';
import type { CloudDriver } from '../../compute/cloud.ts';
import { ComputeError } from '../../compute/errors.ts';
import { CLEANUP_TIMEOUT_MS } from '../../compute/saga.ts';
import type { GatewayEnv } from '../../context.ts';
import { readBody } from '../../http/body.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { Attempts, isoTime } from './attempts.ts';
import { Fingerprints } from './fingerprint.ts';
import { IDEMPOTENCY_KEY, parseIdempotencyKey } from './idempotency-key.ts';
import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';
import {
  openResponse,
  outcomeOf,
  type StoredResponse,
  sealResponse,
  toStoredResponse,
} from './stored-response.ts';

export interface IdempotencyPorts {
  readonly idempotency: IdempotencyStore;
  readonly clouds: Pick<CloudDriver, 'regions'>;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface IdempotencyOptions {
  readonly secret: ServerSecret;
  /** Key of the hashes that identify requests; the same for all nodes. */
  readonly storeKey: () => Promise<Uint8Array>;
  /** For all upstream calls of a request, in ms. */
  readonly upstreamBudgetMs: number;
  /** Lease of an attempt in ms. By default the timeout, time for the undo, and a grace for late calls and clock differences. */
  readonly leaseMs?: number;
}

export interface Idempotency {
  /** Has to follow every authorization stage, since a stored response is replayed without the handler. */
  readonly stage: MiddlewareHandler<GatewayEnv>;
  /** The response stored for a request with the same key and body; null if there is none. Runs no handler. */
  readonly replay: (c: Context<GatewayEnv>) => Promise<Response | null>;
}

const RETENTION_MS = 86_400_000;
const LEASE_GRACE_MS = 10_000;

/**
 * The first request under a key runs, and its response is stored; later ones with the same key and body wait for that response.
 * Another body or path is a `conflict`. An interrupted attempt is taken over when its lease has expired, with
 * `c.var.attempt.resumed`.
 *
 * @param isRetrySafe Whether the handler can run again after an interrupted attempt without creating anything twice. If not, the
 *   response is a `conflict`.
 */
export function idempotency(
  { idempotency: store, clouds, metrics }: IdempotencyPorts,
  {
    secret,
    storeKey,
    upstreamBudgetMs,
    leaseMs = upstreamBudgetMs + CLEANUP_TIMEOUT_MS + LEASE_GRACE_MS,
  }: IdempotencyOptions,
  isRetrySafe: (c: Context<GatewayEnv>) => boolean,
): Idempotency {
  let cachedFingerprints: Fingerprints | undefined;
  const fingerprintsOf = async () => {
    cachedFingerprints ??= new Fingerprints(await storeKey());
    return cachedFingerprints;
  };
  const attempts = new Attempts(store, {
    leaseMs,
    retentionMs: RETENTION_MS,
    waitTimeoutMs: upstreamBudgetMs,
  });
  const count = ({ var: { region } }: Context<GatewayEnv>, result: string) =>
    metrics.count('idempotent_requests', { result, region });

  async function completeAttempt(c: Context<GatewayEnv>, { scope, runId }: IdempotencyRecord): Promise<void> {
    try {
      const outcome = outcomeOf(c.error, c.res.status);
      if (outcome === 'release') return await store.release(scope, runId, isoTime(wallMs()));
      if (outcome === 'unknown') return c.var.log.warn('idempotency_outcome_unknown');
      const response = await toStoredResponse(c.res, await writtenFor(c));
      const sealed = await sealResponse(secret, c.var.principal.sealingSecret(), scope, response);
      if (!(await store.complete(scope, runId, sealed))) c.var.log.error('idempotency_lease_lost');
    } catch (error) {
      // The response is sent all the same. A retry is resumed from the state of the cloud when the lease has expired.
      c.var.log.error('idempotency_store_failed', {}, error);
    }
  }

  /** The record of this request; null without the header. */
  async function identify(c: Context<GatewayEnv>) {
    const header = c.req.method === 'POST' ? c.req.header(IDEMPOTENCY_KEY) : undefined;
    if (header === undefined) return null;
    const fingerprints = await fingerprintsOf();
    const region = c.var.region === clouds.regions.default ? null : c.var.region;
    const scope = fingerprints.scope(c.var.principal.familyId, region, parseIdempotencyKey(header));
    const fingerprint = await fingerprints.request(c.req.method, new URL(c.req.url), await readBody(c));
    return { scope, fingerprint };
  }

  /** @throws ComputeError `forbidden` if the key or its user no longer has the rights of the first reader. */
  async function openStored(
    c: Context<GatewayEnv>,
    scope: string,
    sealedResponse: Uint8Array,
  ): Promise<StoredResponse | null> {
    const reader = await readerOf(c);
    const response = await openResponse(secret, c.var.principal.sealingSecret(), scope, sealedResponse);
    const isGranted =
      response === null ||
      (response.roles.every((role) => reader.roles.includes(role)) && (reader.isAdmin || !response.isAdmin));
    if (!isGranted) throw new ComputeError('forbidden', LESS_GRANTED);
    return response;
  }

  async function replayOnly(c: Context<GatewayEnv>): Promise<Response | null> {
    const request = await identify(c);
    const record = request === null ? null : await store.find(request.scope);
    if (record === null || record.fingerprint !== request?.fingerprint || record.sealedResponse === null) {
      return null;
    }
    if (Date.parse(record.expiresAt) <= wallMs()) return null;
    const response = await openStored(c, record.scope, record.sealedResponse);
    // Only a success can have invalidated the key that its retry uses.
    if (response === null || response.status >= 300) return null;
    count(c, 'replayed');
    return replay(response);
  }

  const stage: MiddlewareHandler<GatewayEnv> = async function idempotent(c, next) {
    const request = await identify(c);
    if (request === null) return next();
    const { scope, fingerprint } = request;
    const acquisition = await attempts.acquire(scope, fingerprint, c.var.requestId);
    switch (acquisition.kind) {
      case 'mismatch':
        count(c, 'conflict');
        throw new ComputeError('conflict', MISMATCH);
      case 'in_progress':
        count(c, 'conflict');
        throw new ComputeError('conflict', IN_PROGRESS, {
          retryAfter: Math.ceil(acquisition.remainingLeaseMs / 1000),
        });
      case 'completed': {
        // The wait has used up the deadline.
        if (acquisition.waited) c.set('cloud', c.var.cloud.detached(upstreamBudgetMs));
        const response = await openStored(c, scope, acquisition.sealedResponse);
        count(c, response === null ? 'conflict' : acquisition.waited ? 'waited' : 'replayed');
        if (response === null) throw new ComputeError('conflict', UNREADABLE);
        return replay(response);
      }
      case 'acquired':
    }
    const { record, waited } = acquisition;
    if (record.resumed && !isRetrySafe(c)) {
      await store.release(scope, record.runId, isoTime(wallMs()));
      count(c, 'conflict');
      throw new ComputeError('conflict', INTERRUPTED);
    }
    count(c, record.resumed ? 'resumed' : 'first');
    // The wait has used up the deadline.
    if (waited) c.set('cloud', c.var.cloud.detached(upstreamBudgetMs));
    c.set('attempt', { mark: (await fingerprintsOf()).mark(record), resumed: record.resumed });
    if (record.resumed) c.var.log.info('idempotency_resumed');
    await attempts.run(scope, async () => {
      await next();
      await completeAttempt(c, record);
    });
  };
  return { stage, replay: replayOnly };
}

/** As `readerOf`, without roles if they are unavailable, since the response has to be stored all the same. */
function writtenFor(c: Context<GatewayEnv>): ReturnType<typeof readerOf> {
  const isAdmin = c.var.principal.scopes.includes('admin');
  return readerOf(c).catch(() => ({ roles: [], isAdmin }));
}

/** The rights of the caller. Rejects when the cloud rejects the credential or is unreachable. */
async function readerOf(c: Context<GatewayEnv>): Promise<Pick<StoredResponse, 'roles' | 'isAdmin'>> {
  const { roles } = await c.var.cloud.caller();
  return { roles, isAdmin: c.var.principal.scopes.includes('admin') };
}

/** Deletes expired records. Never rejects. */
export async function sweepIdempotency({
  idempotency: store,
  log,
}: Pick<IdempotencyPorts, 'idempotency' | 'log'>): Promise<void> {
  await store.sweep(isoTime(wallMs())).catch((error) => log.warn('idempotency_sweep_failed', {}, error));
}

function replay({ status, headers, body }: StoredResponse): Response {
  return new Response(body, { status, headers: { ...headers, 'Idempotency-Replayed': 'true' } });
}

const LESS_GRANTED = `The response to the first request with this ${IDEMPOTENCY_KEY} required rights that this key or its user no longer has.`;
const MISMATCH = `This ${IDEMPOTENCY_KEY} was used for another request: send the same path and body as then, or a new key.`;
const IN_PROGRESS = `The first request with this ${IDEMPOTENCY_KEY} is still running, or was interrupted: retry after the time in Retry-After.`;
const UNREADABLE = `This request was carried out, but its response was sealed with an API key that has been rotated since: check the resources, and use a new ${IDEMPOTENCY_KEY} for a new request.`;
const INTERRUPTED = `The first request with this ${IDEMPOTENCY_KEY} was interrupted, and may have been carried out: check the resources, and retry with a new key.`;
