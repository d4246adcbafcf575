import { monotonicMs } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';
import { clientNetwork } from './ip-address.ts';

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;

/** The least recently failing address is evicted first. */
const MAX_ADDRESSES = 10_000;

/**
 * Counts failed sign-ins by client network. Only failures are limited: a valid key from the same address, such as another user
 * behind the same NAT, is never rejected.
 */
export class FailureLimit {
  readonly #max: number;
  readonly #failures = new LruMap<{ count: number; readonly endsAt: number }>({
    max: MAX_ADDRESSES,
  });

  constructor(max = MAX_FAILURES) {
    this.#max = max;
  }

  /** Whole seconds until this address may fail again, null while it may. */
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

/** Lines that an address gets in a window; further rejections are one line with their number. */
const MAX_LINES = 10;

/** Samples the log lines of rejected keys, so that a flood of wrong keys does not fill the log. */
export class RejectionLog {
  readonly #lines = new FailureLimit(MAX_LINES);
  readonly #log: Logger;
  readonly #suppressed = new Map<string, { count: number; readonly endsAt: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  shouldLog(address: string | null): boolean {
    const waitSeconds = this.#lines.record(address);
    if (waitSeconds === null) return true;
    const suppressed = this.#suppressed.get(address ?? '');
    if (suppressed !== undefined) suppressed.count += 1;
    else if (this.#suppressed.size < MAX_ADDRESSES) {
      const endsAt = monotonicMs() + waitSeconds * 1000;
      this.#suppressed.set(address ?? '', { count: 1, endsAt });
    }
    return false;
  }

  /** Logs the number of suppressed lines of each address whose window has ended. */
  flush(): void {
    const now = monotonicMs();
    for (const [address, { count, endsAt }] of this.#suppressed) {
      if (endsAt > now) continue;
      this.#suppressed.delete(address);
      this.#log.info('key_refusals_suppressed', { address: address || null, suppressed: count });
    }
  }
}
