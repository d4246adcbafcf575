import { sleep } from '../async.ts';
import { deadlineIn, remainingMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import { clientNetwork } from './ip-address.ts';

/** Concurrent sign-ins at Keystone, whose slow password hashing would otherwise delay other requests. */
const MAX_RUNNING = 8;
const MAX_WAITING = 256;
const MAX_WAITING_OF_ADDRESS = 64;
const MAX_WAIT_MS = 30_000;
const POLL_MS = 20;
const RETRY_AFTER_SECONDS = 5;

interface Waiter {
  readonly network: string;
}

/**
 * FIFO queue of sign-ins at Keystone: one at a time per client network, few in total. Each polls with its own timer, because
 * Workers end a request that waits for a promise of another request.
 */
export class SignInQueue {
  readonly #running = new Set<string>();
  readonly #waiting: Waiter[] = [];

  /** @throws ComputeError `unavailable` if too many are waiting or the wait was too long; errors of `signIn`. */
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
  return new ComputeError('unavailable', 'Too many sign-ins are waiting. Retry later.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
