import { withTimeout } from '../async.ts';
import { wallTime } from '../clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { KeyStore } from './key-store.ts';
import { KEY_STATES } from './key-store.ts';

/** Keys are counted at most so often, milliseconds: whoever scrapes more often hears the same again. */
const EVERY_MILLISECONDS = 30_000;

/** Keys that are looked at; a store with more shows this many in all. */
const AT_MOST = 100_000;

/** How long a scrape waits for the store, milliseconds; then it shows the last counts. */
const COUNT_TIMEOUT_MS = 1_000;

/** What sets the gauge `keys` before a scrape. Never rejects: without its store it shows the last counts. */
export function keyMetrics(keys: Pick<KeyStore, 'countByState'>, metrics: Metrics): () => Promise<void> {
  let counted = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;
  const count = async () => {
    try {
      const counts = await keys.countByState(wallTime(), AT_MOST);
      for (const state of KEY_STATES) metrics.set('keys', counts[state], { state });
    } catch {
      // `/readyz` tells of a store that does not answer.
    } finally {
      counting = undefined;
    }
  };
  return async function tellKeys() {
    if (counting === undefined && performance.now() - counted >= EVERY_MILLISECONDS) {
      counted = performance.now();
      counting = count();
    }
    if (counting !== undefined) await withTimeout(counting, COUNT_TIMEOUT_MS, () => {});
  };
}
