import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cloud } from '../../src/compute/cloud.ts';
import { ReconcileSchedule } from '../../src/reconcile/reconcile-schedule.ts';
import type { ReconcileRun, ReconcileStore } from '../../src/reconcile/reconcile-store.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { type SharedKeys, sharedKeys } from '../support/shared-keys.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { silentMetrics } from '../support/silent-metrics.ts';

const HOLDER = join(import.meta.dirname, 'holder.ts');
const LEASE_MS = 500;

let shared: SharedKeys;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  ends = [];
  shared = sharedKeys();
  const keys = await shared.open();
  for (const projectId of ['acme', 'globex', 'without-role'])
    await keys.insert(storedKey(projectId.replace('-', ''), { projectId }), auditEntry());
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  await shared.close();
});

/** A cloud without resources. */
const empty = (projectId: string) =>
  ({
    caller: async () => ({ projectId }),
    listPorts: async () => [],
    listFloatingIps: async () => [],
    listNetworks: async () => [],
    regionSharingNetworks: async () => null,
    listRouters: async () => [],
    listInstances: async () => ({ instances: [], more: false }),
  }) as unknown as Cloud;

/** A gateway's schedule on the shared database. */
async function node(
  name: string,
  intervalMs: number,
  work: (project: string) => Promise<unknown>,
  throughNetwork = (store: ReconcileStore) => store,
) {
  const stores = await shared.openStores();
  const { keys } = stores;
  const reconciles = throughNetwork(stores.reconciles);
  const inProject = async (project: string) => {
    await work(project);
    return project === 'without-role' ? null : empty(project);
  };
  const ports = { keys, store: reconciles, log: silentLogger, metrics: silentMetrics };
  const schedule = new ReconcileSchedule(
    { ...ports, clouds: { regions: () => [''], own: null, inProject } },
    { intervalMs, leaseMs: LEASE_MS, node: name },
  );
  ends.push(() => schedule.stop());
  schedule.start();
  return schedule;
}

async function runs(): Promise<readonly ReconcileRun[]> {
  return (await shared.openStores()).reconciles.list({ limit: 100, before: null });
}
const finished = async () => (await runs()).filter(({ outcome }) => outcome !== null);

test('of two nodes on one database one at a time runs, every interval, over all projects with keys', async () => {
  let atOnce = 0;
  let most = 0;
  const visited: string[] = [];
  const work = async (project: string) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    visited.push(project);
    await new Promise((resolve) => setTimeout(resolve, 20));
    atOnce -= 1;
  };
  const startedAt = performance.now();
  await Promise.all([node('one', 400, work), node('two', 400, work)]);
  await expect.poll(finished, { timeout: 10_000 }).toHaveLength(4);
  const elapsedMs = performance.now() - startedAt;
  expect(most).toBe(1);
  // Each run begins at a random project.
  for (const run of [visited.slice(0, 3), visited.slice(3, 6)])
    expect(run.toSorted()).toEqual(['acme', 'globex', 'without-role']);
  expect(elapsedMs, 'three intervals less their jitter').toBeGreaterThan(3 * 400 * 0.9);
  const [last] = await finished();
  const counts = { projects: 2, skipped: 1, failed: 0, released: 0, error: null };
  expect(last).toMatchObject({ startedBy: 'schedule', outcome: 'completed', ...counts });
});

test('another node takes over from a killed holder when the lease ends, and not before', async () => {
  const holder = spawn(
    process.execPath,
    [HOLDER, `sqlite:${join(shared.folder, 'keys.db')}`, `${LEASE_MS}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  ends.push(async () => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const work = vi.fn(async () => {});
  await node('survivor', 4_000, work);
  // Three leases, each of them renewed.
  await new Promise((resolve) => setTimeout(resolve, 3 * LEASE_MS));
  expect(work).not.toHaveBeenCalled();
  holder.kill('SIGKILL');
  await once(holder, 'close');
  await expect.poll(finished, { timeout: 5_000 }).toHaveLength(1);
  const [mine, killed] = await runs();
  expect(mine).toMatchObject({ node: 'survivor', outcome: 'completed' });
  expect(killed).toMatchObject({ node: 'killed', outcome: null, finishedAt: null });
});

test('a stopping node ends its run after the project in hand, and another node runs at once', async () => {
  const { promise: mayGo, resolve: go } = Promise.withResolvers<void>();
  const { promise: hasBegun, resolve: begin } = Promise.withResolvers<void>();
  const first = await node('stopping', 4_000, async () => {
    begin();
    await mayGo;
  });
  await hasBegun;
  const stopped = first.stop();
  go();
  await stopped;
  const [run] = await finished();
  expect(run).toMatchObject({ node: 'stopping', outcome: 'stopped' });
  expect((run?.projects ?? 0) + (run?.skipped ?? 0)).toBe(1);
  await node('next', 1_000, async () => {});
  await expect.poll(finished, { timeout: 5_000 }).toHaveLength(2);
  expect((await finished())[0]).toMatchObject({ node: 'next', outcome: 'completed', projects: 2 });
});

test('a run outlasts a database that fails a renewal of its lease', async () => {
  let claims = 0;
  const failing = (store: ReconcileStore): ReconcileStore => ({
    ...store,
    claim: async (claim) => {
      claims += 1;
      if (claims === 2) throw new Error('the database is away');
      return store.claim(claim);
    },
  });
  const untilRenewed = () => expect.poll(() => claims, { timeout: 5_000 }).toBeGreaterThan(3);
  await node('one', 10_000, untilRenewed, failing);
  await expect.poll(finished, { timeout: 10_000 }).toMatchObject([{ outcome: 'completed', projects: 2 }]);
});

test('a node whose clock is behind does not take the lease of a node that runs', async () => {
  const { promise: mayGo, resolve: go } = Promise.withResolvers<void>();
  await node('running', 1_000, () => mayGo);
  await expect.poll(runs, { timeout: 5_000 }).toHaveLength(1);
  const isBehind = (store: ReconcileStore): ReconcileStore => ({
    ...store,
    claim: ({ holder, ...times }) => {
      const [now = '', until = '', latest = ''] = [times.now, times.until, times.latest].map((time) =>
        new Date(Date.parse(time) - 800).toISOString(),
      );
      return store.claim({ holder, now, until, latest });
    },
  });
  const work = vi.fn(async () => {});
  await node('behind', 1_000, work, isBehind);
  await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
  expect(work).not.toHaveBeenCalled();
  go();
});

test('a failed project is recorded and stops no other', async () => {
  await node('one', 4_000, async (project) => {
    if (project === 'acme') throw new Error('the cloud is down');
  });
  await expect.poll(finished, { timeout: 5_000 }).toHaveLength(1);
  const counts = { projects: 2, skipped: 1, failed: 1, error: 'the cloud is down' };
  expect((await finished())[0]).toMatchObject({ outcome: 'failed', ...counts });
});
