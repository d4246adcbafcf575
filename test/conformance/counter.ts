/**
 * Conformance suite of counters: each sentence of the contract in `src/traffic/limit/counter.ts`.
 *
 * @module
 */

import { beforeEach, describe, expect, test } from 'vitest';
import type { Counter } from '../../src/traffic/limit/counter.ts';

let keys = 0;

/** @param open Two counters on the same data, one per node; the same one twice where there is only one node. */
export function counterConformance(name: string, open: () => Promise<readonly [Counter, Counter]>): void {
  describe(`the counter: ${name}`, () => {
    let one: Counter;
    let other: Counter;
    let key: string;
    beforeEach(async () => {
      [one, other] = await open();
      keys += 1;
      key = `family:default:${keys}`;
    });

    test('is reachable and counts at least one node', () => {
      expect(one.available).toBe(true);
      expect(one.nodes).toBeGreaterThanOrEqual(1);
    });

    test('sums points over all nodes, beyond any limit', async () => {
      expect((await one.acquire(key, 3, 60)).total).toBe(3);
      expect((await other.acquire(key, 2_000_000_000, 60)).total).toBe(2_000_000_003);
      expect((await one.acquire(key, 1, 60)).total).toBe(2_000_000_004);
    });

    test('counts each key separately', async () => {
      await one.acquire(key, 3, 60);
      expect((await one.acquire(`${key}x`, 1, 60)).total).toBe(1);
    });

    test('a window starts with its first point and later points do not extend it', async () => {
      const first = await one.acquire(key, 1, 3);
      expect(first.endsInMs).toBeGreaterThan(2_000);
      expect(first.endsInMs).toBeLessThanOrEqual(3_000);
      await pause(300);
      const later = await other.acquire(key, 1, 60);
      expect(later.total).toBe(2);
      expect(later.endsInMs).toBeLessThanOrEqual(2_750);
      await pause(later.endsInMs + 20);
      expect(await other.acquire(key, 4, 60)).toMatchObject({ total: 4 });
    });

    test('concurrent acquisitions grant every point exactly once', async () => {
      const takes = await Promise.all(
        Array.from({ length: 400 }, async (_, index) => {
          const points = 1 + (index % 7);
          const { total } = await (index % 2 === 0 ? one : other).acquire(key, points, 60);
          return Array.from({ length: points }, (_, n) => total - n);
        }),
      );
      const all = takes.flat().sort((a, b) => a - b);
      expect(all).toEqual(all.map((_, index) => index + 1));
    });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
