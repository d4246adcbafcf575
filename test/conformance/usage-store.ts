/** Conformance suite of usage stores: each sentence of the contract in `src/usage/usage-store.ts`. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HourOfKey, UsageQuery, UsageStore, UsageSum } from '../../src/usage/usage-store.ts';

/** An empty store for one test. */
export interface UsageStoreUnderTest {
  readonly store: UsageStore;
  /** Another store on the same data, as on another node. */
  reopen(): Promise<UsageStore>;
  /** Closes all stores and removes the data. */
  dispose(): Promise<void>;
}

const at = (day: number, hour: number) => `2026-05-0${day}T${String(hour).padStart(2, '0')}:00:00.000Z`;

const counts = (requests: number) => ({
  requests,
  points: 2 * requests,
  clientErrors: requests - 1,
  serverErrors: 1,
});

function hour(start: string, projectId: string, keyId: string, requests = 1): HourOfKey {
  return { start, projectId, keyId, ...counts(requests) };
}

const WEEK = { from: at(1, 0), to: at(8, 0) };

export function usageStoreConformance(name: string, open: () => Promise<UsageStoreUnderTest>): void {
  describe(`usage in ${name}`, () => {
    let under: UsageStoreUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.dispose());

    const list = (query: Partial<UsageQuery> = {}) =>
      under.store.list({ ...WEEK, interval: 'hour', byKey: true, ...query }, { limit: 100, after: null });

    test('counts of an hour of a key add up, over concurrent nodes', async () => {
      const other = await under.reopen();
      await Promise.all(
        [under.store, other, under.store, other].map((store) =>
          store.add([hour(at(1, 10), 'acme', 'a', 3), hour(at(1, 10), 'acme', 'b', 2)]),
        ),
      );
      expect(await list()).toEqual([
        { ...hour(at(1, 10), 'acme', 'a'), requests: 12, points: 24, clientErrors: 8, serverErrors: 4 },
        { ...hour(at(1, 10), 'acme', 'b'), requests: 8, points: 16, clientErrors: 4, serverErrors: 4 },
      ]);
    });

    test('more hours than one statement takes are added together, and counts beyond 32 bits', async () => {
      await under.store.add([]);
      const large = Array.from({ length: 350 }, (_, index) =>
        hour(at(1, 10), 'acme', `k${String(index).padStart(3, '0')}`, 3_000_000_000),
      );
      await under.store.add(large);
      const [sum] = await list({ byKey: false });
      expect(sum).toEqual({
        start: at(1, 10),
        projectId: 'acme',
        keyId: null,
        requests: 350 * 3_000_000_000,
        points: 350 * 6_000_000_000,
        clientErrors: 350 * 2_999_999_999,
        serverErrors: 350,
      });
    });

    const spread = [
      hour(at(1, 9), 'globex', 'z', 4),
      hour(at(1, 10), 'acme', 'a', 1),
      hour(at(1, 10), 'acme', 'b', 2),
      hour(at(1, 23), 'acme', 'a', 3),
      hour(at(2, 0), 'acme', 'a', 5),
    ];
    const shown = (sums: readonly UsageSum[]) =>
      sums.map(({ start, projectId, keyId, requests }) => [start, projectId, keyId, requests]);

    test('lists hours and days, of keys and of projects, ordered by start, project and key', async () => {
      await under.store.add(spread.toReversed());
      expect(await list()).toEqual(spread);
      expect(shown(await list({ byKey: false }))).toEqual([
        [at(1, 9), 'globex', null, 4],
        [at(1, 10), 'acme', null, 3],
        [at(1, 23), 'acme', null, 3],
        [at(2, 0), 'acme', null, 5],
      ]);
      expect(shown(await list({ interval: 'day' }))).toEqual([
        [at(1, 0), 'acme', 'a', 4],
        [at(1, 0), 'acme', 'b', 2],
        [at(1, 0), 'globex', 'z', 4],
        [at(2, 0), 'acme', 'a', 5],
      ]);
      expect(shown(await list({ interval: 'day', byKey: false }))).toEqual([
        [at(1, 0), 'acme', null, 6],
        [at(1, 0), 'globex', null, 4],
        [at(2, 0), 'acme', null, 5],
      ]);
    });

    test('filters by time, with an exclusive end, by project and by key', async () => {
      await under.store.add(spread);
      expect(shown(await list({ from: at(1, 10), to: at(2, 0) }))).toHaveLength(3);
      expect(await list({ from: at(2, 0), to: at(2, 0) })).toEqual([]);
      expect(shown(await list({ projectId: 'globex' }))).toEqual([[at(1, 9), 'globex', 'z', 4]]);
      expect(shown(await list({ projectId: 'acme', keyId: 'b' }))).toEqual([[at(1, 10), 'acme', 'b', 2]]);
      expect(await list({ projectId: 'globex', keyId: 'b' })).toEqual([]);
      expect(await list({ projectId: '' })).toEqual([]);
    });

    test.each([
      { interval: 'hour', byKey: true },
      { interval: 'hour', byKey: false },
      { interval: 'day', byKey: true },
      { interval: 'day', byKey: false },
    ] as const)('pages of one contain each sum once: $interval, by key: $byKey', async (query) => {
      await under.store.add(spread);
      const seen: UsageSum[] = [];
      for (;;) {
        const after = seen.at(-1) ?? null;
        const [next] = await under.store.list({ ...WEEK, ...query }, { limit: 1, after });
        if (next === undefined) break;
        seen.push(next);
      }
      expect(seen).toEqual(await list(query));
    });

    test('a sweep deletes the hours before its bound', async () => {
      await under.store.add(spread);
      await under.store.sweep(at(1, 23));
      expect(await list()).toEqual(spread.slice(3));
      await under.store.sweep(at(1, 0));
      expect(await list()).toHaveLength(2);
    });
  });
}
