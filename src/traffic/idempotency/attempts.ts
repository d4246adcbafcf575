import type { IdempotencyRecord, IdempotencyStore } from './idempotency-store.ts';

/** Milliseconds until an answer is looked for again; doubles up to the longest. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;
/** A lease that ends in this millisecond is over in the next. */
const LEASE_MARGIN = 5;

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

  constructor(store: IdempotencyStore, times: Times) {
    this.#store = store;
    this.#times = times;
  }

  /** Waits while another attempt runs. @param runId Never used before. */
  async turn(scope: string, fingerprint: string, runId: string): Promise<Turn> {
    const { wait } = this.#times;
    const giveUp = Date.now() + wait;
    let pause = FIRST_PAUSE;
    let waited = false;
    let record: IdempotencyRecord | null = null;
    for (;;) {
      const free = record === null || (record.sealedAnswer === null && leaseLeft(record) < 0);
      if (record === null || free) record = await this.#claim(scope, fingerprint, runId);
      if (record.fingerprint !== fingerprint) return { kind: 'other_request' };
      if (record.sealedAnswer !== null)
        return { kind: 'answered', sealedAnswer: record.sealedAnswer, waited };
      if (record.runId === runId) return { kind: 'run', record, waited };
      const left = giveUp - Date.now();
      if (left <= 0) return { kind: 'busy', leaseLeft: leaseLeft(record) };
      waited = true;
      await this.#pause(scope, Math.min(pause, left, Math.max(0, leaseLeft(record)) + LEASE_MARGIN));
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

  #claim(scope: string, fingerprint: string, runId: string): Promise<IdempotencyRecord> {
    const now = Date.now();
    return this.#store.claim({
      scope,
      fingerprint,
      runId,
      now: isoTime(now),
      leaseUntil: isoTime(now + this.#times.lease),
      expiresAt: isoTime(now + this.#times.kept),
    });
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

function leaseLeft({ leaseUntil }: IdempotencyRecord): number {
  return Date.parse(leaseUntil) - Date.now();
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
