import { expect, test } from 'vitest';
import { d1Stores } from '../../../adapters/sql/d1.ts';
import { createEdgeGateway } from '../../../adapters/workers/worker.ts';
import { reconcileStoreConformance } from '../../conformance/reconcile-store.ts';
import { bindings } from './bindings.ts';

reconcileStoreConformance('D1', async () => ({
  store: d1Stores(bindings.KEYS).reconciles,
  reopen: async () => d1Stores(bindings.KEYS).reconciles,
  async dispose() {
    for (const table of ['lease', 'reconcile_run']) await bindings.KEYS.prepare(`delete from ${table}`).all();
  },
}));

test('a run by the cron trigger is recorded', async () => {
  const gateway = await createEdgeGateway(bindings);
  await gateway.reconcile();
  const [run] = await d1Stores(bindings.KEYS).reconciles.list({ limit: 1, before: null });
  expect(run).toMatchObject({ startedBy: 'cron', node: 'edge', outcome: 'completed', failed: 0 });
});
