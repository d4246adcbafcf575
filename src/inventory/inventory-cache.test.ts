import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CREDENTIAL, FakeCloud } from '../../test/support/fake-cloud.ts';
import { testVersions } from '../../test/support/fake-versions.ts';
import { tenant } from '../../test/support/tenants.ts';
import { deadlineIn } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, Cloud } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../compute/states.ts';
import { InventoryCache } from './inventory-cache.ts';
import { inventoryCloud } from './inventory-cloud.ts';
import { RELIST_INTERVAL_MS, RELIST_THRESHOLD } from './sync.ts';

/** The inventory is fresh for half of it. */
const MAX_AGE = 5_000;
const PROJECT = 'project';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gateway's inventories over a fake cloud, and requests to it. */
function inventoriesUnderTest({ count = RELIST_THRESHOLD + 10, maxInstances = 100_000 } = {}) {
  const model = new FakeCloud(count);
  const versions = testVersions();
  const refreshes: string[] = [];
  const metrics = {
    count: (_: string, labels: object) => refreshes.push(String(Object.values(labels)[0])),
    set: () => {},
    observe() {},
    beforeExpose() {},
    expose: async () => '',
  };
  const inventories = new InventoryCache(versions, metrics, { maxAgeMs: MAX_AGE, maxInstances });
  const request = (change: Partial<CallContext> = {}): { cloud: Cloud; trace: CallTrace } => {
    const trace = new CallTrace();
    const log = { info() {}, warn() {}, error() {}, with: () => log };
    const call = {
      region: '',
      deadline: deadlineIn(30_000),
      requestId: 'r',
      log,
      allowStale: true,
      trace,
      ...change,
    };
    return { cloud: inventoryCloud(model.open(), CREDENTIAL, call, inventories), trace };
  };
  /** The upstream calls of a list, and whether its result equals the cloud's state. */
  const list = async () => {
    model.calls = [];
    const { cloud } = request();
    const [{ instances }] = await Promise.all([cloud.listInstances({}, {}), cloud.listSecurityGroups()]);
    return {
      calls: model.calls.toSorted(),
      true: JSON.stringify(instances) === JSON.stringify(model.list()),
    };
  };
  return { model, versions, refreshes, request, list };
}

const ALL = { calls: ['groups', 'list', 'ports'], true: true };
const CHANGES = { calls: ['changes', 'groups'], true: true };
const NOTHING = { calls: [], true: true };

