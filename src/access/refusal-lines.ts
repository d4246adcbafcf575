import { monotonicMs } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Lines that an address gets in a window; further refusals are one line with their number. */
const MAX_LINES = 10;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

interface Window {
  lines: number;
  suppressed: number;
  readonly endsAt: number;
}

/** Samples the log lines of refused keys, so that whoever sends wrong ones does not fill the log. */
export class RejectionLog {
  readonly #windows = new LruMap<Window>({ max: MAX_ADDRESSES });
  readonly #log: Logger;
  /** Addresses with suppressed lines. */
  #pending = new Map<string, Window>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Whether this refusal gets a line of its own. */
  shouldLog(address: string | null): boolean {
    const key = address ?? '';
    const now = monotonicMs();
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { lines: 0, suppressed: 0, endsAt: now + WINDOW_MS };
      this.#windows.set(key, window);
    }
    if (window.lines < MAX_LINES) {
      window.lines += 1;
      return true;
    }
    window.suppressed += 1;
    if (this.#pending.size < MAX_ADDRESSES) this.#pending.set(key, window);
    return false;
  }

  /** One line for each address whose window has ended, with what it had no lines for. */
  flush(): void {
    const now = monotonicMs();
    for (const [address, window] of this.#pending) {
      if (window.endsAt > now) continue;
      this.#pending.delete(address);
      this.#log.info('key_refusals_suppressed', { address: address || null, suppressed: window.suppressed });
    }
  }
}
