import { expect, test } from 'vitest';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { auditEntry, storedKey } from './samples.ts';

const BEFORE = '2026-05-01T00:00:00.000Z';
const NOW = '2026-05-01T10:00:00.000Z';
const AFTER = '2026-05-01T20:00:00.000Z';

/** Retention of revoked tokens and sessions, and of the audit log. */
export function retentionConformance(store: () => KeyStore, reopen: () => Promise<KeyStore>): void {
  const log = async () => {
    const entries = await store().listAudit({ limit: 99, before: null });
    return entries.map(({ sequence, detail }) => [sequence, detail]);
  };

  test('a revocation is returned with its key only, on every store', async () => {
    await store().insert(storedKey('a'), auditEntry());
    await store().insert(storedKey('b'), auditEntry());
    await store().revokeDerived('a', 'one', AFTER);
    await store().revokeDerived('a', 'two', AFTER);
    const other = await reopen();
    expect([...((await other.find('a'))?.revokedDerived ?? [])].sort()).toEqual(['one', 'two']);
    expect((await other.find('b'))?.revokedDerived).toBeUndefined();
    expect([...(await other.listRevokedDerived('a'))].sort()).toEqual(['one', 'two']);
  });

  test('revoking twice is idempotent', async () => {
    await Promise.all([1, 2, 3].map(() => store().revokeDerived('operator', 'one', AFTER)));
    expect(await store().listRevokedDerived('operator')).toEqual(['one']);
  });

  test('a sweep removes expired revocations only', async () => {
    await store().insert(storedKey('a'), auditEntry());
    await store().revokeDerived('a', 'past', BEFORE);
    await store().revokeDerived('a', 'living', AFTER);
    await store().sweep(NOW, null);
    expect(await store().listRevokedDerived('a')).toEqual(['living']);
    await store().sweep(AFTER, null);
    expect((await store().find('a'))?.revokedDerived).toBeUndefined();
  });

  test('a sweep removes audit entries before its bound; sequence numbers continue', async () => {
    await store().appendAudit([
      auditEntry({ at: BEFORE, detail: 'old' }),
      auditEntry({ at: BEFORE, detail: 'older' }),
      auditEntry({ at: AFTER, detail: 'new' }),
    ]);
    await store().sweep(NOW, NOW);
    expect(await log()).toEqual([[3, 'new']]);
    await store().appendAudit([auditEntry({ detail: 'next' })]);
    expect(await log()).toEqual([
      [4, 'next'],
      [3, 'new'],
    ]);
  });

  test('a sweep without a bound removes no audit entry; one past all entries keeps the newest', async () => {
    await store().appendAudit([auditEntry({ detail: 'one' }), auditEntry({ detail: 'two' })]);
    await store().sweep('2099-01-01T00:00:00.000Z', null);
    expect(await log()).toHaveLength(2);
    await store().sweep('2099-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z');
    expect(await log()).toEqual([[2, 'two']]);
  });
}
