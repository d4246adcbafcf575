import { sleep } from '../async.ts';
import { deadlineIn, remainingMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import { clientNetwork } from './ip-address.ts';

/** Sign-ins that are at Keystone at a time: it hashes passwords slowly on purpose, and serves the customers' requests, too. */
const MAX_RUNNING = 8;
/** Sign-ins that wait: of all addresses, and of one. */
const MAX_WAITING = 256;
const MAX_WAITING_OF_ADDRESS = 64;
const MAX_WAIT_MS = 30_000;
const POLL_MS = 20;
const RETRY_AFTER_SECONDS = 5;

interface Waiter {
  readonly network: string;
}

/**
 * Lets sign-ins reach Keystone: one at a time of an address, few of all, in the order in which they came. Each polls with a timer
 * of its own: Workers end a request that waits for another request to resolve its promise.
 */
export class SignInQueue {
  /** The addresses of the sign-ins that run. */
  readonly #running = new Set<string>();
  readonly #waiting: Waiter[] = [];

  /** @throws ComputeError `unavailable` when too many wait, or after too long a wait; whatever `signIn` throws. */
  async run<T>(address: string | null, signIn: () => Promise<T>): Promise<T> {
    const network = clientNetwork(address);
    if (!this.#mayEnter(network)) await this.#wait(network);
    this.#running.add(network);
    try {
      return await signIn();
    } finally {
      this.#running.delete(network);
    }
  }

  #mayEnter(network: string): boolean {
    return this.#running.size < MAX_RUNNING && !this.#running.has(network);
  }

  async #wait(network: string): Promise<void> {
    const ofAddress = this.#waiting.filter((waiter) => waiter.network === network).length;
    if (this.#waiting.length >= MAX_WAITING || ofAddress >= MAX_WAITING_OF_ADDRESS) throw busy();
    const waiter: Waiter = { network };
    const deadline = deadlineIn(MAX_WAIT_MS);
    this.#waiting.push(waiter);
    try {
      while (this.#waiting.find((one) => this.#mayEnter(one.network)) !== waiter) {
        if (remainingMs(deadline) <= 0) throw busy();
        await sleep(POLL_MS);
      }
    } finally {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    }
  }
}

function busy(): ComputeError {
  return new ComputeError('unavailable', 'Too many sign-ins are waiting: try again later.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
