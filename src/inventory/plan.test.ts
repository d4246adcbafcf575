import { describe, expect, test } from 'vitest';
import { at, instance } from '../../test/support/fake-instances.ts';
import type { CloudInstance } from '../compute/model.ts';
import { EMPTY_STATE, fromList } from './merge.ts';
import {
  changesSince,
  idsToRecheck,
  MAX_RECHECKS,
  RELIST_INTERVAL_MS,
  RELIST_THRESHOLD,
  type SyncState,
} from './plan.ts';

const fleet = (count: number, change: Partial<CloudInstance> = {}) =>
  fromList(
    Array.from({ length: count }, (_, index) => instance(`i${index}`, change)),
    EMPTY_STATE,
  );
const listed = (change: Partial<SyncState> = {}): SyncState => ({
  state: fleet(RELIST_THRESHOLD + 1, { updated: at(60) }),
  ports: [],
  externals: null,
  relistedAt: 1_000,
  relistTookMs: 0,
  tookMs: 0,
  ...change,
});
const none: ReadonlySet<string> = new Set();

describe('changes are asked for', () => {
  test('since ten seconds before the latest that is known', () => {
    expect(changesSince(listed(), RELIST_THRESHOLD, 1_000)).toBe(at(50));
  });

  test('and further back the longer the last list took', () => {
    expect(changesSince(listed({ tookMs: 4_000 }), RELIST_THRESHOLD, 1_000)).toBe(at(46));
  });

  test.each<[string, SyncState | null, number]>([
    ['nothing is known', null, 1_000],
    ['the fleet is small', listed({ state: fleet(RELIST_THRESHOLD) }), 1_000],
    ['the last full list is a minute old', listed(), 1_000 + RELIST_INTERVAL_MS],
    ['or twenty times as old as it took', listed({ relistTookMs: 10_000 }), 1_000 + 200_000],
  ])('not when %s: everything is listed', (_, last, now) => {
    expect(changesSince(last, RELIST_THRESHOLD, now)).toBeNull();
  });

  test('a list that takes long is made less often', () => {
    expect(changesSince(listed({ relistTookMs: 10_000 }), RELIST_THRESHOLD, 1_000 + 199_999)).not.toBeNull();
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
  const state = fromList(
    [
      instance('at rest'),
      instance('building', { status: 'BUILD', inTransition: true }),
      instance('promised', { metadata: { isPublic: 'true', floatingIp: '203.0.113.1' } }),
      instance('kept', { metadata: { isPublic: 'true', floatingIp: '203.0.113.1' }, addresses: [floating] }),
    ],
    EMPTY_STATE,
  );

  test('those in transition, and those whose address is not shown yet', () => {
    expect(idsToRecheck(state, none, none, 0)).toEqual(['building', 'promised']);
  });

  test('those that were changed, also when they are not known', () => {
    expect(idsToRecheck(state, none, new Set(['at rest', 'new', 'building']), 0)).toEqual([
      'at rest',
      'new',
      'building',
      'promised',
    ]);
  });

  test('none that the list of changes told', () => {
    expect(
      idsToRecheck(state, new Set(['building', 'promised', 'at rest']), new Set(['at rest']), 0),
    ).toEqual([]);
  });

  test('so many at a time, each in its turn', () => {
    const many = fleet(3 * MAX_RECHECKS, { inTransition: true });
    const seen = [0, 1, 2].flatMap((round) => idsToRecheck(many, none, none, round) ?? []);
    expect(seen).toHaveLength(3 * MAX_RECHECKS);
    expect(new Set(seen).size).toBe(3 * MAX_RECHECKS);
  });

  test('and when too many were changed, everything is listed', () => {
    const changed = new Set(Array.from({ length: MAX_RECHECKS + 1 }, (_, index) => `i${index}`));
    expect(idsToRecheck(EMPTY_STATE, none, changed, 0)).toBeNull();
  });
});
