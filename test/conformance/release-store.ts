/**
 * Conformance suite of release stores: each sentence of the contract in `src/compute/release-store.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Release } from '../../src/compute/release.ts';
import type { ReleaseStore } from '../../src/compute/release-store.ts';

/** An empty store for one test. */
export interface ReleaseStoreUnderTest {
  readonly store: ReleaseStore;
  /** Another store on the same data, as on another node; in memory the same one. */
  reopen(): Promise<ReleaseStore>;
  /** Closes all stores and removes the data. */
  dispose(): Promise<void>;
}

const at = (time: string) => `2026-05-01T${time}.000Z`;

function releaseOf(id: string): Release {
  return {
    id,
    projectId: 'p1',
    instanceId: 'i1',
    portIds: ['port'],
    floatingIpIds: [],
    address: '203.0.113.5',
    mark: 'linguanova key=k request=r instance=ünïcode',
    serverMark: null,
    settledAt: 1_777_629_600_123,
  };
}

export function releaseStoreConformance(name: string, open: () => Promise<ReleaseStoreUnderTest>): void {
  describe(`releases in ${name}`, () => {
    let under: ReleaseStoreUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.dispose());

    test('a stored release is due unchanged on every node, oldest first', async () => {
      await under.store.put(releaseOf('b'), at('10:00:01'));
      await under.store.put(releaseOf('a'), at('10:00:00'));
      await under.store.put(releaseOf('c'), at('10:00:03'));
      const other = await under.reopen();
      expect(await other.due(at('10:00:02'), 10)).toEqual([releaseOf('a'), releaseOf('b')]);
      expect(await other.due(at('10:00:02'), 1)).toEqual([releaseOf('a')]);
    });

    test('storing a release again replaces its due time', async () => {
      await under.store.put(releaseOf('a'), at('10:00:00'));
      await under.store.put(releaseOf('a'), at('11:00:00'));
      expect(await under.store.due(at('10:59:59'), 10)).toEqual([]);
      expect(await under.store.due(at('11:00:00'), 10)).toEqual([releaseOf('a')]);
    });

    test('a removed release is not due; removing an unknown one succeeds', async () => {
      await under.store.put(releaseOf('a'), at('10:00:00'));
      await under.store.remove('a');
      await under.store.remove('a');
      expect(await under.store.due(at('12:00:00'), 10)).toEqual([]);
    });
  });
}
