import { monotonicMs } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import { clientNetwork } from './ip-address.ts';

/** Failures that an address may make in a window before it is slowed down. */
const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;

/** Addresses that are watched at a time; the least recently failing is forgotten first. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts failed attempts to sign in, by address. It judges failures alone: a valid key from the same address, a neighbour
 * behind the same router, is never refused for them.
 */
export class FailureLimit {
  readonly #max: number;
  readonly #failures = new LruMap<{ count: number; readonly endsAt: number }>({
    max: MAX_ADDRESSES,
  });

  constructor(max = MAX_FAILURES) {
    this.#max = max;
  }

  /**
   * Counts one more failure.
   *
   * @returns Whole seconds until this address may fail again, null while it may.
   */
  record(address: string | null): number | null {
    const key = clientNetwork(address);
    const now = monotonicMs();
    let window = this.#failures.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { count: 0, endsAt: now + WINDOW_MS };
      this.#failures.set(key, window);
    }
    window.count += 1;
    return window.count > this.#max ? secondsUntil(window.endsAt, now) : null;
  }

  /** Whole seconds until this address may try again, null while it may. Counts nothing. */
  blockedFor(address: string | null): number | null {
    const now = monotonicMs();
    const window = this.#failures.get(clientNetwork(address));
    const blocked = window !== undefined && window.endsAt > now && window.count >= this.#max;
    return blocked ? secondsUntil(window.endsAt, now) : null;
  }
}

function secondsUntil(endsAt: number, now: number): number {
  return Math.max(1, Math.ceil((endsAt - now) / 1000));
}
