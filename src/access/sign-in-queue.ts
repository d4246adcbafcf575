import { ComputeError } from '../compute/errors.ts';
import { networkOf } from './failure-limit.ts';

/** Sign-ins that are at Keystone at a time: it hashes passwords slowly on purpose, and serves the customers' requests, too. */
const MAX_RUNNING = 8;
/** Sign-ins that wait: of all addresses, and of one. */
const MAX_WAITING = 256;
const MAX_WAITING_OF_ADDRESS = 64;
const RETRY_AFTER_SECONDS = 5;

/** Lets sign-ins reach Keystone: one at a time of an address, few of all. Those of an address come in their order. */
export class SignInQueue {
  /** By address, the one that runs first; absent: none does. */
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #ready: (() => void)[] = [];
  #running = 0;
  #waiting = 0;

  /** @throws ComputeError `unavailable` when too many wait; whatever `signIn` throws. */
  async run<T>(address: string | null, signIn: () => Promise<T>): Promise<T> {
    const key = networkOf(address);
    await this.#turn(key);
    try {
      return await signIn();
    } finally {
      this.#over(key);
    }
  }

  #turn(key: string): Promise<void> {
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, []);
      return this.#slot();
    }
    if (queue.length >= MAX_WAITING_OF_ADDRESS || this.#waiting >= MAX_WAITING) {
      throw this.#busy();
    }
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      queue.push(() => {
        this.#waiting -= 1;
        this.#slot().then(resolve, reject);
      });
    });
  }

  #slot(): Promise<void> {
    if (this.#running < MAX_RUNNING) {
      this.#running += 1;
      return Promise.resolve();
    }
    this.#waiting += 1;
    return new Promise((resolve) => {
      this.#ready.push(() => {
        this.#waiting -= 1;
        resolve();
      });
    });
  }

  #over(key: string): void {
    const next = this.#queues.get(key)?.shift();
    const ready = this.#ready.shift();
    if (ready === undefined) this.#running -= 1;
    else ready();
    if (next === undefined) this.#queues.delete(key);
    else next();
  }

  #busy(): ComputeError {
    return new ComputeError('unavailable', 'Too many sign-ins are waiting: try again later.', {
      retryAfter: RETRY_AFTER_SECONDS,
    });
  }
}
