import { expect, test } from 'vitest';
import type { KeyStore, LiveKeyLimit, StoredKey } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, SERVICE, storedKey } from './samples.ts';

const NOW = '2026-05-01T00:00:00.000Z';
const LATER = '2026-06-01T00:00:00.000Z';
const limit = (atMost: number): LiveKeyLimit => ({ atMost, now: NOW });

/** The limit on a user's active keys in `insert` and `rotate`, and `update` during a rotation. */
export function activeKeysConformance(store: () => KeyStore, reopen: () => Promise<KeyStore>): void {
  const log = () => store().listAudit({ limit: 99, before: null });
  const counted = () => store().countLive({ projectId: 'acme', userId: 'acme-user' }, NOW);

  test('counts the active keys of one user in one project', async () => {
    const keys = [
      storedKey('a'),
      storedKey('b', { disabled: true }),
      storedKey('c', { expiresAt: LATER }),
      storedKey('d', { expiresAt: NOW }),
      storedKey('e', { revokedAt: NOW }),
      storedKey('f', { userId: 'other' }),
      storedKey('g', { projectId: 'globex' }),
      storedKey('h', SERVICE),
    ];
    for (const key of keys) await store().insert(key, auditEntry());
    expect(await counted()).toBe(3);
    expect(await store().countLive({ projectId: 'acme', userId: null }, NOW)).toBe(1);
  });

  test('inserts up to the limit; beyond it writes neither key nor audit entry', async () => {
    await store().insert(storedKey('gone', { revokedAt: NOW }), auditEntry());
    await store().insert(storedKey('other', { userId: 'other' }), auditEntry());
    expect(await store().insert(storedKey('a'), auditEntry(), limit(2))).toBe(true);
    expect(await store().insert(storedKey('b'), auditEntry(), limit(2))).toBe(true);
    expect(await store().insert(storedKey('c'), auditEntry(), limit(2))).toBe(false);
    expect(await store().find('c')).toBeNull();
    expect(await log()).toHaveLength(4);
    await store().revoke('a', NOW, auditEntry(), 'key');
    expect(await store().insert(storedKey('c'), auditEntry(), limit(2))).toBe(true);
  });

  test('inserts one live key of a name for each user, where names are to be unique', async () => {
    const unique = { ...limit(9), isNameUnique: true };
    const insert = (id: string, differs: Partial<StoredKey> = {}) =>
      store().insert(storedKey(id, { name: 'ci', ...differs }), auditEntry(), unique);
    await store().insert(storedKey('gone', { name: 'ci', revokedAt: NOW }), auditEntry());
    await store().insert(storedKey('ended', { name: 'ci', expiresAt: NOW }), auditEntry());
    expect(await insert('a')).toBe(true);
    expect(await insert('b')).toBe(false);
    expect(await insert('c', { projectId: 'globex' })).toBe(false);
    expect(await insert('d', { name: 'CI' })).toBe(true);
    expect(await insert('e', { userId: 'other' })).toBe(true);
    expect(await insert('f', SERVICE)).toBe(true);
    expect(await insert('g', SERVICE)).toBe(false);
    expect(await insert('h', { ...SERVICE, projectId: 'globex' })).toBe(true);
    expect(await store().find('b')).toBeNull();
    expect(await log()).toHaveLength(7);
  });

  test('concurrent inserts on several stores never exceed the limit', async () => {
    const stores = [store(), await reopen(), await reopen()];
    await store().insert(storedKey('first'), auditEntry());
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        (stores[index % stores.length] ?? store()).insert(storedKey(`k${index}`), auditEntry(), limit(10)),
      ),
    );
    expect(outcomes.filter((inserted) => inserted)).toHaveLength(9);
    expect(await counted()).toBe(10);
    expect(await log()).toHaveLength(10);
  });

  test('a rotation at the limit succeeds without an overlap and fails with one', async () => {
    await store().insert(storedKey('a'), auditEntry());
    await store().insert(storedKey('b'), auditEntry());
    const before = await allKeys(store());
    expect(await store().rotate('a', storedKey('c'), LATER, NOW, auditEntry(), limit(2))).toBe(false);
    expect(await allKeys(store())).toEqual(before);
    expect(await log()).toHaveLength(2);
    expect(await store().rotate('a', storedKey('c'), NOW, NOW, auditEntry(), limit(2))).toBe(true);
    expect(await counted()).toBe(2);
    expect(await store().rotate('c', storedKey('d'), LATER, NOW, auditEntry(), limit(3))).toBe(true);
    expect(await counted()).toBe(3);
  });

  test('an update fails for a key that was rotated since it was read', async () => {
    const key = storedKey('a');
    await store().insert(key, auditEntry());
    await store().rotate('a', storedKey('b'), LATER, NOW, auditEntry());
    const rotated = await store().find('a');
    expect(await store().update('a', { disabled: true }, auditEntry(), key)).toBeNull();
    expect(await store().find('a')).toEqual(rotated);
    expect(await log()).toHaveLength(2);
    expect(await store().update('a', { disabled: true }, auditEntry(), { successorId: 'b' })).toMatchObject({
      disabled: true,
    });
  });

  test('with a concurrent update and rotation the successor has the change or the update fails', async () => {
    const other = await reopen();
    for (let round = 0; round < 8; round++) {
      const key = storedKey(`a${round}`);
      await store().insert(key, auditEntry());
      const [updated, rotated] = await Promise.all([
        store().update(key.id, { disabled: true, expiresAt: LATER }, auditEntry(), key),
        other.rotate(key.id, storedKey(`b${round}`), NOW, '2026-04-01T00:00:00.000Z', auditEntry()),
      ]);
      expect(rotated).toBe(true);
      expect(await store().find(`b${round}`)).toMatchObject(
        updated === null ? { disabled: false, expiresAt: null } : { disabled: true, expiresAt: LATER },
      );
    }
  });
}
