import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeCloud } from '../../test/support/fake-cloud.ts';
import type { Port } from '../compute/model.ts';
import { MAX_RECHECKS, RELIST_THRESHOLD, type SyncState } from './plan.ts';
import { sync } from './sync.ts';

const nothing = {
  changed: new Set<string>(),
  relist: false,
  network: false,
  round: 0,
  relistThreshold: RELIST_THRESHOLD,
};

/** A cloud with a fleet that is not listed relist every time. */
async function largeFleet() {
  const model = new FakeCloud(RELIST_THRESHOLD + 10);
  const first = await sync(model.open(), null, nothing);
  model.calls = [];
  return { model, first };
}

/** Clocks of hosts differ by this much, seconds; less than lists of changes overlap. */
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

describe('a refresh by changes', () => {
  test('comes to the same as a full list, whatever happened', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ operation: OPERATION, skew: fc.integer({ min: -SKEW, max: SKEW }) }), {
          maxLength: 40,
        }),
        async (steps) => {
          const { model, first } = await largeFleet();
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

  test('asks for changes, for the groups, and for what was changed and not told', async () => {
    const { model, first } = await largeFleet();
    model.silently('i0005', { metadata: { a: 'b' } });
    const { state: listed, kind } = await sync(model.open(), first.state, {
      ...nothing,
      changed: new Set(['i0005']),
    });
    expect(kind).toBe('changes');
    expect(model.calls.toSorted()).toEqual(['changes', 'groups', 'look i0005', 'ports of i0005']);
    expect(listed.state.instances).toEqual(model.list());
  });

  test('asks for everything when too much was changed, or changes may have been missed', async () => {
    const { model, first } = await largeFleet();
    const changed = new Set(Array.from({ length: MAX_RECHECKS + 1 }, (_, index) => `i00${index + 10}`));
    for (const id of changed) model.silently(id, { name: 'other' });
    const { state: listed, kind } = await sync(model.open(), first.state, { ...nothing, changed });
    expect(kind).toBe('full');
    expect(listed.state.instances).toEqual(model.list());
    model.silently('i0001', { name: 'missed' });
    const again = await sync(model.open(), listed, { ...nothing, relist: true });
    expect(again.state.state.instances).toEqual(model.list());
  });

  test('lists a small fleet relist, so that nothing of it is late', async () => {
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
    securityGroupIds: [],
    fixedAddresses: [],
    created: '',
  });

  test('of instances that did not change are not asked for', async () => {
    const { model, first } = await largeFleet();
    await sync(model.open(), first.state, nothing);
    expect(model.calls.toSorted()).toEqual(['changes', 'groups']);
  });

  test('of an instance that changed replace those it had', async () => {
    const { model, first } = await largeFleet();
    const before = { ...first.state, ports: [port('a', 'i0001'), port('b', 'i0002')] };
    model.ports = [port('c', 'i0001'), port('b', 'i0002')];
    model.change('i0001', { name: 'other' });
    const { state: listed } = await sync(model.open(), before, nothing);
    expect(model.calls).toContain('ports of i0001');
    expect(listed.ports.map(({ id }) => id).toSorted()).toEqual(['b', 'c']);
  });

  test('are listed relist when something that is no instance was changed', async () => {
    const { model, first } = await largeFleet();
    model.ports = [port('a', 'i0001')];
    const { state: listed } = await sync(model.open(), first.state, { ...nothing, network: true });
    expect(model.calls.toSorted()).toEqual(['changes', 'groups', 'ports']);
    expect(listed.ports).toEqual(model.ports);
  });

  test('on a network that was not known have the external networks asked for again', async () => {
    const { model, first } = await largeFleet();
    await sync(model.open(), first.state, nothing);
    expect(model.askedExternals).toBe(1);
    model.ports = [port('a', 'i0001')];
    await sync(model.open(), first.state, { ...nothing, network: true });
    expect(model.askedExternals).toBe(2);
  });
});
