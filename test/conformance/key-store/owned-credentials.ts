import { expect, test } from 'vitest';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { auditEntry, SERVICE, storedKey } from './samples.ts';

const NOW = '2026-05-01T00:00:00.000Z';
const END = '2026-06-01T00:00:00.000Z';
const LATER = '2026-07-01T00:00:00.000Z';

/** Contract of `OwnedCredentials`: when a credential is due, through every change of its keys. */
export function ownedCredentialsConformance(store: () => KeyStore, reopen: () => Promise<KeyStore>): void {
  const shared = { cloudCredentialId: 'c' };
  const insert = (id: string, differs: Partial<Parameters<typeof storedKey>[1]> = {}) =>
    store().insert(storedKey(id, { ...shared, ...differs }), auditEntry());
  const due = async (now: string, by = store()) =>
    (await by.ownedCredentials.due(now, 9)).map(({ id, userId }) => [id, userId]);
  const C = ['c', 'acme-user'];

  test('a credential is due when its key has expired, on every store, and never while a key has no expiry', async () => {
    await insert('a', { expiresAt: END });
    expect(await due(NOW)).toEqual([]);
    expect(await due(END, await reopen())).toEqual([C]);
    await insert('b');
    expect(await due(LATER)).toEqual([]);
  });

  test('a credential is due when the last of its keys was revoked', async () => {
    await insert('a');
    await insert('b');
    await store().revoke('a', NOW, auditEntry(), 'key');
    expect(await due(NOW)).toEqual([]);
    await store().revoke('b', END, auditEntry(), 'key');
    expect(await due(NOW)).toEqual([]);
    expect(await due(END)).toEqual([C]);
  });

  test('a changed expiry and a rotation move the time', async () => {
    await insert('a', { expiresAt: END });
    await store().update('a', { expiresAt: LATER }, auditEntry());
    expect(await due(END)).toEqual([]);
    await store().update('a', { expiresAt: END }, auditEntry());
    expect(await due(END)).toEqual([C]);
    await store().update('a', { expiresAt: LATER }, auditEntry());
    await store().rotate('a', storedKey('b', { ...shared, familyId: 'a' }), NOW, NOW, auditEntry());
    expect(await due(END)).toEqual([]);
    expect(await due(LATER)).toEqual([C]);
  });

  test('a credential is not due while a key with it lives, though its schedule is stale', async () => {
    await insert('a', { expiresAt: LATER });
    await store().ownedCredentials.postpone('c', NOW);
    expect(await due(END)).toEqual([]);
    expect(await due(LATER)).toEqual([C]);
  });

  test('a credential that the gateway does not own is never due', async () => {
    await insert('a', { ownsCloudCredential: false, expiresAt: NOW });
    await insert('s', { ...SERVICE, expiresAt: NOW });
    expect(await due(LATER)).toEqual([]);
  });

  test('a key beyond the limit leaves nothing to be due', async () => {
    const limit = { atMost: 0, now: NOW };
    expect(await store().insert(storedKey('a', { ...shared, expiresAt: END }), auditEntry(), limit)).toBe(
      false,
    );
    expect(await due(LATER)).toEqual([]);
  });

  test('the longest due comes first; a postponed one later, a removed one never', async () => {
    await insert('a', { expiresAt: END });
    await insert('b', { cloudCredentialId: 'd', expiresAt: NOW });
    expect(await due(LATER)).toEqual([['d', 'acme-user'], C]);
    await store().ownedCredentials.postpone('d', '2026-08-01T00:00:00.000Z');
    expect(await due(LATER)).toEqual([C]);
    await store().ownedCredentials.remove('c');
    await store().ownedCredentials.remove('none');
    expect(await due('2026-08-01T00:00:00.000Z')).toEqual([['d', 'acme-user']]);
  });
}
