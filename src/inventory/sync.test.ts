import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeCloud } from '../../test/support/fake-cloud.ts';
import { at, instance } from '../../test/support/fake-instances.ts';
import type { CloudInstance, Port } from '../compute/model.ts';
import { EMPTY_STATE, fromList } from './snapshot.ts';
import {
  changesSince,
  idsToRecheck,
  MAX_RECHECKS,
  RELIST_INTERVAL_MS,
  RELIST_THRESHOLD,
  type SyncState,
  sync,
} from './sync.ts';

const inventory = (count: number, change: Partial<CloudInstance> = {}) =>
  fromList(
    Array.from({ length: count }, (_, index) => instance(`i${index}`, change)),
    EMPTY_STATE,
  );
const listed = (change: Partial<SyncState> = {}): SyncState => ({
  state: inventory(RELIST_THRESHOLD + 1, { updated: at(60) }),
  ports: [],
  externals: null,
  serverGroups: [],
  relistedAt: 1_000,
  relistTookMs: 0,
  tookMs: 0,
  ...change,
});
const none: ReadonlySet<string> = new Set();

describe('a list of changes', () => {
  test('begins ten seconds before the newest known update', () => {
    expect(changesSince(listed(), RELIST_THRESHOLD, 1_000)).toBe(at(50));
  });

  test('begins earlier by the duration of the last list', () => {
    expect(changesSince(listed({ tookMs: 4_000 }), RELIST_THRESHOLD, 1_000)).toBe(at(46));
  });

  test.each<[string, SyncState | null, number]>([
    ['nothing is known', null, 1_000],
    ['the inventory is small', listed({ state: inventory(RELIST_THRESHOLD) }), 1_000],
    ['the last full list is a minute old', listed(), 1_000 + RELIST_INTERVAL_MS],
    ['or twenty times as old as it took', listed({ relistTookMs: 10_000 }), 1_000 + 200_000],
  ])('is replaced by a full list when %s', (_, last, now) => {
    expect(changesSince(last, RELIST_THRESHOLD, now)).toBeNull();
  });

  test('full lists take at most a 20th of the time', () => {
    expect(changesSince(listed({ relistTookMs: 10_000 }), RELIST_THRESHOLD, 1_000 + 199_999)).not.toBeNull();
  });
});

describe('instances to fetch individually', () => {
  const floating = {
    network: 'n',
    address: '203.0.113.1',
    version: 4,
    type: 'floating',
    macAddress: null,
  } as const;
  const state = fromList(
    [
      instance('at rest'),
      instance('building', { status: 'BUILD', inTransition: true }),
      instance('promised', { metadata: { isPublic: 'true', floatingIp: '203.0.113.1' } }),
      instance('retained', {
        metadata: { isPublic: 'true', floatingIp: '203.0.113.1' },
        addresses: [floating],
      }),
    ],
    EMPTY_STATE,
  );

  test('are transitional ones and those whose address is not shown yet', () => {
    expect(idsToRecheck(state, none, none, 0)).toEqual(['building', 'promised']);
  });

  test('are those changed through a gateway, known or not', () => {
    expect(idsToRecheck(state, none, new Set(['at rest', 'new', 'building']), 0)).toEqual([
      'at rest',
      'new',
      'building',
      'promised',
    ]);
  });

  test('are none that the list of changes has', () => {
    expect(
      idsToRecheck(state, new Set(['building', 'promised', 'at rest']), new Set(['at rest']), 0),
    ).toEqual([]);
  });

  test('are limited, and take turns over several syncs', () => {
    const many = inventory(3 * MAX_RECHECKS, { inTransition: true });
    const seen = [0, 1, 2].flatMap((round) => idsToRecheck(many, none, none, round) ?? []);
    expect(seen).toHaveLength(3 * MAX_RECHECKS);
    expect(new Set(seen).size).toBe(3 * MAX_RECHECKS);
  });

  test('are replaced by a full list when too many changed', () => {
    const changed = new Set(Array.from({ length: MAX_RECHECKS + 1 }, (_, index) => `i${index}`));
    expect(idsToRecheck(EMPTY_STATE, none, changed, 0)).toBeNull();
  });
});

const nothing = {
  changed: new Set<string>(),
  relist: false,
  network: false,
  round: 0,
  relistThreshold: RELIST_THRESHOLD,
};

/** A project above the relist threshold. */
async function largeProject() {
  const model = new FakeCloud(RELIST_THRESHOLD + 10);
  const first = await sync(model.open(), null, nothing);
  model.calls = [];
  return { model, first };
}

/** Clock skew of hosts in seconds; below the overlap of lists of changes. */
const SKEW = 4;

