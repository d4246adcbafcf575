import { ComputeError } from '../../../src/compute/errors.ts';
import { TransportError } from './transport.ts';

/** Calls to one endpoint at a time. */
export const CALLS_PER_ENDPOINT = 64;

/** Calls that may wait for one of these to end. Four rounds of what runs would be longer than anybody waits. */
const WAITING_CALLS = 128;

/** Longest wait, milliseconds. */
const WAIT_MILLISECONDS = 5_000;

/** Seconds after which a refused client may try again. */
const RETRY_AFTER = 2;

export interface GateOptions {
  readonly calls?: number;
  readonly waiting?: number;
  /** Milliseconds. */
  readonly wait?: number;
}

interface Waiter {
  readonly urgent: boolean;
  readonly enter: () => void;
}

/**
 * Bounds how many calls run at once, and how many wait for how long. Not cockatiel's bulkhead: that keeps those whose time is
 * over in its queue, and knows no urgency.
 */
export class Gate {
  readonly #calls: number;
  readonly #most: number;
  readonly #wait: number;
  readonly #queue: Waiter[] = [];
  #running = 0;

  constructor({
    calls = CALLS_PER_ENDPOINT,
    waiting = WAITING_CALLS,
    wait = WAIT_MILLISECONDS,
  }: GateOptions = {}) {
    this.#calls = calls;
    this.#most = waiting;
    this.#wait = wait;
  }

  get running(): number {
    return this.#running;
  }

  /** Takes a place when one is free; `leave` gives it back. */
  tryEnter(): boolean {
    if (this.#running >= this.#calls) return false;
    this.#running += 1;
    return true;
  }

  /**
   * Waits for a place; `leave` gives it back.
   *
   * @param urgent Goes before those who are not, is never turned away, and waits as long as `signal` lets it.
   * @throws ComputeError `unavailable` when too many wait, or after too long a wait.
   * @throws TransportError when `signal` ends it.
   */
  wait(signal: AbortSignal, urgent: boolean): Promise<void> {
    if (!urgent && this.#queue.length >= this.#most) return Promise.reject(busy('too many calls wait'));
    return new Promise((resolve, reject) => {
      const over = (error: Error) => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        settle();
        reject(error);
      };
      const late = () => over(new TransportError('deadline passed', { sent: false, timedOut: true }));
      const timer = urgent ? undefined : setTimeout(() => over(busy('waited too long')), this.#wait);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', late);
      };
      const waiter: Waiter = {
        urgent,
        enter() {
          settle();
          resolve();
        },
      };
      signal.addEventListener('abort', late, { once: true });
      const before = urgent ? this.#queue.findIndex((other) => !other.urgent) : -1;
      if (before < 0) this.#queue.push(waiter);
      else this.#queue.splice(before, 0, waiter);
    });
  }

  /** The place goes to whoever waits. */
  leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#running -= 1;
    else next.enter();
  }
}

function busy(reason: string): ComputeError {
  return new ComputeError('unavailable', 'The cloud is busy at the moment.', {
    cause: new Error(`the bound on concurrent calls: ${reason}`),
    retryAfter: RETRY_AFTER,
    untouched: true,
  });
}
