import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CREDENTIAL, FakeCloud } from '../../test/support/fake-cloud.ts';
import { testVersions } from '../../test/support/fake-versions.ts';
import { deadlineIn } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, Cloud } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../compute/states.ts';
import { InventoryCache } from './inventory-cache.ts';
import { inventoryCloud } from './inventory-cloud.ts';
import { RELIST_INTERVAL_MS, RELIST_THRESHOLD } from './sync.ts';

/** Milliseconds that an answer may be old in all; a fleet tells by itself for half of it. */
const MAX_AGE = 5_000;
const PROJECT = 'project';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gateway's fleets over a model cloud, and requests to it. */
function fleetsUnderTest({ count = RELIST_THRESHOLD + 10, maxInstances = 100_000 } = {}) {
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
  const fleets = new InventoryCache(versions, metrics, { maxAgeMs: MAX_AGE, maxInstances });
  const request = (change: Partial<CallContext> = {}): { cloud: Cloud; trace: CallTrace } => {
    const trace = new CallTrace();
    const log = { info() {}, warn() {}, error() {}, with: () => log };
    const call = {
      deadline: deadlineIn(30_000),
      requestId: 'r',
      log,
      allowStale: true,
      trace,
      ...change,
    };
    return { cloud: inventoryCloud(model.open(), CREDENTIAL, call, fleets), trace };
  };
  /** What a request for a list asks of the cloud, and whether its answer is the truth. */
  const list = async () => {
    model.calls = [];
    const { cloud } = request();
    const [{ instances }] = await Promise.all([cloud.listInstances({}, {}), cloud.listSecurityGroups()]);
    return {
      asked: model.calls.toSorted(),
      true: JSON.stringify(instances) === JSON.stringify(model.list()),
    };
  };
  return { model, versions, refreshes, request, list };
}

const ALL = { asked: ['groups', 'list', 'ports'], true: true };
const CHANGES = { asked: ['changes', 'groups'], true: true };
const NOTHING = { asked: [], true: true };

