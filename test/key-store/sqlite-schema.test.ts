import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Compilable, CompiledQuery } from 'kysely';
import { expect, test } from 'vitest';
import {
  appendEntry,
  appendEntryOfChange,
  deleteExpiredRevocations,
  deleteOldEntries,
  selectEntries,
  selectRevoked,
} from '../../adapters/sql/audit-statements.ts';
import {
  deleteIfTooMany,
  retireKey,
  revokeKeys,
  selectReached,
} from '../../adapters/sql/family-statements.ts';
import {
  deleteAllExpired,
  deleteExpired,
  deleteReleased,
  endLease,
  selectExpired,
  selectRecord,
  storeResponse,
  takeOver,
} from '../../adapters/sql/idempotency-store.ts';
import {
  countLive,
  recordUses,
  selectKey,
  selectKeys,
  selectOrigins,
  selectProjects,
  updateKey,
} from '../../adapters/sql/key-statements.ts';
import { SQLITE_TYPES } from '../../adapters/sql/migrations/column-types.ts';
import { migrationsFor } from '../../adapters/sql/migrations/migrate.ts';
import { openKeyStore, openStores } from '../../adapters/sql/open.ts';
import { scheduleCredentials } from '../../adapters/sql/owned-credentials.ts';
import { deleteRuns, selectRuns } from '../../adapters/sql/reconcile-store.ts';
import { openSqlite } from '../../adapters/sql/sqlite.ts';
import {
  addHours,
  deleteOldUsage,
  selectFirstHour,
  selectHours,
  selectSums,
} from '../../adapters/sql/usage-store.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { databaseFile } from './database-file.ts';
import { expectWhole } from './kill.ts';
import { OLD_SCOPES, oldKeys } from './old-scopes.ts';
import { startWriter } from './writer-process.ts';

const MIGRATIONS = Object.keys(migrationsFor(SQLITE_TYPES)).length;

const disk = databaseFile();

test('four processes create the database concurrently and write', { timeout: 60_000 }, async () => {
  const writers = ['a', 'b', 'c', 'd'].map((prefix) => startWriter(disk.url, prefix, 100));
  const ends = await Promise.all(writers.map(({ ended }) => ended));
  expect(ends.map(({ problem }) => problem)).toEqual(['', '', '', '']);
  expect(ends.flatMap(({ ids }) => ids)).toHaveLength(400);
  await expectWhole(
    disk.url,
    ends.flatMap(({ ids }) => ids),
  );
  expect(disk.sqlite('select name from kysely_migration')).toHaveLength(MIGRATIONS);
});

test('many stores create the database concurrently', async () => {
  const stores = await Promise.all(Array.from({ length: 8 }, () => openKeyStore(disk.url)));
  await Promise.all(stores.map((store, index) => store.insert(storedKey(`k${index}`), auditEntry())));
  await Promise.all(stores.map((store) => store.close()));
  expect(disk.sqlite('select name from kysely_migration')).toHaveLength(MIGRATIONS);
});