const OPERATION = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('create', 'delete', 'boot', 'rename'), which: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('vanish', 'silent change'), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), which: fc.nat({ max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refresh'), which: fc.nat() }) },
);

describe('a delta sync', () => {
  test('results in the same state as a full list after any sequence of changes', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ operation: OPERATION, skew: fc.integer({ min: -SKEW, max: SKEW }) }), {
          maxLength: 40,
        }),
        async (steps) => {
          const { model, first } = await largeProject();
          let listed: SyncState = first.state;
          let changed = new Set<string>();
          for (const { operation, skew } of [...steps, END]) {
            const there = model.list();
            const target = there[operation.which % there.length]?.id ?? '';
            if (operation.kind === 'create') model.create();
            if (operation.kind === 'delete') model.delete(target);
            if (operation.kind === 'rename') model.change(target, { name: `renamed ${model.time}` }, skew);
            if (operation.kind === 'pass') model.time += operation.which;
            if (operation.kind === 'boot') model.create({ status: 'BUILD', inTransition: true });
            if (operation.kind === 'vanish') {
              const building = there.filter(({ inTransition }) => inTransition);
              model.vanish(building[operation.which % Math.max(1, building.length)]?.id ?? '');
            }
            if (operation.kind === 'silent change') {
              model.silently(target, { metadata: { silent: String(model.time) } });
              changed.add(target);
            }
            if (operation.kind === 'refresh') {
              ({ state: listed } = await sync(model.open(), listed, {
                changed,
                relist: false,
                network: false,
                round: 0,
                relistThreshold: RELIST_THRESHOLD,
              }));
              changed = new Set();
              expect(listed.state.instances).toEqual(model.list());
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('requests changes, groups, and changed instances that the list does not have', async () => {
    const { model, first } = await largeProject();
    model.silently('i0005', { metadata: { a: 'b' } });
    const { state: listed, kind } = await sync(model.open(), first.state, {
      ...nothing,
      changed: new Set(['i0005']),
    });
    expect(kind).toBe('delta');
    expect(model.calls.toSorted()).toEqual(['changes', 'groups', 'look i0005', 'ports of i0005']);
    expect(listed.state.instances).toEqual(model.list());
  });

  test('fetches the ports of a changed instance that the list reports as it was', async () => {
    const { model, first } = await largeProject();
    const newest = model.list().reduce((one, other) => (other.updated > one.updated ? other : one)).id;
    await sync(model.open(), first.state, { ...nothing, changed: new Set([newest]) });
    expect(model.calls.toSorted()).toEqual(['changes', 'groups', `ports of ${newest}`]);
  });

  test('becomes a full one when too many instances changed or notifications were missed', async () => {
    const { model, first } = await largeProject();
    const changed = new Set(Array.from({ length: MAX_RECHECKS + 1 }, (_, index) => `i00${index + 10}`));
    for (const id of changed) model.silently(id, { name: 'other' });
    const { state: listed, kind } = await sync(model.open(), first.state, { ...nothing, changed });
    expect(kind).toBe('full');
    expect(listed.state.instances).toEqual(model.list());
    model.silently('i0001', { name: 'missed' });
    const again = await sync(model.open(), listed, { ...nothing, relist: true });
    expect(again.state.state.instances).toEqual(model.list());
  });

  test('is always a full one for a small project', async () => {
    const model = new FakeCloud(RELIST_THRESHOLD);
    const first = await sync(model.open(), null, nothing);
    model.silently('i0001', { metadata: { a: 'b' } });
    const { state: listed, kind } = await sync(model.open(), first.state, nothing);
    expect(kind).toBe('full');
    expect(listed.state.instances).toEqual(model.list());
  });
});

const END = { operation: { kind: 'refresh', which: 0 }, skew: 0 };

describe('ports', () => {
  const port = (id: string, instanceId: string): Port => ({
    id,
    name: '',
    projectId: 'project',
    networkId: 'private',
    description: '',
    instanceId,
    inOtherUse: false,
    isOfNetwork: false,
    securityGroupIds: [],
    fixedAddresses: [],
    created: '',
  });

  test('of unchanged instances are not listed', async () => {
    const { model, first } = await largeProject();
    await sync(model.open(), first.state, nothing);
    expect(model.calls.toSorted()).toEqual(['changes', 'groups']);
  });

  test('of a changed instance replace its former ones', async () => {
    const { model, first } = await largeProject();
    const before = { ...first.state, ports: [port('a', 'i0001'), port('b', 'i0002')] };
    model.ports = [port('c', 'i0001'), port('b', 'i0002')];
    model.change('i0001', { name: 'other' });
    const { state: listed } = await sync(model.open(), before, nothing);
    expect(model.calls).toContain('ports of i0001');
    expect(listed.ports.map(({ id }) => id).toSorted()).toEqual(['b', 'c']);
  });

  test('are all listed when something other than an instance changed', async () => {
    const { model, first } = await largeProject();
    model.ports = [port('a', 'i0001')];
    const { state: listed } = await sync(model.open(), first.state, { ...nothing, network: true });
    expect(model.calls.toSorted()).toEqual(['changes', 'groups', 'ports']);
    expect(listed.ports).toEqual(model.ports);
  });

  test('on an unknown network cause a list of external networks', async () => {
    const { model, first } = await largeProject();
    await sync(model.open(), first.state, nothing);
    expect(model.askedExternals).toBe(1);
    model.ports = [port('a', 'i0001')];
    await sync(model.open(), first.state, { ...nothing, network: true });
    expect(model.askedExternals).toBe(2);
  });
});