describe('lists', () => {
  test('are told without asking for half the time they may be old, and then brought up to date', async () => {
    const { model, list, refreshes } = fleetsUnderTest();
    expect(await list()).toEqual(ALL);
    expect(await list()).toEqual(NOTHING);
    model.change('i0001', { name: 'other' });
    vi.advanceTimersByTime(MAX_AGE / 2 - 1);
    expect(await list()).toEqual({ asked: [], true: false });
    vi.advanceTimersByTime(1);
    expect(await list()).toEqual({ asked: ['changes', 'groups', 'ports of i0001'], true: true });
    expect(refreshes).toEqual(['full', 'delta']);
  });

  test('show what was changed through another gateway at once', async () => {
    const { model, list, versions } = fleetsUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    await versions.bump({ projectId: PROJECT, instanceIds: ['i0001'] });
    expect(await list()).toEqual({
      asked: ['changes', 'groups', 'look i0001', 'ports of i0001'],
      true: true,
    });
    await versions.bump({ projectId: 'another', instanceIds: ['i0001'] });
    expect(await list()).toEqual(NOTHING);
  });

  test('are asked for whole when changes may have been missed', async () => {
    const { model, list, versions } = fleetsUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    versions.miss();
    expect(await list()).toEqual(ALL);
  });

  test('are asked for whole once a minute', async () => {
    const { model, list } = fleetsUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    vi.advanceTimersByTime(RELIST_INTERVAL_MS - 1);
    expect(await list()).toEqual({ asked: ['changes', 'groups'], true: false });
    vi.advanceTimersByTime(MAX_AGE);
    expect(await list()).toEqual(ALL);
  });

  test('are a second old at most while an instance is in transition', async () => {
    const { model, list } = fleetsUnderTest();
    model.create({ status: 'BUILD', inTransition: true });
    await list();
    vi.advanceTimersByTime(TRANSITIONAL_MAX_AGE_MS - 1);
    expect(await list()).toEqual(NOTHING);
    vi.advanceTimersByTime(1);
    expect(await list()).toEqual(CHANGES);
  });

  test('by status hold for a second while what they leave out may pass', async () => {
    const { model, list, request } = fleetsUnderTest();
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

  test('say how old they are', async () => {
    const { request } = fleetsUnderTest();
    const began = performance.now();
    await request().cloud.listInstances({}, {});
    vi.advanceTimersByTime(1_000);
    const { cloud, trace } = request();
    await cloud.listInstances({}, {});
    expect(trace.asOf).toBe(began);
  });

  test('that need only a part are never worth a list of everything', async () => {
    const { model, list, request } = fleetsUnderTest();
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

  test("by name are the cloud's", async () => {
    const { model, list, request } = fleetsUnderTest();
    await list();
    model.calls = [];
    const { cloud, trace } = request();
    expect((await cloud.listInstances({ name: 'i0001' }, {})).instances).toHaveLength(1);
    expect(model.calls).toEqual(['list']);
    expect(trace.asOf).toBe(Number.POSITIVE_INFINITY);
  });

  test('of different roles are kept apart', async () => {
    const { model, list } = fleetsUnderTest();
    await list();
    model.roles = ['reader'];
    expect(await list()).toEqual(ALL);
  });

  test('of a fleet larger than all may be are asked for every time', async () => {
    const { list } = fleetsUnderTest({ maxInstances: 50 });
    expect(await list()).toEqual(ALL);
    expect(await list()).toEqual(ALL);
  });
});

describe('one refresh', () => {
  test('serves everybody who waits for it', async () => {
    const { model, list, request } = fleetsUnderTest();
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

  test('that began before a change does not serve those who come after it', async () => {
    const { model, list, request, versions } = fleetsUnderTest();
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    model.calls = [];
    const open = gated(model);
    const early = request().cloud.listInstances({}, {});
    await vi.waitFor(() => expect(model.calls).toContain('changes'));
    await versions.bump({ projectId: PROJECT, instanceIds: ['i0001'] });
    const late = request().cloud.listInstances({}, {});
    model.silently('i0001', { metadata: { a: 'b' } });
    open();
    await early;
    expect(await late).toEqual({ instances: model.list(), more: false });
    expect(model.calls).toContain('look i0001');
  });

  test("that fails is everybody's failure, and nothing it was to find is forgotten", async () => {
    const { model, list, request, versions } = fleetsUnderTest();
    await list();
    model.silently('i0001', { metadata: { a: 'b' } });
    await versions.bump({ projectId: PROJECT, instanceIds: ['i0001'] });
    model.gate = () => Promise.reject(new ComputeError('unavailable', 'away'));
    await expect(request().cloud.listInstances({}, {})).rejects.toThrow('away');
    model.gate = async () => {};
    expect(await list()).toEqual({
      asked: ['changes', 'groups', 'look i0001', 'ports of i0001'],
      true: true,
    });
  });

  test('whose caller lost its rights is no failure of others: they ask themselves', async () => {
    const { model, list, request } = fleetsUnderTest();
    await list();
    vi.advanceTimersByTime(MAX_AGE);
    let calls = 0;
    model.gate = async () => {
      calls += 1;
      if (calls <= 2) throw new ComputeError('forbidden', 'no');
    };
    expect((await request().cloud.listInstances({}, {})).instances).toEqual(model.list());
  });

  test('is waited for no longer than a request may take', async () => {
    const { model, request } = fleetsUnderTest();
    gated(model);
    const waiting = request({ deadline: deadlineIn(100) }).cloud.listInstances({}, {});
    const failed = expect(waiting).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(100);
    await failed;
  });
});

describe('single instances', () => {
  test('are told from the fleet while it is fresh', async () => {
    const { model, list, request } = fleetsUnderTest();
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

  test('are asked for when they are not known, or in transition', async () => {
    const { model, list, request } = fleetsUnderTest();
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
  ] as const)('that show %s are in the next list as they were told', async (_, change) => {
    const { model, list, request } = fleetsUnderTest();
    const id = model.create({ status: 'BUILD', state: 'provisioning', inTransition: true });
    await list();
    model.change(id, change);
    expect((await request().cloud.getInstance(id)).status).toBe(change.status);
    const { instances } = await request().cloud.listInstances({ statuses: [change.status] }, {});
    expect(instances.map((one) => one.id)).toContain(id);
  });

  test('that are gone are in no list any more, and those made past the gateway are', async () => {
    const { model, list, request } = fleetsUnderTest();
    const gone = model.create({ status: 'BUILD', inTransition: true });
    await list();
    model.vanish(gone);
    await expect(request().cloud.getInstance(gone)).rejects.toMatchObject({ code: 'not_found' });
    expect(await list()).toMatchObject({ true: true });
    const made = model.create();
    await request().cloud.getInstance(made);
    expect(await list()).toMatchObject({ true: true });
  });

  test('that show nothing new, or belong to another project, leave the fleet as it is', async () => {
    const { model, list, request } = fleetsUnderTest();
    const building = model.create({ status: 'BUILD', inTransition: true });
    await list();
    const foreign = model.create({ projectId: 'another' });
    for (const id of [building, foreign]) await request().cloud.getInstance(id);
    await expect(request().cloud.getInstance('never')).rejects.toMatchObject({ code: 'not_found' });
    expect((await list()).asked).toEqual([]);
  });
});

describe('a request that changes something', () => {
  test('sees the truth', async () => {
    const { model, list, request } = fleetsUnderTest();
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
    const { list, request, versions } = fleetsUnderTest();
    await list();
    const { cloud, trace } = request({ allowStale: false });
    await cloud.deleteMetadata('i0001', 'key');
    const made = await cloud.createInstance({} as Parameters<Cloud['createInstance']>[0]);
    await cloud.deleteFloatingIp('address');
    expect([...trace.changedInstanceIds]).toEqual(['i0001', made]);
    await versions.bump({ projectId: PROJECT, instanceIds: [...trace.changedInstanceIds] });
    expect((await list()).true).toBe(true);
  });

  test('records an instance whose change failed', async () => {
    const { model, request } = fleetsUnderTest();
    model.gate = () => Promise.reject(new ComputeError('timeout', 'late'));
    const { cloud, trace } = request({ allowStale: false });
    await expect(cloud.renameInstance('i0001', 'other')).rejects.toThrow('late');
    expect([...trace.changedInstanceIds]).toEqual(['i0001']);
  });
});

/** Answers nothing until it is opened. */
function gated(model: FakeCloud): () => void {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  model.gate = () => opened;
  return open;
}
