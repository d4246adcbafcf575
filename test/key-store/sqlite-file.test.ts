import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { sqlKeyStore } from '../../adapters/sql/key-store.ts';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { openSqlite } from '../../adapters/sql/sqlite.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { databaseFile } from './database-file.ts';
import { expectWhole, killDuringWrites } from './kill.ts';
import { startWriter } from './writer-process.ts';

const disk = databaseFile();

test('kill -9 during writes loses no acknowledged key', { timeout: 120_000 }, async () => {
  await killDuringWrites(disk.url);
  expect(disk.sqlite('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
});

test('a process reads and writes while another writes', { timeout: 60_000 }, async () => {
  const store = await openKeyStore(disk.url);
  const writer = startWriter(disk.url, 'other', 300);
  await writer.acknowledged(1);
  for (let index = 0; index < 100; index++) {
    await store.insert(storedKey(`own-${index}`), auditEntry({ keyId: `own-${index}` }));
    expect(await store.find('other-1')).not.toBeNull();
  }
  await store.close();
  const { ids, problem } = await writer.ended;
  expect(problem).toBe('');
  await expectWhole(disk.url, [...ids, 'own-0', 'own-99']);
});

test('a full disk is "unavailable" and loses no acknowledged write', {
  timeout: 60_000,
}, async () => {
  const { ids, problem } = await startWriter(disk.url, 'full', 100_000, '2000').ended;
  expect(problem).toBe('unavailable');
  expect(ids.length).toBeGreaterThan(10);
  await expectWhole(disk.url, ids);
  expect(disk.sqlite('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
});

test('a lock longer than the timeout is "unavailable", without blocking reads and timers', async () => {
  const store = sqlKeyStore(await openSqlite(disk.path, 300));
  await store.insert(storedKey('a'), auditEntry());
  const other = new DatabaseSync(disk.path);
  other.exec('begin immediate');
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  const started = performance.now();
  const refused = expect(store.insert(storedKey('b'), auditEntry())).rejects.toMatchObject({
    code: 'unavailable',
    cause: { errcode: 5 },
  });
  expect(await store.find('a')).not.toBeNull();
  await refused;
  clearInterval(ticking);
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(ticks).toBeGreaterThan(5);
  other.exec('rollback');
  other.close();
  await store.insert(storedKey('b'), auditEntry());
  await store.close();
});

test('every call after close is "unavailable"', async () => {
  const store = await openKeyStore(disk.url);
  const running = store.insert(storedKey('a'), auditEntry());
  const closed = store.close();
  await running;
  await closed;
  await expect(store.find('a')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(store.insert(storedKey('b'), auditEntry())).rejects.toMatchObject({ code: 'unavailable' });
  await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' });
});

test('the files are readable only by their owner, and a missing folder is not created', async () => {
  const inner = join(disk.folder, 'inner');
  await expect(openKeyStore(`sqlite:${inner}/keys.db`)).rejects.toThrow(/^DATABASE_URL: .*ENOENT/);
  mkdirSync(inner);
  const store = await openKeyStore(`sqlite:${inner}/keys.db`);
  await store.insert(storedKey('a'), auditEntry());
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  for (const suffix of ['', '-wal', '-shm']) expect(mode(`${inner}/keys.db${suffix}`), suffix).toBe('600');
  await store.close();
});

test('a commit waits for the disk without blocking readers', async () => {
  const database = await openSqlite(disk.path);
  const pragma = (name: string) =>
    database.read(database.builder.selectFrom(sql.raw<object>(`pragma_${name}`).as('pragma')).selectAll());
  expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
  expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  await database.close();
});

test('a file that is not a database is rejected and not changed', async () => {
  writeFileSync(disk.path, 'these are my notes, and no database'.repeat(100));
  const before = readFileSync(disk.path);
  await expect(openKeyStore(disk.url)).rejects.toThrow(/^DATABASE_URL: .*not a database/);
  expect(readFileSync(disk.path)).toEqual(before);
});
