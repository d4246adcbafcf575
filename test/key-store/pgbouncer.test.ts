import { afterAll, describe, expect, test } from 'vitest';
import { sqlKeyStore } from '../../adapters/sql/key-store.ts';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { openPostgres } from '../../adapters/sql/postgres.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { storm } from '../conformance/key-store/storm.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { startPostgres } from '../support/postgres.ts';

const LIMITS = { connections: 4, connectTimeoutMs: 2_000, statementTimeoutMs: 500 };
/** SQLSTATE of a statement that the server cancelled for its timeout. */
const CANCELLED = '57014';

const server = await startPostgres('fsync=off');
/** As it comes, and as operators set it up for clients that insist on parameters: then it drops them. */
const poolers = [
  ['as it comes', []],
  [
    'that drops the parameters of clients',
    ['ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout'],
  ],
] as const;

describe.skipIf(server === null).each(poolers)('PgBouncer in transaction mode %s', async (_, settings) => {
  if (server === null) return;
  const pooler = await startPgBouncer(await server.createDatabase(), settings);
  afterAll(async () => {
    await pooler?.stop();
  });
  if (pooler === null) return;

  test('concurrently starting nodes migrate, and then neither lose nor duplicate writes', async () => {
    const url = pooler.through(await server.createDatabase());
    const stores = await Promise.all(Array.from({ length: 4 }, () => openKeyStore(url)));
    const [reader] = stores;
    if (reader === undefined) throw new Error('no store');
    await storm(stores, reader, 1);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('the server cancels a blocked read and a blocked write in time', async () => {
    const direct = await server.createDatabase();
    const store = sqlKeyStore(await openPostgres(pooler.through(direct), LIMITS));
    const unlock = Promise.withResolvers<void>();
    const locked = server.locked(direct, 'api_key', unlock.promise);
    await locked.taken;
    const cancelled = { code: 'unavailable', cause: { code: CANCELLED } };
    await expect(store.find('a')).rejects.toMatchObject(cancelled);
    await expect(store.insert(storedKey('a'), auditEntry())).rejects.toMatchObject(cancelled);
    unlock.resolve();
    await locked.released;
    await store.insert(storedKey('a'), auditEntry());
    expect(await store.find('a')).toEqual(storedKey('a'));
    await store.close();
  });

  test('leaves no lock and no setting in the sessions of the pooler', async () => {
    const direct = await server.createDatabase();
    const store = await openKeyStore(pooler.through(direct));
    await store.insert(storedKey('a'), auditEntry());
    await store.close();
    expect(await server.sql(direct, "select 1 from pg_locks where locktype = 'advisory'")).toEqual([]);
  });
});

afterAll(() => server?.stop());
