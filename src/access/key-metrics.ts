import { CachedRead, withTimeout } from '../async.ts';
import { wallTime } from '../clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { KEY_STATES, type KeyStore } from './key-store.ts';

/** Keys are counted at most this often; more frequent scrapes get the same counts. */
const MIN_INTERVAL_MS = 30_000;

/** Keys that are counted; a store with more shows this number in total. */
const MAX_KEYS = 100_000;

/** After it a scrape shows the last counts, and the store as failing. */
const TIMEOUT_MS = 1_000;

/** Sets the gauges `keys` and `store_up` before a scrape. Never rejects: if the store fails, the last counts stay. */
export function keyMetrics(keys: Pick<KeyStore, 'countByState'>, metrics: Metrics): () => Promise<void> {
  const counts = new CachedRead(
    () => keys.countByState(wallTime(), MAX_KEYS).catch(() => null),
    MIN_INTERVAL_MS,
  );
  const count = async () => {
    const found = await counts.get();
    metrics.set('store_up', found === null ? 0 : 1);
    if (found !== null) for (const state of KEY_STATES) metrics.set('keys', found[state], { state });
  };
  return () => withTimeout(count(), TIMEOUT_MS, () => metrics.set('store_up', 0));
}
