import { expect, test } from 'vitest';
import type { KeyChange, KeyStore } from '../../../src/access/key-store.ts';
import { auditEntry, storedKey } from './samples.ts';

const CHANGES: readonly KeyChange[] = [
  { name: 'other' },
  { scopes: ['admin'] },
  { scopes: [] },
  { plan: 'gold' },
  { allowedCidrs: ['198.51.100.0/24'] },
  { allowedCidrs: [] },
  { allowedOrigins: ['https://shop.example.org'] },
  { allowedOrigins: [] },
  { regions: ['RegionTwo'] },
  { regions: null },
  { expiresAt: null },
  { expiresAt: '2031-01-01T00:00:00.000Z' },
  { disabled: true },
  {},
  { name: 'all', scopes: ['admin'], plan: 'gold', allowedCidrs: [], expiresAt: null, disabled: true },
];

const FIRST = '2026-05-01T00:00:00.000Z';
const LATER = '2026-06-01T00:00:00.000Z';

/** Contract of `update`, `revoke`, `countActive` and `recordUses`. */
export function changesConformance(store: () => KeyStore): void {
  const log = () => store().listAudit({ limit: 100, before: null });

  test.each(CHANGES)('updates %j and nothing else', async (change) => {
    const key = storedKey('a', { expiresAt: '2030-01-01T00:00:00.000Z', regions: ['RegionOne', 'Örtlich'] });
    const bystander = storedKey('b');
    await store().insert(key, auditEntry());
    await store().insert(bystander, auditEntry());
    const entry = auditEntry({ action: 'key.update', keyId: 'a', detail: JSON.stringify(change) });
    expect(await store().update('a', change, entry)).toEqual({ ...key, ...change });
    expect(await store().find('a')).toEqual({ ...key, ...change });
    expect(await store().find('b')).toEqual(bystander);
    expect((await log())[0]).toMatchObject(entry);
  });

  test('an update of an unknown or revoked key changes nothing and writes no entry', async () => {
    await store().insert(storedKey('a'), auditEntry());
    const [revoked] = await store().revoke('a', FIRST, auditEntry(), 'key');
    expect(await store().update('unknown', { name: 'x' }, auditEntry())).toBeNull();
    expect(await store().update('a', { name: 'x', disabled: true }, auditEntry())).toBeNull();
    expect(await store().find('a')).toEqual(revoked);
    expect(await log()).toHaveLength(2);
  });

  test('a second revocation keeps the first time and writes no entry', async () => {
    const key = storedKey('a');
    const entry = auditEntry({ action: 'key.revoke', keyId: 'a' });
    await store().insert(key, auditEntry());
    expect(await store().revoke('a', FIRST, entry, 'key')).toEqual([{ ...key, revokedAt: FIRST }]);
    expect(await store().revoke('a', LATER, entry, 'key')).toEqual([{ ...key, revokedAt: FIRST }]);
    expect(await store().revoke('a', '2026-04-01T00:00:00.000Z', entry, 'key')).toMatchObject([
      { revokedAt: FIRST },
    ]);
    expect(await store().find('a')).toEqual({ ...key, revokedAt: FIRST });
    expect(await log()).toHaveLength(2);
  });

  test('revoking an unknown key changes nothing', async () => {
    for (const reach of ['key', 'successors', 'family'] as const) {
      expect(await store().revoke('unknown', FIRST, auditEntry(), reach)).toEqual([]);
    }
    expect(await log()).toEqual([]);
  });

  test('concurrent revocations agree on one time', async () => {
    await store().insert(storedKey('a'), auditEntry());
    const times = Array.from({ length: 8 }, (_, day) => `2026-05-0${day + 1}T00:00:00.000Z`);
    const revoked = await Promise.all(
      times.map((at) => store().revoke('a', at, auditEntry({ action: 'key.revoke', at }), 'key')),
    );
    const revokedTimes = new Set(revoked.map(([key]) => key?.revokedAt));
    expect(revokedTimes.size).toBe(1);
    expect((await log()).filter(({ action }) => action === 'key.revoke').map(({ at }) => at)).toEqual([
      ...revokedTimes,
    ]);
  });

  test('counts the active keys of an application credential', async () => {
    const shared = { cloudCredentialId: 'shared' };
    const keys = [
      storedKey('a', shared),
      storedKey('b', { ...shared, expiresAt: LATER }),
      storedKey('c', { ...shared, expiresAt: FIRST }),
      storedKey('d', { ...shared, disabled: true }),
      storedKey('e', shared),
      storedKey('f'),
    ];
    for (const key of keys) await store().insert(key, auditEntry());
    await store().revoke('e', FIRST, auditEntry(), 'key');
    expect(await store().countLive({ cloudCredentialId: 'shared' }, '2026-05-01T00:00:00.000Z')).toBe(3);
    expect(await store().countLive({ cloudCredentialId: 'shared' }, '2026-05-31T23:59:59.999Z')).toBe(3);
    expect(await store().countLive({ cloudCredentialId: 'shared' }, LATER)).toBe(2);
    // The same time without milliseconds.
    expect(await store().countLive({ cloudCredentialId: 'shared' }, '2026-06-01T00:00:00Z')).toBe(2);
    expect(await store().countLive({ cloudCredentialId: 'unknown' }, LATER)).toBe(0);
  });

  test('records uses monotonically and for existing keys only', async () => {
    await store().insert(storedKey('a'), auditEntry());
    await store().insert(storedKey('b', { lastUsedAt: LATER }), auditEntry());
    await store().recordUses(
      new Map([
        ['a', FIRST],
        ['unknown', FIRST],
        ['b', FIRST],
      ]),
    );
    expect(await store().find('a')).toEqual(storedKey('a', { lastUsedAt: FIRST }));
    expect((await store().find('b'))?.lastUsedAt).toBe(LATER);
    await store().recordUses(new Map([['a', LATER]]));
    await store().recordUses(new Map([['a', FIRST]]));
    expect((await store().find('a'))?.lastUsedAt).toBe(LATER);
    await store().recordUses(new Map());
    expect(await store().find('unknown')).toBeNull();
    expect(await log()).toHaveLength(2);
  });

  test('records uses of many keys in concurrent batches', async () => {
    const ids = Array.from({ length: 130 }, (_, index) => `k${index}`);
    await Promise.all(ids.map((id) => store().insert(storedKey(id), auditEntry())));
    const uses = (at: string, order: readonly string[]) =>
      store().recordUses(new Map(order.map((id) => [id, at])));
    await Promise.all([uses(FIRST, ids), uses(LATER, ids.toReversed()), uses(FIRST, ids.toReversed())]);
    const keys = await store().list({}, { limit: 200, after: null });
    expect(new Set(keys.map(({ lastUsedAt }) => lastUsedAt))).toEqual(new Set([LATER]));
  });
}