test('no statement scans a table', async () => {
  const { builder, read, close } = await openSqlite(disk.path);
  const window = { limit: 10, after: { createdAt: '2026-03-01T10:00:00.000Z', id: 'a' } };
  const now = '2026-05-01T00:00:00.000Z';
  const byKey = /SEARCH api_key USING INDEX sqlite_autoindex_api_key_1/;
  const last = /SEARCH audit_entry/;
  const byScope = /SEARCH idempotency USING (COVERING )?INDEX sqlite_autoindex_idempotency_1/;
  const claim = { scope: 's', fingerprint: 'f', runId: 'r', now, leaseUntil: now, expiresAt: now };
  const hour = {
    start: now,
    projectId: 'acme',
    keyId: 'a',
    requests: 1,
    points: 1,
    clientErrors: 0,
    serverErrors: 0,
  };
  const days = { from: now, to: now, interval: 'day', byKey: false } as const;
  const statements: [Compilable, RegExp][] = [
    [selectKey(builder, 'a'), byKey],
    [selectKeys(builder, {}, window), /api_key_by_age \(\(created_at,id\)>/],
    [
      selectKeys(builder, { projectId: 'acme' }, window),
      /api_key_by_project_and_age \(project_id=\? AND \(created_at,id\)>/,
    ],
    [
      selectKeys(builder, { userId: null }, window),
      /api_key_by_user_and_age \(user_id=\? AND \(created_at,id\)>/,
    ],
    [selectKeys(builder, { projectId: 'acme', userId: 'b' }, window), /api_key_by_(project|user)_and_age \(/],
    [
      selectRevoked(builder, 'a'),
      /SEARCH revoked_token USING (COVERING )?INDEX sqlite_autoindex_revoked_token_1/,
    ],
    [deleteExpiredRevocations(builder, now), /revoked_token_by_expiry/],
    [deleteOldEntries(builder, now), /audit_entry_by_time/],
    [selectOrigins(builder, 10), /api_key_with_origins/],
    [countLive(builder, { cloudCredentialId: 'credential' }, now), /api_key_by_cloud_credential \(/],
    [updateKey(builder, 'a', { name: 'b' }, 'change'), byKey],
    [retireKey(builder, 'a', { successorId: 'b', oldExpiresAt: now, changeId: 'c' }), byKey],
    [revokeKeys(builder, 'a', 'family', now, 'change'), /api_key_by_family/],
    [revokeKeys(builder, 'a', 'family', now, 'change'), /api_key_by_maker/],
    [revokeKeys(builder, 'a', 'successors', now, 'change'), byKey],
    [scheduleCredentials(builder, 'a', 'change', 'family'), /api_key_by_cloud_credential/],
    [selectReached(builder, 'a', 'key'), byKey],
    [deleteIfTooMany(builder, storedKey('a'), { atMost: 9, now }, 'change'), byKey],
    [countLive(builder, { projectId: 'acme', userId: 'b' }, now), /api_key_by_(project|user)_and_age \(/],
    [recordUses(builder, [['a', now]]), byKey],
    [appendEntry(builder, auditEntry()), last],
    [appendEntryOfChange(builder, auditEntry(), 'a', 'change'), byKey],
    [selectEntries(builder, { limit: 10, before: 100 }), last],
    [
      selectEntries(builder, { limit: 10, before: 100, keyId: 'a' }),
      /audit_entry_by_key \(key_id=\? AND sequence</,
    ],
    [deleteExpired(builder, 's', now), byScope],
    [takeOver(builder, claim), byScope],
    [selectRecord(builder, 's'), byScope],
    [storeResponse(builder, 's', 'r', new Uint8Array(1)), byScope],
    [deleteReleased(builder, 's', 'r'), byScope],
    [endLease(builder, 's', 'r', now), byScope],
    [selectExpired(builder, now, 10), /idempotency_by_end/],
    [deleteAllExpired(builder, ['s', 't'], now), byScope],
    [selectProjects(builder, now, 10, 'acme'), /api_key_by_project_and_age \(project_id>/],
    [selectRuns(builder, 10, { startedAt: now, id: 'a' }), /reconcile_run_by_start \(\(started_at,id\)</],
    [deleteRuns(builder, now), /reconcile_run_by_start/],
    [addHours(builder, [hour]), /^$/],
    ...[selectHours, selectSums].flatMap((select): [Compilable, RegExp][] => [
      [select(builder, days, { limit: 10, after: null }), /autoindex_usage_hour_1 \(start>/],
      [
        select(builder, { ...days, projectId: 'acme' }, { limit: 10, after: hour }),
        /usage_hour_by_project \(project_id=\? AND start>/,
      ],
      [
        select(builder, { ...days, keyId: 'a' }, { limit: 10, after: hour }),
        /usage_hour_by_key \(key_id=\? AND start>/,
      ],
    ]),
    [
      selectFirstHour(builder, { ...days, projectId: 'acme' }),
      /usage_hour_by_project \(project_id=\? AND start>/,
    ],
    [deleteOldUsage(builder, now), /autoindex_usage_hour_1 \(start</],
  ];
  for (const [statement, index] of statements) {
    const query = statement.compile();
    const text = query.sql;
    const explained = { ...query, sql: `explain query plan ${text}` } as CompiledQuery<{ detail: string }>;
    const plan = await read({ compile: () => explained });
    const steps = plan.map(({ detail }) => detail);
    expect(
      // The index of the few keys with origins is read as a whole.
      steps
        .filter((step) => !step.endsWith('USING INDEX api_key_with_origins'))
        // Usage is summed by day or project, over the rows that the index selects.
        .filter((step) => !step.endsWith('FOR GROUP BY'))
        .filter((step) =>
          /^SCAN (api_key|audit_entry|idempotency|revoked_token|reconcile_run|usage_hour)|TEMP B-TREE/.test(
            step,
          ),
        ),
      text,
    ).toEqual([]);
    expect(steps.join('; '), text).toMatch(index);
  }
  await close();
});

test('a database of the first migration opens', async () => {
  const made = new DatabaseSync(disk.path);
  made.exec(readFileSync(join(import.meta.dirname, 'fixtures/001.sqlite.sql'), 'utf8'));
  made.close();
  const { keys: store, idempotency } = await openStores(disk.url);
  expect(await store.find('a')).toEqual(storedKey('a', { name: "O'Neill 🦊", allowedOrigins: [] }));
  expect(await store.listAudit({ limit: 9, before: null })).toEqual([
    { ...auditEntry({ keyId: 'a' }), sequence: 1 },
  ]);
  expect(await store.update('a', { name: 'b' }, auditEntry())).toMatchObject({ name: 'b' });
  expect(await idempotency.find('s'), 'what later migrations made').toBeNull();
  await store.close();
});

test('a database of a newer version is not opened, and the message names what to do', async () => {
  await (await openStores(disk.url)).keys.close();
  const made = new DatabaseSync(disk.path);
  made.exec("insert into kysely_migration values ('999-of-the-future', '2099-01-01T00:00:00.000Z')");
  made.close();
  await expect(openStores(disk.url)).rejects.toThrow(
    /newer version \(999-of-the-future\): start that version, or restore the backup/,
  );
});

test('keys from before a scope existed may do what they could', async () => {
  const made = new DatabaseSync(disk.path);
  made.exec(readFileSync(join(import.meta.dirname, 'fixtures/001.sqlite.sql'), 'utf8') + oldKeys());
  made.close();
  const store = await openKeyStore(disk.url);
  for (const [index, [, after]] of OLD_SCOPES.entries()) {
    expect((await store.find(String(index)))?.scopes).toEqual(after);
  }
  await store.close();
});

test('a database of a newer version is rejected', async () => {
  await (await openKeyStore(disk.url)).close();
  disk.sqlite("insert into kysely_migration values ('999-of-the-future', '2099-01-01T00:00:00.000Z')");
  await expect(openKeyStore(disk.url)).rejects.toThrow(/^DATABASE_URL: .*999-of-the-future/);
});
