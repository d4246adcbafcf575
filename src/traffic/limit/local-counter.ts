import { monotonicMs } from '../../clock.ts';
import type { Counter } from './counter.ts';

interface Window {
  total: number;
  /** Monotonic milliseconds. */
  readonly endsAt: number;
}

/** How often windows that have ended are removed, in ms. */
const SWEEP_INTERVAL_MS = 60_000;

/** Counts in this process; for a single gateway. Windows end by the monotonic clock. */
export function localCounter(): Counter {
  const windows = new Map<string, Window>();
  let sweptAt = monotonicMs();

  function sweep(now: number): void {
    for (const [key, { endsAt }] of windows) if (endsAt <= now) windows.delete(key);
  }

  return {
    available: true,
    downSince: Number.NEGATIVE_INFINITY,
    upSince: Number.NEGATIVE_INFINITY,
    nodes: 1,
    async acquire(key, points, seconds) {
      const now = monotonicMs();
      if (now - sweptAt > SWEEP_INTERVAL_MS) {
        sweptAt = now;
        sweep(now);
      }
      let window = windows.get(key);
      if (window === undefined || window.endsAt <= now) {
        window = { total: 0, endsAt: now + seconds * 1000 };
        windows.set(key, window);
      }
      window.total += points;
      return { total: window.total, endsInMs: Math.max(1, Math.ceil(window.endsAt - now)) };
    },
  };
}
