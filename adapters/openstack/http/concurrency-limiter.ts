import { ComputeError } from '../../../src/compute/errors.ts';
import { TransportError } from './transport.ts';

/** Calls to one endpoint at a time. */
export const MAX_CONCURRENT_CALLS = 64;

/** Calls of one tenant that may wait for a place. */
const MAX_QUEUED_CALLS = 128;

/** Longest wait, milliseconds. */
const QUEUE_TIMEOUT_MS = 5_000;

/**
 * A tenant may run three times as many calls as there are free places: 48 of 64 alone, 27 each when there are two. So a place is
 * free for the next tenant, however slow the calls of the others are.
 */
const SHARE_OF_FREE = 3;

/** Seconds after which a refused client may try again. */
const RETRY_AFTER_SECONDS = 2;

export interface ConcurrencyLimiterOptions {
  readonly maxConcurrent?: number;
  /** Of one tenant. */
  readonly maxQueued?: number;
  /** Milliseconds. */
  readonly queueTimeoutMs?: number;
}

interface Waiter {
  readonly tenant: string;
  readonly start: () => void;
}

/**
 * Bounds how many calls run at once, and how many wait for how long, with a fair share for each tenant: a place that becomes
 * free goes to the waiting tenant that has the fewest. Not cockatiel's bulkhead: that keeps those whose time is over in its
 * queue, and knows neither tenants nor urgency.
 */
export class ConcurrencyLimiter {
  readonly #maxConcurrent: number;
  readonly #maxQueued: number;
  readonly #queueTimeoutMs: number;
  readonly #urgent: Waiter[] = [];
  /** By tenant. The one that was served last comes last. */
  readonly #queues = new Map<string, Waiter[]>();
  readonly #runningOf = new Map<string, number>();
  #running = 0;

  constructor({
    maxConcurrent: calls = MAX_CONCURRENT_CALLS,
    maxQueued: waiting = MAX_QUEUED_CALLS,
    queueTimeoutMs: wait = QUEUE_TIMEOUT_MS,
  }: ConcurrencyLimiterOptions = {}) {
    this.#maxConcurrent = calls;
    this.#maxQueued = waiting;
    this.#queueTimeoutMs = wait;
  }

  get running(): number {
    return this.#running;
  }

  /** Takes a place when one is free for this tenant; `leave` gives it back. */
  tryAcquire(tenant: string, urgent: boolean): boolean {
    const isNext = urgent
      ? this.#running < this.#maxConcurrent
      : this.#mayStart(tenant) && !this.#queues.has(tenant);
    if (isNext) this.#start(tenant);
    return isNext;
  }

  /**
   * Waits for a place; `leave` gives it back.
   *
   * @param urgent Goes before those who are not, is never turned away, and waits as long as `signal` lets it.
   * @throws ComputeError `unavailable` when too many of this tenant wait, or after too long a wait.
   * @throws TransportError when `signal` ends it.
   */
  acquire(tenant: string, urgent: boolean, signal: AbortSignal): Promise<void> {
    const queue = urgent ? this.#urgent : (this.#queues.get(tenant) ?? []);
    if (!urgent && queue.length >= this.#maxQueued) return Promise.reject(busy('too many calls wait'));
    return new Promise((resolve, reject) => {
      const over = (error: Error) => {
        queue.splice(queue.indexOf(waiter), 1);
        if (!urgent && queue.length === 0) this.#queues.delete(tenant);
        settle();
        reject(error);
      };
      const late = () => over(new TransportError('deadline passed', { sent: false, timedOut: true }));
      const timer = urgent
        ? undefined
        : setTimeout(() => over(busy('waited too long')), this.#queueTimeoutMs);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', late);
      };
      const waiter: Waiter = {
        tenant,
        start: () => {
          settle();
          this.#start(tenant);
          resolve();
        },
      };
      signal.addEventListener('abort', late, { once: true });
      queue.push(waiter);
      if (!urgent) this.#queues.set(tenant, queue);
    });
  }

  /** Gives the place to those who wait, in turn. */
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

  /** The last free place is for a tenant that has none. */
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
