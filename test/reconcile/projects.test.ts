import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ownedDescription } from '../../src/compute/ownership.ts';
import { reconcileProjects } from '../../src/reconcile/reconcile-projects.ts';
import type { ReconcileRun, ReconcileStore } from '../../src/reconcile/reconcile-store.ts';
import { recordRun } from '../../src/reconcile/record-run.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { later, now } from '../support/later.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { silentMetrics } from '../support/silent-metrics.ts';

let target: SandboxTarget;
beforeAll(async () => {
  target = await sandboxTarget();
});
afterAll(() => target.close());
afterEach(now);

const logged: string[] = [];
const write = (event: string) => logged.push(event);
const log: Logger = { info: write, warn: write, error: write, with: () => log };

async function reconcileAll(): Promise<ReconcileRun> {
  const saved: ReconcileRun[] = [];
  const store: ReconcileStore = {
    claim: async () => true,
    save: async (run) => void saved.push(run),
    list: async () => saved,
    sweep: async () => {},
  };
  const { accountClouds } = target;
  await recordRun(
    { store, log, metrics: silentMetrics },
    { id: 'a', startedBy: 'cron', node: 'n' },
    (progress) =>
      reconcileProjects(
        { clouds: accountClouds, keys: target.keys, log },
        progress,
        new AbortController().signal,
      ),
  );
  const last = saved.at(-1);
  if (last === undefined) throw new Error('nothing was saved');
  return last;
}

test('old orphans of every project with keys are released, and nothing of a request in flight', async () => {
  const { acme, globex, keys } = target;
  // Each has a key.
  await Promise.all([acme.client(), globex.client()]);
  await keys.insert(storedKey('norole', { projectId: '0123456789abcdef0123456789abcdef' }), auditEntry());
  const description = ownedDescription('0123456789abcdef', 'crashed');
  const portOf = async ({ openStack, networkId }: typeof acme) =>
    (await openStack.network('POST', '/ports', { port: { network_id: networkId, description } })).body.port
      .id;
  const ports = [await portOf(acme), await portOf(globex)];
  const isThere = async () => {
    const found = await Promise.all([acme, globex].map(({ openStack }) => openStack.belongings()));
    return ports.filter((id, index) => found[index]?.ports.includes(id));
  };

  // The service account's project and the customers'; it has no role in the last one.
  const counts = { outcome: 'completed', projects: 3, skipped: 1, failed: 0 };
  expect(await reconcileAll()).toMatchObject({ ...counts, released: 0 });
  expect(await isThere()).toEqual(ports);
  later(11 * 60_000);
  expect(await reconcileAll()).toMatchObject({ ...counts, released: 2 });
  now();
  expect(await isThere()).toEqual([]);
  expect(logged.filter((event) => !['orphan_released', 'reconcile_finished'].includes(event))).toEqual([]);
});
