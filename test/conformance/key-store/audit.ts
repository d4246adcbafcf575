import { expect, test } from 'vitest';
import { AUDIT_ACTIONS, type AuditQuery, type AuditRecord } from '../../../src/access/audit.ts';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { auditEntry, storedKey } from './samples.ts';

/** Contract of `appendAudit` and `listAudit`. */
export function auditConformance(store: () => KeyStore): void {
  const details = (records: readonly AuditRecord[]) => records.map(({ detail }) => detail);
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, index) => auditEntry({ detail: `${index}` }));

  test('returns entries unchanged, newest first', async () => {
    const entries = AUDIT_ACTIONS.map((action, index) =>
      auditEntry(
        index % 2 === 0
          ? { action, keyId: 'a', detail: action }
          : { action, address: null, requestId: null, actor: 'cli' },
      ),
    );
    await store().appendAudit(entries);
    const records = await store().listAudit({ limit: 100, before: null });
    expect(records.toReversed()).toEqual(
      entries.map((entry) => ({ ...entry, sequence: expect.any(Number) })),
    );
    const sequences = records.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => b - a));
    expect(new Set(sequences).size).toBe(entries.length);
  });

  test('appends nothing for an empty list', async () => {
    await store().appendAudit([]);
    expect(await store().listAudit({ limit: 1, before: null })).toEqual([]);
  });

  test('orders by insertion, not by the entries’ time', async () => {
    await store().appendAudit([auditEntry({ at: '2030-01-01T00:00:00.000Z', detail: 'first' })]);
    await store().insert(storedKey('a'), auditEntry({ at: '2020-01-01T00:00:00.000Z', detail: 'second' }));
    expect(details(await store().listAudit({ limit: 9, before: null }))).toEqual(['second', 'first']);
  });

  test('pages from newest to oldest while entries are appended', async () => {
    await store().appendAudit(numbered(25));
    const seen: AuditRecord[] = [];
    for (;;) {
      const page = await store().listAudit({ limit: 10, before: seen.at(-1)?.sequence ?? null });
      seen.push(...page);
      if (page.length < 10) break;
      await store().appendAudit([auditEntry({ detail: 'late' })]);
    }
    expect(details(seen)).toEqual(
      details(numbered(25).map((entry) => ({ ...entry, sequence: 0 }))).reverse(),
    );
    const oldest = seen.at(-1)?.sequence ?? 0;
    expect(await store().listAudit({ limit: 10, before: oldest })).toEqual([]);
  });

  test('filters by action, key, project and time, and pages within a filter', async () => {
    const at = (hour: number) => `2026-05-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
    await store().insert(storedKey('a'), auditEntry({ keyId: 'a', at: at(1), detail: '1' }));
    const globex = storedKey('g', { projectId: 'globex' });
    await store().insert(globex, auditEntry({ keyId: 'g', at: at(2), detail: '2' }));
    await store().appendAudit([
      auditEntry({ keyId: 'a', at: at(3), action: 'key.refused', detail: '3' }),
      auditEntry({ keyId: null, at: at(4), action: 'key.refused', detail: '4' }),
      auditEntry({ keyId: 'a', at: at(5), action: 'key.refused', detail: '5' }),
    ]);
    const list = async (filter: Partial<AuditQuery>) =>
      details(await store().listAudit({ limit: 9, before: null, ...filter })).join('');
    expect(await list({ action: 'key.refused' })).toBe('543');
    expect(await list({ keyId: 'a' })).toBe('531');
    expect(await list({ keyId: 'a', action: 'key.refused', to: at(5) })).toBe('3');
    expect(await list({ projectId: 'globex' })).toBe('2');
    expect(await list({ projectId: 'acme', from: at(3) })).toBe('53');
    expect(await list({ from: at(2), to: at(4) })).toBe('32');
    expect(await list({ keyId: 'g', projectId: 'acme' })).toBe('');
    const [newest] = await store().listAudit({ limit: 1, before: null, keyId: 'a' });
    expect(await list({ keyId: 'a', before: newest?.sequence ?? 0 })).toBe('31');
  });

  test('concurrent appends are neither lost nor duplicated', async () => {
    const entries = Array.from({ length: 20 }, (_, writer) =>
      Array.from({ length: 5 }, (_, index) => auditEntry({ actor: `key:${writer}`, detail: `${index}` })),
    );
    await Promise.all(entries.map((batch) => store().appendAudit(batch)));
    const records = await store().listAudit({ limit: 1_000, before: null });
    expect(records).toHaveLength(100);
    expect(new Set(records.map(({ sequence }) => sequence)).size).toBe(100);
    for (const [writer] of entries.entries()) {
      const own = records.filter(({ actor }) => actor === `key:${writer}`);
      expect(details(own)).toEqual(['4', '3', '2', '1', '0']);
    }
  });

  test('has no method that changes or deletes an entry', () => {
    const methods = Object.keys(store()).filter((name) => /audit|entr/i.test(name));
    expect(methods.sort()).toEqual(['appendAudit', 'listAudit']);
  });
}
