/**
 * Conformance suite of idempotency stores: each sentence of the contract in
 * `src/traffic/idempotency/idempotency-store.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Claim, IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';

/** An empty store for one test. */
export interface IdempotencyStoreUnderTest {
  readonly store: IdempotencyStore;
  /** Another store on the same data, as on another node; in memory the same one. */
  reopen(): Promise<IdempotencyStore>;
  /** Closes all stores and removes the data. */
  dispose(): Promise<void>;
}

const at = (time: string) => `2026-05-01T${time}.000Z`;
const [NOW, LEASE_END, AFTER, TOMORROW] = [at('10:00:00'), at('10:01:00'), at('10:02:00'), at('23:00:00')];
/** All byte values, including zero and invalid UTF-8. */
const RESPONSE = Uint8Array.from({ length: 256 }, (_, index) => index);

function claimOf(runId: string, differs: Partial<Claim> = {}): Claim {
  const times = { now: NOW, leaseUntil: LEASE_END, expiresAt: TOMORROW };
  return { scope: 'scope', fingerprint: 'print', runId, ...times, ...differs };
}
const later = { now: AFTER, leaseUntil: at('10:03:00'), expiresAt: at('23:59:00') };

export function idempotencyStoreConformance(
  name: string,
  open: () => Promise<IdempotencyStoreUnderTest>,
): void {
  describe(`requests under a key: ${name}`, () => {
    let opened: IdempotencyStoreUnderTest;
    const store = () => opened.store;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.dispose());

    test('the first claim acquires the key, a second one returns its claim', async () => {
      const first = await store().claim(claimOf('run-1'));
      expect(first).toEqual({
        scope: 'scope',
        fingerprint: 'print',
        runId: 'run-1',
        resumed: false,
        leaseUntil: LEASE_END,
        sealedResponse: null,
        createdAt: NOW,
        expiresAt: TOMORROW,
      });
      const other = await opened.reopen();
      expect(await other.claim(claimOf('run-2', { fingerprint: 'another' }))).toEqual(first);
      expect(await other.find('scope')).toEqual(first);
      expect(await store().find('nothing')).toBeNull();
    });

    test('one of many concurrent claims on several nodes acquires the key', async () => {
      const nodes = [store(), await opened.reopen(), await opened.reopen()];
      const runs = Array.from({ length: 30 }, (_, index) => `run-${index}`);
      const claims = await Promise.all(runs.map((run, index) => nodes[index % 3]?.claim(claimOf(run))));
      expect(new Set(claims.map((record) => record?.runId)).size).toBe(1);
    });

    test('a stored response is returned unchanged and ends takeovers', async () => {
      await store().claim(claimOf('run-1'));
      expect(await store().complete('scope', 'run-1', RESPONSE)).toBe(true);
      const other = await opened.reopen();
      expect((await other.find('scope'))?.sealedResponse).toEqual(RESPONSE);
      expect(await other.claim(claimOf('run-2', later))).toMatchObject({
        runId: 'run-1',
        resumed: false,
        sealedResponse: RESPONSE,
      });
      expect(await other.complete('scope', 'run-1', new Uint8Array(1)), 'twice').toBe(false);
      await other.release('scope', 'run-1', AFTER);
      expect((await store().find('scope'))?.sealedResponse).toEqual(RESPONSE);
    });

    test('one claim takes over an expired lease and keeps the first claim’s time', async () => {
      await store().claim(claimOf('run-1'));
      const early = { ...later, now: at('10:00:59') };
      expect(await store().claim(claimOf('early', early))).toMatchObject({ runId: 'run-1' });
      const other = await opened.reopen();
      const claims = await Promise.all(
        ['run-2', 'run-3', 'run-4'].map((run, index) =>
          (index % 2 === 0 ? store() : other).claim(claimOf(run, later)),
        ),
      );
      const [winner] = new Set(claims.map(({ runId }) => runId));
      expect(claims).toEqual(
        claims.map(() => ({
          scope: 'scope',
          fingerprint: 'print',
          runId: winner,
          resumed: true,
          leaseUntil: later.leaseUntil,
          sealedResponse: null,
          createdAt: NOW,
          expiresAt: TOMORROW,
        })),
      );
      expect(await store().complete('scope', 'run-1', RESPONSE), 'a claim that was taken over').toBe(false);
      await store().release('scope', 'run-1', AFTER);
      expect(await store().find('scope')).toMatchObject({ runId: winner, leaseUntil: later.leaseUntil });
      expect(await store().complete('scope', winner ?? '', RESPONSE)).toBe(true);
    });

    test('a lease of zero length still belongs to its claim', async () => {
      const first = await store().claim(claimOf('run-1', { leaseUntil: NOW }));
      expect(first).toMatchObject({ runId: 'run-1', resumed: false });
      expect(await store().claim(claimOf('run-2'))).toMatchObject({ runId: 'run-2', resumed: true });
    });

    test('a different request never takes over', async () => {
      await store().claim(claimOf('run-1'));
      const claims = await store().claim(claimOf('run-2', { ...later, fingerprint: 'another' }));
      expect(claims).toMatchObject({ runId: 'run-1', fingerprint: 'print', resumed: false });
    });

    test('a released key can be claimed immediately', async () => {
      await store().claim(claimOf('run-1'));
      await store().release('scope', 'run-1', NOW);
      expect(await store().find('scope')).toBeNull();
      const next = await store().claim(claimOf('run-2', { fingerprint: 'another' }));
      expect(next).toMatchObject({ runId: 'run-2', fingerprint: 'another', resumed: false });
    });

    test('a resumed and released key can be claimed immediately and is resumed again', async () => {
      await store().claim(claimOf('run-1'));
      await store().claim(claimOf('run-2', later));
      await store().release('scope', 'run-2', AFTER);
      expect(await store().find('scope')).toMatchObject({ runId: 'run-2', leaseUntil: AFTER });
      const third = await store().claim(claimOf('run-3', later));
      expect(third).toMatchObject({ runId: 'run-3', resumed: true, createdAt: NOW });
    });

    test('an expired key is free, before and after a sweep', async () => {
      await store().claim(claimOf('run-1'));
      await store().complete('scope', 'run-1', RESPONSE);
      await store().claim(claimOf('run-1', { scope: 'lasting', expiresAt: at('23:30:00') }));
      const end = { now: TOMORROW, leaseUntil: at('23:01:00'), expiresAt: at('23:59:00') };
      const again = await store().claim(claimOf('run-9', { ...end, fingerprint: 'another' }));
      expect(again).toMatchObject({ runId: 'run-9', fingerprint: 'another', createdAt: TOMORROW });
      expect(again).toMatchObject({ resumed: false, sealedResponse: null });
      expect(await store().sweep(at('23:29:59'))).toBe(0);
      expect(await store().sweep(at('23:30:00'))).toBe(1);
      expect(await store().find('lasting')).toBeNull();
      expect(await store().find('scope')).not.toBeNull();
    });

    test('sweeps many keys in batches', async () => {
      const count = 250;
      for (let index = 0; index < count; index++) await store().claim(claimOf('run', { scope: `s${index}` }));
      let swept = 0;
      for (let round = 0; swept < count && round < count; round++) swept += await store().sweep(TOMORROW);
      expect(swept).toBe(count);
      expect(await store().sweep(TOMORROW)).toBe(0);
      expect(await store().find('s0')).toBeNull();
    });
  });
}
