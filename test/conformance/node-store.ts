/**
 * Conformance suite of node stores: each sentence of the contract in `src/health/node-store.ts`.
 *
 * @module
 */

import { expect, test } from 'vitest';
import type { GatewayNode, NodeStore } from '../../src/health/node-store.ts';

export interface NodeStoreUnderTest {
  readonly store: NodeStore;
  /** Another store on the same data, as on another node. */
  readonly other: NodeStore;
  dispose(): Promise<void>;
}

const at = (time: string) => `2026-05-01T${time}.000Z`;

function nodeOf(id: string, seenAt: string): GatewayNode {
  const report = { window_seconds: 300, cache: { reads: 7, hit_ratio: 0.5 }, upstream: [] };
  return { id, name: 'gw-ü', version: '1.2.3', startedAt: at('09:00:00'), seenAt, report };
}

export function nodeStoreConformance(name: string, open: () => Promise<NodeStoreUnderTest>): void {
  test(`nodes in ${name} are seen by others until they are removed or forgotten`, async () => {
    const { store, other, dispose } = await open();
    try {
      await store.beat(nodeOf('a', at('10:00:00')), at('00:00:00'));
      await other.beat(nodeOf('b', at('10:00:01')), at('00:00:00'));
      await store.beat(nodeOf('a', at('10:00:20')), at('10:00:01'));
      expect(await other.list(9)).toEqual([nodeOf('a', at('10:00:20')), nodeOf('b', at('10:00:01'))]);
      expect(await other.list(1)).toEqual([nodeOf('a', at('10:00:20'))]);
      await store.beat(nodeOf('a', at('10:00:20')), at('10:00:02'));
      expect(await other.list(9)).toEqual([nodeOf('a', at('10:00:20'))]);
      await store.remove('a');
      await store.remove('a');
      expect(await other.list(9)).toEqual([]);
    } finally {
      await dispose();
    }
  });
}
