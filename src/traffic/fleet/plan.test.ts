import { describe, expect, test } from 'vitest';
import { at, instance } from '../../../test/support/fake-instances.ts';
import type { CloudInstance } from '../../compute/model.ts';
import { EMPTY, fleetOf } from './merge.ts';
import { FULL_INTERVAL, followFrom, type Listed, looksOf, MAX_LOOKS, SMALL_FLEET } from './plan.ts';

const fleet = (count: number, change: Partial<CloudInstance> = {}) =>
  fleetOf(
    Array.from({ length: count }, (_, index) => instance(`i${index}`, change)),
    EMPTY,
  );
const listed = (change: Partial<Listed> = {}): Listed => ({
  state: fleet(SMALL_FLEET + 1, { updated: at(60) }),
  ports: [],
  externals: null,
  fullAt: 1_000,
  fullTook: 0,
  took: 0,
  ...change,
});
const none: ReadonlySet<string> = new Set();

describe('changes are asked for', () => {
  test('since ten seconds before the latest that is known', () => {
    expect(followFrom(listed(), SMALL_FLEET, 1_000)).toBe(at(50));
  });

  test('and further back the longer the last list took', () => {
    expect(followFrom(listed({ took: 4_000 }), SMALL_FLEET, 1_000)).toBe(at(46));
  });

  test.each<[string, Listed | null, number]>([
    ['nothing is known', null, 1_000],
    ['the fleet is small', listed({ state: fleet(SMALL_FLEET) }), 1_000],
    ['the last full list is a minute old', listed(), 1_000 + FULL_INTERVAL],
    ['or twenty times as old as it took', listed({ fullTook: 10_000 }), 1_000 + 200_000],
  ])('not when %s: everything is listed', (_, last, now) => {
    expect(followFrom(last, SMALL_FLEET, now)).toBeNull();
  });

  test('a list that takes long is made less often', () => {
    expect(followFrom(listed({ fullTook: 10_000 }), SMALL_FLEET, 1_000 + 199_999)).not.toBeNull();
  });
});

describe('one by one are looked at', () => {
  const floating = {
    network: 'n',
    address: '203.0.113.1',
    version: 4,
    type: 'floating',
    macAddress: null,
  } as const;
  const state = fleetOf(
    [
      instance('at rest'),
      instance('building', { status: 'BUILD', inTransition: true }),
      instance('promised', { metadata: { isPublic: 'true', floatingIp: '203.0.113.1' } }),
      instance('kept', { metadata: { isPublic: 'true', floatingIp: '203.0.113.1' }, addresses: [floating] }),
    ],
    EMPTY,
  );

  test('those in transition, and those whose address is not shown yet', () => {
    expect(looksOf(state, none, none, 0)).toEqual(['building', 'promised']);
  });

  test('those that were changed, also when they are not known', () => {
    expect(looksOf(state, none, new Set(['at rest', 'new', 'building']), 0)).toEqual([
      'at rest',
      'new',
      'building',
      'promised',
    ]);
  });

  test('none that the list of changes told', () => {
    expect(looksOf(state, new Set(['building', 'promised', 'at rest']), new Set(['at rest']), 0)).toEqual([]);
  });

  test('so many at a time, each in its turn', () => {
    const many = fleet(3 * MAX_LOOKS, { inTransition: true });
    const seen = [0, 1, 2].flatMap((round) => looksOf(many, none, none, round) ?? []);
    expect(seen).toHaveLength(3 * MAX_LOOKS);
    expect(new Set(seen).size).toBe(3 * MAX_LOOKS);
  });

  test('and when too many were changed, everything is listed', () => {
    const changed = new Set(Array.from({ length: MAX_LOOKS + 1 }, (_, index) => `i${index}`));
    expect(looksOf(EMPTY, none, changed, 0)).toBeNull();
  });
});
