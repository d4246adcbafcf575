import { withTimeout } from '../async.ts';
import { wallTime } from '../clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { KEY_STATES, type KeyStore } from './key-store.ts';

/** Keys are counted at most this often; more frequent scrapes get the same counts. */
const MIN_INTERVAL_MS = 30_000;

/** Keys that are counted; a store with more shows this number in total. */
const MAX_KEYS = 100_000;

/** After it a scrape shows the last counts. */
const TIMEOUT_MS = 1_000;

/** Sets the gauge `keys` before a scrape. Never rejects: if the store fails, the last counts stay. */
export function keyMetrics(keys: Pick<KeyStore, 'countByState'>, metrics: Metrics): () => Promise<void> {
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;
  const count = async () => {
    try {
      const counts = await keys.countByState(wallTime(), MAX_KEYS);
      for (const state of KEY_STATES) metrics.set('keys', counts[state], { state });
    } catch {
      // `/readyz` reports an unreachable store.
    } finally {
      counting = undefined;
    }
  };
  return async function setKeyMetrics() {
    if (counting === undefined && performance.now() - countedAt >= MIN_INTERVAL_MS) {
      countedAt = performance.now();
      counting = count();
    }
    if (counting !== undefined) await withTimeout(counting, TIMEOUT_MS, () => undefined);
  };
}
