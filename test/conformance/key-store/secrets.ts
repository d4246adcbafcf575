import { expect, test } from 'vitest';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { auditEntry, storedKey } from './samples.ts';

const secret = (fill: number) => ({ check: `check-${fill}`, sealedStoreKey: new Uint8Array(60).fill(fill) });
const NOW = '2026-03-01T10:00:00.000Z';

/** @param reopen Another store on the same data. */
export function secretsConformance(store: () => KeyStore, reopen: () => Promise<KeyStore>): void {
  test('a new store has no secret and the current schema', async () => {
    expect(await store().secrets.find()).toBeNull();
    expect(await store().hasSchema()).toBe(true);
  });

  test('one of several concurrent first secrets is stored, and all callers read it', async () => {
    const other = await reopen();
    await Promise.all([1, 2, 3, 4].map((n) => (n % 2 ? store() : other).secrets.initialize(secret(n))));
    const stored = await store().secrets.find();
    expect(stored?.previous).toBeNull();
    expect([1, 2, 3, 4].map(secret)).toContainEqual(stored?.current);
    expect(await other.secrets.find()).toEqual(stored);
  });

  test('replaces the secret only if the current one matches', async () => {
    await store().secrets.initialize(secret(1));
    await Promise.all([
      store().secrets.replace('check-1', secret(2)),
      store().secrets.replace('check-1', secret(3)),
    ]);
    const stored = await store().secrets.find();
    expect([secret(2), secret(3)]).toContainEqual(stored?.current);
    expect(stored?.previous).toEqual(secret(1));
  });

  test('re-seals an unchanged key, with the current secret only', async () => {
    const { secrets } = store();
    await secrets.initialize(secret(1));
    await secrets.replace('check-1', secret(2));
    const old = storedKey('a');
    await store().insert(old, auditEntry());
    const seal = (check: string) => ({
      secretHash: new Uint8Array(32).fill(9),
      sealedCredential: new Uint8Array(50).fill(9),
      sealedUnder: check,
    });
    await secrets.reseal('a', old.secretHash, seal('check-1'));
    await secrets.reseal('a', new Uint8Array(32).fill(8), seal('check-2'));
    expect(await store().find('a')).toEqual(old);
    await secrets.reseal('a', old.secretHash, seal('check-2'));
    expect(await store().find('a')).toEqual({ ...old, ...seal('check-2') });
  });

  test('counts active keys sealed with another secret, and those with an unknown one', async () => {
    const { secrets } = store();
    expect(await secrets.countSealed('check-1', NOW)).toEqual({ others: 0, unmarked: 0 });
    const rows: [string, string | null, object?][] = [
      ['a', null],
      ['b', 'check-1'],
      ['c', 'check-2'],
      ['d', 'check-2', { expiresAt: '2026-02-01T10:00:00.000Z' }],
      ['e', 'check-2', { revokedAt: '2026-02-01T10:00:00.000Z' }],
    ];
    for (const [id, sealedUnder, more] of rows) {
      await store().insert(
        { ...storedKey(id), expiresAt: null, revokedAt: null, sealedUnder, ...more },
        auditEntry(),
      );
    }
    expect(await secrets.countSealed('check-1', NOW)).toEqual({ others: 1, unmarked: 1 });
  });
}
