import { sleep, withTimeout } from '../../async.ts';
import { deadlineIn, type MonotonicMs, monotonicMs, remainingMs, wallMs } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';

/** Delay between reads of a record; doubles up to the maximum. */
const MIN_POLL_DELAY_MS = 50;
const MAX_POLL_DELAY_MS = 1_000;
/** Timestamps have a resolution of a millisecond. */
const LEASE_MARGIN_MS = 5;
const MAX_SEEN_ATTEMPTS = 10_000;

export interface AttemptTimes {
  /** How long an attempt may run. */
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly waitTimeoutMs: number;
}

export type Acquisition =
  /** This request runs the handler. */
  | { readonly kind: 'acquired'; readonly record: IdempotencyRecord; readonly waited: boolean }
  | { readonly kind: 'completed'; readonly sealedResponse: Uint8Array; readonly waited: boolean }
  /** The key was used for another request. */
  | { readonly kind: 'mismatch' }
  /** Another attempt runs, or may run for this long. */
  | { readonly kind: 'in_progress'; readonly remainingLeaseMs: number };

/** Serializes attempts at the same request over all gateways that share the store. */
export class Attempts {
  readonly #store: IdempotencyStore;
  readonly #times: AttemptTimes;
  /** Attempts in this process by scope, so that waiting for them needs no polling. */
  readonly #running = new Map<string, Promise<void>>();
  /** When each attempt was first seen here: its lease ends this long after, whatever the wall clock is set to. */
  readonly #firstSeenAt = new LruMap<MonotonicMs>({ max: MAX_SEEN_ATTEMPTS });

  constructor(store: IdempotencyStore, times: AttemptTimes) {
    this.#store = store;
    this.#times = times;
  }

  /** Waits while another attempt runs. @param runId Unique to this request. */
  async acquire(scope: string, fingerprint: string, runId: string): Promise<Acquisition> {
    const deadline = deadlineIn(this.#times.waitTimeoutMs);
    let delayMs = MIN_POLL_DELAY_MS;
    let waited = false;
    // An attempt in this process is never taken over, even if the clock was set past its lease.
    let record = this.#running.has(scope) ? await this.#store.find(scope) : null;
    for (;;) {
      if (record === null || this.#isFree(scope, record)) {
        record = await this.#claim(scope, fingerprint, runId, record);
      }
      if (record.fingerprint !== fingerprint) return { kind: 'mismatch' };
      const { sealedResponse } = record;
      if (sealedResponse !== null) return { kind: 'completed', sealedResponse, waited };
      if (record.runId === runId) return { kind: 'acquired', record, waited };
      const left = remainingMs(deadline);
      const remainingLeaseMs = this.#remainingLeaseMs(record);
      if (left <= 0) return { kind: 'in_progress', remainingLeaseMs };
      waited = true;
      const untilFree = Math.max(0, remainingLeaseMs) + LEASE_MARGIN_MS;
      await this.#waitForChange(scope, Math.min(delayMs, left, untilFree));
      delayMs = Math.min(delayMs * 2, MAX_POLL_DELAY_MS);
      record = await this.#store.find(scope);
    }
  }

  /** Runs `work`; its end wakes the requests of this process that wait for it. */
  async run(scope: string, work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(scope, promise);
    try {
      await work();
    } finally {
      if (this.#running.get(scope) === promise) this.#running.delete(scope);
      resolve();
    }
  }

  #isFree(scope: string, record: IdempotencyRecord): boolean {
    return record.sealedResponse === null && !this.#running.has(scope) && this.#remainingLeaseMs(record) < 0;
  }

  /** @param before An attempt whose lease has expired. */
  #claim(
    scope: string,
    fingerprint: string,
    runId: string,
    before: IdempotencyRecord | null,
  ): Promise<IdempotencyRecord> {
    const now = wallMs();
    const expiredSince = before === null ? now : Date.parse(before.leaseUntil) + 1;
    return this.#store.claim({
      scope,
      fingerprint,
      runId,
      now: isoTime(Math.max(now, expiredSince)),
      leaseUntil: isoTime(now + this.#times.leaseMs),
      expiresAt: isoTime(now + this.#times.retentionMs),
    });
  }

  #remainingLeaseMs({ runId, leaseUntil }: IdempotencyRecord): number {
    const now = monotonicMs();
    const seenAt = this.#firstSeenAt.get(runId) ?? now;
    this.#firstSeenAt.set(runId, seenAt);
    return Math.min(Date.parse(leaseUntil) - wallMs(), seenAt + this.#times.leaseMs - now);
  }

  async #waitForChange(scope: string, timeoutMs: number): Promise<void> {
    const running = this.#running.get(scope);
    await (running === undefined ? sleep(timeoutMs) : withTimeout(running, timeoutMs, () => {}));
  }
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
