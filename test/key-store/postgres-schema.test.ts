import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { POSTGRES_TYPES } from '../../adapters/sql/migrations/column-types.ts';
import { migrationsFor } from '../../adapters/sql/migrations/migrate.ts';
import { openKeyStore, openStores } from '../../adapters/sql/open.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { startPostgres } from '../support/postgres.ts';
import { expectWhole } from './kill.ts';
import { OLD_SCOPES, oldKeys } from './old-scopes.ts';
import { startWriter } from './writer-process.ts';

const MIGRATIONS = Object.keys(migrationsFor(POSTGRES_TYPES)).length;

const server = await startPostgres('fsync=off');
afterAll(() => server?.stop());

describe.skipIf(server === null)('the schema on PostgreSQL', { timeout: 60_000 }, () => {
  if (server === null) return;

  test('four processes create it concurrently and write', async () => {
    const url = await server.createDatabase();
    const writers = ['a', 'b', 'c', 'd'].map((prefix) => startWriter(url, prefix, 50));
    const ends = await Promise.all(writers.map(({ ended }) => ended));
    expect(ends.map(({ problem }) => problem)).toEqual(['', '', '', '']);
    await expectWhole(
      url,
      ends.flatMap(({ ids }) => ids),
    );
    expect(await server.sql(url, 'select name from kysely_migration')).toHaveLength(MIGRATIONS);
  });

  test('many stores create it concurrently', async () => {
    const url = await server.createDatabase();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openKeyStore(url)));
    await Promise.all(stores.map((store, index) => store.insert(storedKey(`k${index}`), auditEntry())));
    await Promise.all(stores.map((store) => store.close()));
    expect(await server.sql(url, 'select name from kysely_migration')).toHaveLength(MIGRATIONS);
  });

  test('a database of the first migration opens', async () => {
    const url = await server.createDatabase();
    await server.sql(url, readFileSync(join(import.meta.dirname, 'fixtures/001.postgres.sql'), 'utf8'));
    const { keys: store, idempotency } = await openStores(url);
    expect(await store.find('a')).toEqual(storedKey('a', { name: "O'Neill 🦊", allowedOrigins: [] }));
    expect(await store.listAudit({ limit: 9, before: null })).toEqual([
      { ...auditEntry({ keyId: 'a' }), sequence: 1 },
    ]);
    expect(await store.update('a', { name: 'b' }, auditEntry())).toMatchObject({ name: 'b' });
    expect(await idempotency.find('s'), 'what later migrations made').toBeNull();
    await store.close();
  });

  test('keys from before a scope existed may do what they could', async () => {
    const url = await server.createDatabase();
    const first = readFileSync(join(import.meta.dirname, 'fixtures/001.postgres.sql'), 'utf8');
    await server.sql(url, first + oldKeys());
    const store = await openKeyStore(url);
    for (const [index, [, after]] of OLD_SCOPES.entries()) {
      expect((await store.find(String(index)))?.scopes).toEqual(after);
    }
    await store.close();
  });

  test('a database of a newer version is rejected', async () => {
    const url = await server.createDatabase();
    await (await openKeyStore(url)).close();
    await server.sql(
      url,
      "insert into kysely_migration values ('999-of-the-future', '2099-01-01T00:00:00.000Z')",
    );
    await expect(openKeyStore(url)).rejects.toThrow(/^DATABASE_URL: .*999-of-the-future/);
  });
});
