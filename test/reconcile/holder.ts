/**
 * A process of its own that reconciles forever: `holder.ts DATABASE_URL LEASE_MS`. Prints a line when its run has begun, and never
 * finishes the first project.
 */

import { openStores } from '../../adapters/sql/open.ts';
import { ReconcileSchedule } from '../../src/reconcile/reconcile-schedule.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { silentMetrics } from '../support/silent-metrics.ts';

const [url = '', leaseMs] = process.argv.slice(2);
const { keys, reconciles } = await openStores(url);
const inProject = () => {
  process.stdout.write('holding\n');
  return new Promise<never>(() => {});
};
new ReconcileSchedule(
  {
    clouds: { regions: () => [''], own: null, inProject },
    keys,
    store: reconciles,
    log: silentLogger,
    metrics: silentMetrics,
  },
  { intervalMs: 4_000, leaseMs: Number(leaseMs), node: 'killed' },
).start();
