import { deadlineIn, type MonotonicMs, monotonicMs, remainingMs, wallMs } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';

/** Milliseconds until an answer is looked for again; doubles up to the longest. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
/** A lease that ends in this millisecond is over in the next. */
const LEASE_MARGIN = 5;
/** Attempts of others that are remembered. */
const MAX_SEEN = 10_000;

export interface Times {
  /** How long an attempt may be at work, milliseconds. */
  readonly lease: number;
  /** How long its answer is kept, milliseconds. */
  readonly kept: number;
  /** How long to wait for another attempt, milliseconds. */
  readonly wait: number;
}

/** How a request under a key goes on. */
export type Turn =
  /** It is this one's to carry out. */
  | { readonly kind: 'run'; readonly record: IdempotencyRecord; readonly waited: boolean }
  | { readonly kind: 'answered'; readonly sealedAnswer: Uint8Array; readonly waited: boolean }
  /** The key was used for something else. */
  | { readonly kind: 'other_request' }
  /** Another attempt is at work, or may be for so many milliseconds. */
  | { readonly kind: 'busy'; readonly leaseLeft: number };

/** Attempts at the same request, one at a time over all gateways on the same store. */
export class Attempts {
  readonly #store: IdempotencyStore;
  readonly #times: Times;
  /** What runs in this process, by scope: whoever waits for it need not ask the store. */
  readonly #running = new Map<string, Promise<void>>();
  /** When an attempt was first seen here, by its id: a lease is over that long after, whatever the wall clock was set to. */
  readonly #seen = new LruMap<MonotonicMs>({ max: MAX_SEEN });

  constructor(store: IdempotencyStore, times: Times) {
    this.#store = store;
    this.#times = times;
  }

  /** Waits while another attempt runs. @param runId Never used before. */
  async turn(scope: string, fingerprint: string, runId: string): Promise<Turn> {
    const { wait } = this.#times;
    const giveUp = deadlineIn(wait);
    let pause = FIRST_PAUSE;
    let waited = false;
    // One at work in this process is not overtaken, even when the clock was set forward past its lease.
    let record = this.#running.has(scope) ? await this.#store.find(scope) : null;
    for (;;) {
      if (record === null || this.#isFree(scope, record)) {
        record = await this.#claim(scope, fingerprint, runId, record);
      }
      if (record.fingerprint !== fingerprint) return { kind: 'other_request' };
      if (record.sealedAnswer !== null)
        return { kind: 'answered', sealedAnswer: record.sealedAnswer, waited };
      if (record.runId === runId) return { kind: 'run', record, waited };
      const left = remainingMs(giveUp);
      if (left <= 0) return { kind: 'busy', leaseLeft: this.#leaseLeft(record) };
      waited = true;
      await this.#pause(scope, Math.min(pause, left, Math.max(0, this.#leaseLeft(record)) + LEASE_MARGIN));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
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
    return record.sealedAnswer === null && !this.#running.has(scope) && this.#leaseLeft(record) < 0;
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
      leaseUntil: isoTime(now + this.#times.lease),
      expiresAt: isoTime(now + this.#times.kept),
    });
  }

  #leaseLeft({ runId, leaseUntil }: IdempotencyRecord): number {
    const now = monotonicMs();
    const seenAt = this.#seen.get(runId) ?? now;
    this.#seen.set(runId, seenAt);
    return Math.min(Date.parse(leaseUntil) - wallMs(), seenAt + this.#times.lease - now);
  }

  async #pause(scope: string, milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const passed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([passed, this.#running.get(scope) ?? passed]);
    clearTimeout(timer);
  }
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
