import { type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { TransportError } from './transport.ts';

/** To one endpoint. */
export const MAX_CONCURRENT_CALLS = 64;

/** Of one tenant. */
const MAX_QUEUED_CALLS = 128;

const QUEUE_TIMEOUT_MS = 5_000;

/**
 * A tenant may run three times as many calls as there are free slots: 48 of 64 alone, 27 each when there are two. So a slot is
 * free for the next tenant, however slow the calls of the others are.
 */
const SHARE_OF_FREE = 3;

const RETRY_AFTER_SECONDS = 2;

export interface ConcurrencyLimiterOptions {
  readonly maxConcurrent?: number;
  /** Per tenant. */
  readonly maxQueued?: number;
  readonly queueTimeoutMs?: number;
}

interface Waiter {
  readonly tenant: string;
  readonly start: () => void;
}

/**
 * Bulkhead: bounds concurrent calls and the queue for them, with a fair share for each tenant. A free slot goes to the queued
 * tenant with the fewest. cockatiel's bulkhead queues timed-out calls too, and has neither tenants nor urgency.
 */
export class ConcurrencyLimiter {
  readonly #maxConcurrent: number;
  readonly #maxQueued: number;
  readonly #queueTimeoutMs: number;
  readonly #urgent: Waiter[] = [];
  /** By tenant, the one served last at the end. */
  readonly #queues = new Map<string, Waiter[]>();
  readonly #runningOf = new Map<string, number>();
  #running = 0;

  constructor(options: ConcurrencyLimiterOptions = {}) {
    this.#maxConcurrent = options.maxConcurrent ?? MAX_CONCURRENT_CALLS;
    this.#maxQueued = options.maxQueued ?? MAX_QUEUED_CALLS;
    this.#queueTimeoutMs = options.queueTimeoutMs ?? QUEUE_TIMEOUT_MS;
  }

  get running(): number {
    return this.#running;
  }

  /** Runs `call` in a slot. @throws As `acquire`. */
  async run<Result>(
    tenant: string,
    urgent: boolean,
    deadline: MonotonicMs,
    call: () => Promise<Result>,
  ): Promise<Result> {
    const queued = this.acquire(tenant, urgent, deadline);
    if (queued !== undefined) await queued;
    try {
      return await call();
    } finally {
      this.release(tenant);
    }
  }

  /**
   * Takes a slot, which `release` gives back, or waits for one.
   *
   * @param urgent First in the queue, without a bound on its length or on the wait but `deadline`.
   * @throws ComputeError `unavailable` when the queue of the tenant is full, or after too long a wait.
   * @throws TransportError when `deadline` has passed.
   */
  acquire(tenant: string, urgent: boolean, deadline: MonotonicMs): Promise<void> | undefined {
    const isNext = urgent
      ? this.#running < this.#maxConcurrent
      : this.#mayStart(tenant) && !this.#queues.has(tenant);
    if (isNext) {
      this.#start(tenant);
      return undefined;
    }
    const queue = urgent ? this.#urgent : (this.#queues.get(tenant) ?? []);
    if (!urgent && queue.length >= this.#maxQueued) return Promise.reject(busy('the queue is full'));
    return new Promise((resolve, reject) => {
      const leftMs = remainingMs(deadline);
      const isShort = urgent || leftMs <= this.#queueTimeoutMs;
      const expire = () => {
        queue.splice(queue.indexOf(waiter), 1);
        if (!urgent && queue.length === 0) this.#queues.delete(tenant);
        reject(
          isShort
            ? new TransportError('deadline passed', { sent: false, timedOut: true })
            : busy('queued for too long'),
        );
      };
      const timer = setTimeout(expire, isShort ? leftMs : this.#queueTimeoutMs);
      const waiter: Waiter = {
        tenant,
        start: () => {
          clearTimeout(timer);
          this.#start(tenant);
          resolve();
        },
      };
      queue.push(waiter);
      if (!urgent) this.#queues.set(tenant, queue);
    });
  }

  /** Gives the slot to the next in the queue. */
  release(tenant: string): void {
    const left = (this.#runningOf.get(tenant) ?? 1) - 1;
    this.#running -= 1;
    if (left > 0) this.#runningOf.set(tenant, left);
    else this.#runningOf.delete(tenant);
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.start();
  }

  #start(tenant: string): void {
    this.#running += 1;
    this.#runningOf.set(tenant, (this.#runningOf.get(tenant) ?? 0) + 1);
  }

  /** The last free slot is for a tenant that has none. */
  #mayStart(tenant: string): boolean {
    const free = this.#maxConcurrent - this.#running;
    const running = this.#runningOf.get(tenant) ?? 0;
    return free > 0 && (running === 0 || running < SHARE_OF_FREE * (free - 1));
  }

  #next(): Waiter | undefined {
    if (this.#running >= this.#maxConcurrent) return undefined;
    const urgent = this.#urgent.shift();
    if (urgent !== undefined) return urgent;
    let least: string | undefined;
    for (const tenant of this.#queues.keys()) {
      const running = this.#runningOf.get(tenant) ?? 0;
      if (least === undefined || running < (this.#runningOf.get(least) ?? 0)) least = tenant;
    }
    if (least === undefined || !this.#mayStart(least)) return undefined;
    const queue = this.#queues.get(least) ?? [];
    const next = queue.shift();
    this.#queues.delete(least);
    if (queue.length > 0) this.#queues.set(least, queue);
    return next;
  }
}

function busy(reason: string): ComputeError {
  return new ComputeError('unavailable', 'The cloud is busy at the moment.', {
    cause: new Error(`the bound on concurrent calls: ${reason}`),
    retryAfter: RETRY_AFTER_SECONDS,
    notApplied: true,
  });
}
