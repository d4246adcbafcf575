import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelCloud } from './model-cloud.ts';
import { type Listed, MAX_LOOKS, SMALL_FLEET } from './plan.ts';
import { refresh } from './refresh.ts';

const nothing = { changed: new Set<string>(), whole: false, round: 0, smallFleet: SMALL_FLEET };

/** A cloud with a fleet that is not listed whole every time. */
async function largeFleet() {
  const model = new ModelCloud(SMALL_FLEET + 10);
  const first = await refresh(model.open(), null, nothing);
  model.asked = [];
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
          let listed: Listed = first.listed;
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
              ({ listed } = await refresh(model.open(), listed, {
                changed,
                whole: false,
                round: 0,
                smallFleet: SMALL_FLEET,
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
    const { listed, kind } = await refresh(model.open(), first.listed, {
      ...nothing,
      changed: new Set(['i0005']),
    });
    expect(kind).toBe('changes');
    expect(model.asked.toSorted()).toEqual(['changes', 'groups', 'look i0005']);
    expect(listed.state.instances).toEqual(model.list());
  });

  test('asks for everything when too much was changed, or changes may have been missed', async () => {
    const { model, first } = await largeFleet();
    const changed = new Set(Array.from({ length: MAX_LOOKS + 1 }, (_, index) => `i00${index + 10}`));
    for (const id of changed) model.silently(id, { name: 'other' });
    const { listed, kind } = await refresh(model.open(), first.listed, { ...nothing, changed });
    expect(kind).toBe('full');
    expect(listed.state.instances).toEqual(model.list());
    model.silently('i0001', { name: 'missed' });
    const again = await refresh(model.open(), listed, { ...nothing, whole: true });
    expect(again.listed.state.instances).toEqual(model.list());
  });

  test('lists a small fleet whole, so that nothing of it is late', async () => {
    const model = new ModelCloud(SMALL_FLEET);
    const first = await refresh(model.open(), null, nothing);
    model.silently('i0001', { metadata: { a: 'b' } });
    const { listed, kind } = await refresh(model.open(), first.listed, nothing);
    expect(kind).toBe('full');
    expect(listed.state.instances).toEqual(model.list());
  });
});

const END = { operation: { kind: 'refresh', which: 0 }, skew: 0 };