describe('lists', () => {
  test('are served without a call for half the maximum age, and then synced by changes', async () => {
    const { model, list, refreshes } = inventoriesUnderTest();
    expect(await list()).toEqual(ALL);
    expect(await list()).toEqual(NOTHING);
    model.change('i0001', { name: 'other' });
    vi.advanceTimersByTime(MAX_AGE / 2 - 1);
    expect(await list()).toEqual({ calls: [], true: false });
    vi.advanceTimersByTime(1);
    expect(await list()).toEqual({ calls: ['changes', 'groups', 'ports of i0001'], true: true });
    expect(refreshes).toEqual(['full', 'delta']);
  });

  test('show a change made through another gateway', async () => {
    const { model, list, versions } = inventoriesUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    await versions.bump({ tenant: tenant(PROJECT), instanceIds: ['i0001'] });
    expect(await list()).toEqual({
      calls: ['changes', 'groups', 'look i0001', 'ports of i0001'],
      true: true,
    });
    await versions.bump({ tenant: tenant('another'), instanceIds: ['i0001'] });
    expect(await list()).toEqual(NOTHING);
  });

  test('do a full sync after missed notifications', async () => {
    const { model, list, versions } = inventoriesUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    versions.miss();
    expect(await list()).toEqual(ALL);
  });

  test('do a full sync after the relist interval', async () => {
    const { model, list } = inventoriesUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    vi.advanceTimersByTime(RELIST_INTERVAL_MS - 1);
    expect(await list()).toEqual({ calls: ['changes', 'groups'], true: false });
    vi.advanceTimersByTime(MAX_AGE);
    expect(await list()).toEqual(ALL);
  });

  test('are at most a second old while an instance is transitional', async () => {
    const { model, list } = inventoriesUnderTest();
    model.create({ status: 'BUILD', inTransition: true });
    await list();
    vi.advanceTimersByTime(TRANSITIONAL_MAX_AGE_MS - 1);
    expect(await list()).toEqual(NOTHING);
    vi.advanceTimersByTime(1);
    expect(await list()).toEqual(CHANGES);
  });

  test('by status limit the maximum age to a second while an excluded instance may be transitional', async () => {
    const { model, list, request } = inventoriesUnderTest();
    const holds = async () => {
      const { cloud, trace } = request();
      await cloud.listInstances({ statuses: ['ACTIVE'] }, {});
      return trace.maxAgeMs;
    };
    expect(await holds()).toBe(TRANSITIONAL_MAX_AGE_MS);
    await list();
    expect(await holds()).toBe(Number.POSITIVE_INFINITY);
    vi.advanceTimersByTime(MAX_AGE);
    model.create({ status: 'BUILD', inTransition: true });
    await list();
    expect(await holds()).toBe(TRANSITIONAL_MAX_AGE_MS);
  });

  test('report the age of their data', async () => {
    const { request } = inventoriesUnderTest();
    const began = performance.now();
    await request().cloud.listInstances({}, {});
    vi.advanceTimersByTime(1_000);
    const { cloud, trace } = request();
    await cloud.listInstances({}, {});
    expect(trace.asOf).toBe(began);
  });

  test('of a part of the instances never cause a full sync', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await request().cloud.listInstances({ statuses: ['ACTIVE'] }, { limit: 10 });
    expect(model.calls).toEqual(['list']);
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    model.calls = [];
    await request().cloud.listInstances({ statuses: ['ACTIVE'] }, { limit: 10 });
    expect(model.calls.toSorted()).toEqual(['changes', 'groups']);
    vi.advanceTimersByTime(RELIST_INTERVAL_MS);
    model.calls = [];
    await request().cloud.listInstances({ statuses: ['ACTIVE'] }, { limit: 10 });
    expect(model.calls).toEqual(['list']);
  });

  test('by name are passed to the cloud', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await list();
    model.calls = [];
    const { cloud, trace } = request();
    expect((await cloud.listInstances({ name: 'i0001' }, {})).instances).toHaveLength(1);
    expect(model.calls).toEqual(['list']);
    expect(trace.asOf).toBe(Number.POSITIVE_INFINITY);
  });

  test('of callers with different roles have separate inventories', async () => {
    const { model, list } = inventoriesUnderTest();
    await list();
    model.roles = ['reader'];
    expect(await list()).toEqual(ALL);
  });

  test('of a project above the total instance limit are not cached', async () => {
    const { list } = inventoriesUnderTest({ maxInstances: 50 });
    expect(await list()).toEqual(ALL);
    expect(await list()).toEqual(ALL);
  });
});

describe('a sync', () => {
  test('is shared by concurrent requests', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    model.calls = [];
    const open = gated(model);
    const all = Promise.all(Array.from({ length: 10 }, () => request().cloud.listInstances({}, {})));
    await vi.waitFor(() => expect(model.calls).toContain('changes'));
    open();
    await all;
    expect(model.calls.toSorted()).toEqual(['changes', 'groups']);
  });

  test('that began before a change does not serve requests that begin after it', async () => {
    const { model, list, request, versions } = inventoriesUnderTest();
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    model.calls = [];
    const open = gated(model);
    const early = request().cloud.listInstances({}, {});
    await vi.waitFor(() => expect(model.calls).toContain('changes'));
    await versions.bump({ tenant: tenant(PROJECT), instanceIds: ['i0001'] });
    const late = request().cloud.listInstances({}, {});
    model.silently('i0001', { metadata: { a: 'b' } });
    open();
    await early;
    expect(await late).toEqual({ instances: model.list(), more: false });
    expect(model.calls).toContain('look i0001');
  });

  test('that fails rejects its callers, and the next one covers the same changes', async () => {
    const { model, list, request, versions } = inventoriesUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    await versions.bump({ tenant: tenant(PROJECT), instanceIds: ['i0001'] });
    model.gate = () => Promise.reject(new ComputeError('unavailable', 'away'));
    await expect(request().cloud.listInstances({}, {})).rejects.toThrow('away');
    model.gate = async () => {};
    expect(await list()).toEqual({
      calls: ['changes', 'groups', 'look i0001', 'ports of i0001'],
      true: true,
    });
  });

  test('that fails by the rights of its initiator makes the others call the cloud themselves', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    let calls = 0;
    model.gate = async () => {
      calls += 1;
      if (calls <= 2) throw new ComputeError('forbidden', 'no');
    };
    expect((await request().cloud.listInstances({}, {})).instances).toEqual(model.list());
  });

  test('is waited for until the deadline of the request', async () => {
    const { model, request } = inventoriesUnderTest();
    gated(model);
    const waiting = request({ deadline: deadlineIn(100) }).cloud.listInstances({}, {});
    const failed = expect(waiting).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(100);
    await failed;
  });
});

