import { expect, test } from 'vitest';
import type { KeyStore, StoredKey } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, storedKey } from './samples.ts';

const NOW = '2026-05-01T00:00:00.000Z';
const OVERLAP_END = '2026-05-02T00:00:00.000Z';
const LATER = '2026-06-01T00:00:00.000Z';

const REFUSED: readonly (readonly [string, Partial<StoredKey>])[] = [
  ['is revoked', { revokedAt: '2026-04-01T00:00:00.000Z' }],
  ['expired long ago', { expiresAt: '2026-04-01T00:00:00.000Z' }],
  ['expires now', { expiresAt: NOW }],
  ['was rotated before', { successorId: 'other' }],
];

/** Contract of `rotate`. */
export function rotationConformance(store: () => KeyStore): void {
  const entry = auditEntry({ action: 'key.rotate', keyId: 'a' });
  const rotate = (successor: StoredKey, oldExpiresAt = OVERLAP_END) =>
    store().rotate('a', successor, oldExpiresAt, NOW, entry);
  const log = () => store().listAudit({ limit: 100, before: null });

  test('inserts a successor with the current rights and sets the old key’s end', async () => {
    const rights = {
      name: '🦊',
      scopes: ['instances:read'],
      plan: 'gold',
      allowedCidrs: ['192.0.2.0/24'],
      allowedOrigins: ['https://shop.example.org'],
      regions: ['RegionTwo'],
      disabled: true,
      expiresAt: '2026-07-01T00:00:00.000Z',
    } as const;
    const details = {
      description: 'for CI',
      roles: [{ id: 'r1', name: 'reader' }],
      accessRules: [{ id: 'a1', service: 'compute', method: 'GET', path: '/v2.1/**' }],
    };
    const key = storedKey('a', { ...rights, ...details });
    // A stale copy, read before the change.
    const successor = storedKey('b', {
      ...details,
      familyId: 'a',
      name: 'before',
      expiresAt: LATER,
      scopes: [],
      disabled: false,
    });
    await store().insert(key, auditEntry());
    expect(await rotate(successor)).toBe(true);
    expect(await store().find('a')).toEqual({ ...key, successorId: 'b', expiresAt: OVERLAP_END });
    expect(await store().find('b')).toEqual({ ...successor, ...rights });
    expect((await log())[0]).toMatchObject(entry);
  });

  test('keeps an earlier end', async () => {
    await store().insert(storedKey('a', { expiresAt: OVERLAP_END }), auditEntry());
    expect(await rotate(storedKey('b'), LATER)).toBe(true);
    expect(await store().find('a')).toMatchObject({ expiresAt: OVERLAP_END, successorId: 'b' });
  });

  test('moves a later end forward', async () => {
    await store().insert(storedKey('a', { expiresAt: LATER }), auditEntry());
    expect(await rotate(storedKey('b'), NOW)).toBe(true);
    expect(await store().find('a')).toMatchObject({ expiresAt: NOW });
  });

  test.each(REFUSED)('writes nothing for a key that %s', async (_, state) => {
    const key = storedKey('a', state);
    await store().insert(key, auditEntry());
    expect(await rotate(storedKey('b'))).toBe(false);
    expect(await allKeys(store())).toEqual([key]);
    expect(await log()).toHaveLength(1);
  });

  test('writes nothing for an unknown key', async () => {
    expect(await rotate(storedKey('b'))).toBe(false);
    expect(await allKeys(store())).toEqual([]);
    expect(await log()).toEqual([]);
  });

  test('writes nothing when the successor’s id is taken', async () => {
    const keys = [storedKey('a'), storedKey('b')];
    for (const key of keys) await store().insert(key, auditEntry());
    await expect(rotate(storedKey('b', { name: 'thief' }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await allKeys(store())).toEqual(keys);
    expect(await log()).toHaveLength(2);
  });

  test('rotates once when retried with the same successor', async () => {
    await store().insert(storedKey('a'), auditEntry());
    expect(await rotate(storedKey('b'))).toBe(true);
    expect(await rotate(storedKey('b'))).toBe(false);
    expect(await rotate(storedKey('c'))).toBe(false);
    expect(await allKeys(store())).toHaveLength(2);
    expect(await log()).toHaveLength(2);
  });

  test('exactly one of many concurrent rotations succeeds', async () => {
    await store().insert(storedKey('a'), auditEntry());
    const ids = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const outcomes = await Promise.all(ids.map((id) => rotate(storedKey(id, { familyId: 'a' }))));
    const winners = ids.filter((_, index) => outcomes[index]);
    expect(winners).toHaveLength(1);
    expect((await store().find('a'))?.successorId).toBe(winners[0]);
    expect((await allKeys(store())).map(({ id }) => id)).toEqual(['a', ...winners]);
    expect(await log()).toHaveLength(2);
  });

  test('a rotated key can be rotated again', async () => {
    await store().insert(storedKey('a'), auditEntry());
    await rotate(storedKey('b', { familyId: 'a' }));
    expect(await store().rotate('b', storedKey('c', { familyId: 'a' }), OVERLAP_END, NOW, auditEntry())).toBe(
      true,
    );
    expect((await allKeys(store())).map(({ successorId }) => successorId)).toEqual(['b', 'c', null]);
  });
}
