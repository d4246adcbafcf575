import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Logger } from '../telemetry/logger.ts';
import type { AuditEntry } from './audit.ts';
import { Journal } from './journal.ts';
import type { KeyStore } from './key-store.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
});
afterEach(() => {
  vi.useRealTimers();
});

function journalWith(broken = false) {
  const uses: ReadonlyMap<string, string>[] = [];
  const entries: AuditEntry[] = [];
  const lost: string[] = [];
  const log: Logger = { info() {}, warn() {}, error: (event) => lost.push(event), with: () => log };
  const store: Partial<KeyStore> = {
    async recordUses(batch) {
      if (broken) throw new Error('down');
      uses.push(batch);
    },
    async appendAudit(batch) {
      entries.push(...batch);
    },
  };
  return { journal: new Journal(store as KeyStore, log), uses, entries, lost };
}

test('writes uses in one batch, and those of a key at most once a minute', async () => {
  const { journal, uses } = journalWith();
  for (const key of ['a', 'b', 'a']) journal.recordUse(key);
  await journal.flush();
  journal.recordUse('a');
  await journal.flush();
  vi.advanceTimersByTime(60_000);
  journal.recordUse('a');
  await journal.flush();
  expect(uses.map((batch) => [...batch])).toEqual([
    [
      ['a', '2026-06-01T00:00:00.000Z'],
      ['b', '2026-06-01T00:00:00.000Z'],
    ],
    [['a', '2026-06-01T00:01:00.000Z']],
  ]);
});

test('writes equal rejections as one entry with a count', async () => {
  const { journal, entries } = journalWith();
  for (let n = 0; n < 100; n++) journal.recordRejection('wrong_secret', 'k1', '192.0.2.1', `req-${n}`);
  journal.recordRejection('wrong_secret', 'k1', '192.0.2.2', 'req-x');
  await journal.flush();
  expect(entries).toEqual([
    {
      at: '2026-06-01T00:00:00.000Z',
      actor: 'anonymous',
      action: 'key.refused',
      keyId: 'k1',
      address: '192.0.2.1',
      requestId: 'req-0',
      detail: 'wrong_secret, 100 times',
    },
    expect.objectContaining({ address: '192.0.2.2', detail: 'wrong_secret, 1 times' }),
  ]);
});

test('bounds the entries of a distributed guessing attack', async () => {
  const { journal, entries } = journalWith();
  for (let n = 0; n < 5_000; n++)
    journal.recordRejection('unknown', null, `2001:db8::${n.toString(16)}`, 'req');
  await journal.flush();
  expect(entries).toHaveLength(100);
});

test('logs and drops a batch while the store is down', async () => {
  const { journal, lost } = journalWith(true);
  journal.recordUse('a');
  await expect(journal.flush()).resolves.toBeUndefined();
  expect(lost).toEqual(['journal_write_failed']);
});