describe('single instances', () => {
  test('are served from a fresh inventory', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await list();
    model.calls = [];
    const { cloud, trace } = request();
    expect(await cloud.getInstance('i0001')).toEqual(model.list().find(({ id }) => id === 'i0001'));
    expect(await cloud.listSecurityGroups()).toEqual([]);
    expect(model.calls).toEqual([]);
    expect(trace.asOf).toBe(performance.now());
    vi.advanceTimersByTime(MAX_AGE);
    await request().cloud.getInstance('i0001');
    expect(model.calls).toEqual(['look i0001']);
  });

  test('are fetched individually when unknown or transitional', async () => {
    const { model, list, request } = inventoriesUnderTest();
    const building = model.create({ status: 'BUILD', inTransition: true });
    await list();
    const made = model.create();
    model.calls = [];
    for (const id of [building, made]) await request().cloud.getInstance(id);
    expect(model.calls).toEqual([`look ${building}`, `look ${made}`]);
  });

  test.each([
    ['the end of a transition', { status: 'ACTIVE', state: 'active', inTransition: false }],
    ['another status', { status: 'ERROR', state: 'error' }],
  ] as const)('that show %s are as new in the next list', async (_, change) => {
    const { model, list, request } = inventoriesUnderTest();
    const id = model.create({ status: 'BUILD', state: 'provisioning', inTransition: true });
    await list();
    model.change(id, change);
    expect((await request().cloud.getInstance(id)).status).toBe(change.status);
    const { instances } = await request().cloud.listInstances({ statuses: [change.status] }, {});
    expect(instances.map((one) => one.id)).toContain(id);
  });

  test('found deleted leave the next list, and ones created by other tools enter it', async () => {
    const { model, list, request } = inventoriesUnderTest();
    const gone = model.create({ status: 'BUILD', inTransition: true });
    await list();
    model.vanish(gone);
    await expect(request().cloud.getInstance(gone)).rejects.toMatchObject({ code: 'not_found' });
    expect(await list()).toMatchObject({ true: true });
    const made = model.create();
    await request().cloud.getInstance(made);
    expect(await list()).toMatchObject({ true: true });
  });

  test('without news, or of another project, do not invalidate the inventory', async () => {
    const { model, list, request } = inventoriesUnderTest();
    const building = model.create({ status: 'BUILD', inTransition: true });
    await list();
    const foreign = model.create({ projectId: 'another' });
    for (const id of [building, foreign]) await request().cloud.getInstance(id);
    await expect(request().cloud.getInstance('never')).rejects.toMatchObject({ code: 'not_found' });
    expect((await list()).calls).toEqual([]);
  });
});

describe('a request that writes', () => {
  test('reads from the cloud', async () => {
    const { model, list, request } = inventoriesUnderTest();
    await list();
    model.change('i0001', { name: 'other' });
    model.calls = [];
    const { cloud } = request({ allowStale: false });
    expect((await cloud.getInstance('i0001')).name).toBe('other');
    expect((await cloud.listInstances({}, {})).instances).toEqual(model.list());
    await cloud.listSecurityGroups();
    expect(model.calls).toEqual(['look i0001', 'list', 'groups']);
  });

  test('records what it changed, and after the notification the next list shows it', async () => {
    const { list, request, versions } = inventoriesUnderTest();
    await list();
    const { cloud, trace } = request({ allowStale: false });
    await cloud.deleteMetadata('i0001', 'key');
    const made = await cloud.createInstance({} as Parameters<Cloud['createInstance']>[0]);
    await cloud.deleteFloatingIp('address');
    expect([...trace.changedInstanceIds]).toEqual(['i0001', made]);
    await versions.bump({ tenant: tenant(PROJECT), instanceIds: [...trace.changedInstanceIds] });
    expect((await list()).true).toBe(true);
  });

  test('records an instance whose change failed', async () => {
    const { model, request } = inventoriesUnderTest();
    model.gate = () => Promise.reject(new ComputeError('timeout', 'late'));
    const { cloud, trace } = request({ allowStale: false });
    await expect(cloud.changeInstance('i0001', { name: 'other' })).rejects.toThrow('late');
    expect([...trace.changedInstanceIds]).toEqual(['i0001']);
  });
});

/** Holds every response until the result is called. */
function gated(model: FakeCloud): () => void {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  model.gate = () => opened;
  return open;
}
