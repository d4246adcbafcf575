/**
 * Conformance suite of reconcile stores: each sentence of the contract in `src/reconcile/reconcile-store.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReconcileRun, ReconcileStore } from '../../src/reconcile/reconcile-store.ts';

/** An empty store for one test. */
export interface ReconcileStoreUnderTest {
  readonly store: ReconcileStore;
  /** Another store on the same data, as on another node. */
  reopen(): Promise<ReconcileStore>;
  /** Closes all stores and removes the data. */
  dispose(): Promise<void>;
}

const at = (time: string) => `2026-05-01T${time}.000Z`;

function runOf(id: string, startedAt: string, change: Partial<ReconcileRun> = {}): ReconcileRun {
  const none = {
    finishedAt: null,
    outcome: null,
    projects: 0,
    skipped: 0,
    failed: 0,
    released: 0,
    error: null,
  };
  return { id, startedBy: 'schedule', node: 'gw-1', startedAt, seenAt: startedAt, ...none, ...change };
}

export function reconcileStoreConformance(name: string, open: () => Promise<ReconcileStoreUnderTest>): void {
  describe(`reconcile runs in ${name}`, () => {
    let under: ReconcileStoreUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.dispose());

    const claim = (holder: string, now: string, until: string, store = under.store) =>
      store.claim({ holder, now: at(now), until: at(until), latest: at('11:00:00') });

    test('the lease has one holder, who renews it, until it ends', async () => {
      const other = await under.reopen();
      expect(await claim('a', '10:00:00', '10:01:00')).toBe(true);
      expect(await claim('b', '10:00:59', '10:02:00', other)).toBe(false);
      expect(await claim('a', '10:00:30', '10:01:30')).toBe(true);
      expect(await claim('b', '10:01:29', '10:02:00', other)).toBe(false);
      expect(await claim('b', '10:01:30', '10:02:00', other)).toBe(true);
      expect(await claim('a', '10:01:31', '10:03:00'), 'the former holder').toBe(false);
    });

    test('of concurrent claims one succeeds', async () => {
      const other = await under.reopen();
      const claims = ['a', 'b', 'c', 'd'].map((holder, index) =>
        claim(holder, '10:00:00', '10:01:00', index % 2 ? other : under.store),
      );
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    });

    test('a lease that ends implausibly late is free', async () => {
      expect(await claim('a', '10:00:00', '11:00:01')).toBe(true);
      expect(await claim('b', '10:00:01', '10:01:00')).toBe(true);
    });

    test('a run is stored with its progress and outcome; the newest comes first, by pages', async () => {
      const error = 'ünavailable';
      const last = { seenAt: at('10:05:00'), finishedAt: at('10:05:00'), outcome: 'failed', error } as const;
      const counts = { projects: 7, skipped: 1, failed: 2, released: 3 };
      await under.store.save(runOf('a', at('10:00:00')));
      await under.store.save(runOf('b', at('10:00:00'), { startedBy: 'command' }));
      await under.store.save(runOf('c', at('10:10:00'), { startedBy: 'cron', node: 'edge' }));
      await under.store.save(runOf('a', at('10:00:00'), { ...last, ...counts }));
      const store = await under.reopen();
      const page = await store.list({ limit: 2, before: null });
      expect(page.map(({ id }) => id)).toEqual(['c', 'b']);
      const rest = await store.list({ limit: 2, before: { startedAt: at('10:00:00'), id: 'b' } });
      expect(rest).toEqual([runOf('a', at('10:00:00'), { ...last, ...counts })]);
    });

    test('runs that started before a time are deleted', async () => {
      await under.store.save(runOf('a', at('10:00:00')));
      await under.store.save(runOf('b', at('10:00:01')));
      await under.store.sweep(at('10:00:01'));
      const left = await under.store.list({ limit: 9, before: null });
      expect(left.map(({ id }) => id)).toEqual(['b']);
    });
  });
}
