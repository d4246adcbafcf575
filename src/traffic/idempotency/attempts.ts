import { sleep, withTimeout } from '../../async.ts';
import { deadlineIn, type MonotonicMs, monotonicMs, remainingMs, wallMs } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';

/** Milliseconds until an answer is looked for again; doubles up to the longest. */
const MIN_POLL_DELAY_MS = 50;
const MAX_POLL_DELAY_MS = 1_000;
/** A lease that ends in this millisecond is over in the next. */
const LEASE_MARGIN_MS = 5;
/** Attempts of others that are remembered. */
const MAX_SEEN_ATTEMPTS = 10_000;

export interface AttemptTimes {
  /** How long an attempt may be at work, milliseconds. */
  readonly leaseMs: number;
  /** How long its answer is kept, milliseconds. */
  readonly retentionMs: number;
  /** How long to wait for another attempt, milliseconds. */
  readonly waitTimeoutMs: number;
}

/** How a request under a key goes on. */
export type Acquisition =
  /** It is this one's to carry out. */
  | { readonly kind: 'acquired'; readonly record: IdempotencyRecord; readonly waited: boolean }
  | { readonly kind: 'completed'; readonly sealedResponse: Uint8Array; readonly waited: boolean }
  /** The key was used for something else. */
  | { readonly kind: 'mismatch' }
  /** Another attempt is at work, or may be for so many milliseconds. */
  | { readonly kind: 'in_progress'; readonly leaseLeft: number };

/** Attempts at the same request, one at a time over all gateways on the same store. */
export class Attempts {
  readonly #store: IdempotencyStore;
  readonly #times: AttemptTimes;
  /** What runs in this process, by scope: whoever waits for it need not ask the store. */
  readonly #running = new Map<string, Promise<void>>();
  /** When an attempt was first seen here, by its id: a lease is over that long after, whatever the wall clock was set to. */
  readonly #firstSeenAt = new LruMap<MonotonicMs>({ max: MAX_SEEN_ATTEMPTS });

  constructor(store: IdempotencyStore, times: AttemptTimes) {
    this.#store = store;
    this.#times = times;
  }

  /** Waits while another attempt runs. @param runId Never used before. */
  async acquire(scope: string, fingerprint: string, runId: string): Promise<Acquisition> {
    const { waitTimeoutMs: wait } = this.#times;
    const deadline = deadlineIn(wait);
    let delayMs = MIN_POLL_DELAY_MS;
    let waited = false;
    // One at work in this process is not overtaken, even when the clock was set forward past its lease.
    let record = this.#running.has(scope) ? await this.#store.find(scope) : null;
    for (;;) {
      if (record === null || this.#isFree(scope, record)) {
        record = await this.#claim(scope, fingerprint, runId, record);
      }
      if (record.fingerprint !== fingerprint) return { kind: 'mismatch' };
      if (record.sealedResponse !== null)
        return { kind: 'completed', sealedResponse: record.sealedResponse, waited };
      if (record.runId === runId) return { kind: 'acquired', record, waited };
      const left = remainingMs(deadline);
      if (left <= 0) return { kind: 'in_progress', leaseLeft: this.#remainingLeaseMs(record) };
      waited = true;
      await this.#waitForChange(
        scope,
        Math.min(delayMs, left, Math.max(0, this.#remainingLeaseMs(record)) + LEASE_MARGIN_MS),
      );
      delayMs = Math.min(delayMs * 2, MAX_POLL_DELAY_MS);
      record = await this.#store.find(scope);
    }
  }

  /** Runs `work`, whose end wakes those who wait for it here. */
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

  /** @param before An attempt that is over. */
  #claim(
    scope: string,
    fingerprint: string,
    runId: string,
    before: IdempotencyRecord | null,
  ): Promise<IdempotencyRecord> {
    const now = wallMs();
    const overSince = before === null ? now : Date.parse(before.leaseUntil) + 1;
    return this.#store.claim({
      scope,
      fingerprint,
      runId,
      now: isoTime(Math.max(now, overSince)),
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

  async #waitForChange(scope: string, milliseconds: number): Promise<void> {
    const running = this.#running.get(scope);
    await (running === undefined ? sleep(milliseconds) : withTimeout(running, milliseconds, () => {}));
  }
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
