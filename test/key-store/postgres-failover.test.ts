import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openStores } from '../../adapters/sql/open.ts';
import type { Stores } from '../../adapters/sql/stores.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { startPostgres } from '../support/postgres.ts';

const server = await startPostgres('fsync=off');
afterAll(() => server?.stop());

describe.skipIf(server === null)('PostgreSQL that becomes read-only and writable again', () => {
  if (server === null) return;
  let url: string;
  let stores: Stores;
  beforeEach(async () => {
    url = await server.createDatabase();
    stores = await openStores(url);
    return () => stores.keys.close();
  });

  /** What a failover to a standby does to the pool: its connections are cut, and the next ones are read-only. */
  async function failOver(reads: number): Promise<void> {
    await Promise.all(Array.from({ length: reads }, () => stores.keys.find('a')));
    await readOnly('on');
    await cut();
    await expect.poll(() => stores.keys.ping().then(() => 'well', String), { timeout: 10_000 }).toBe('well');
    await Promise.all(Array.from({ length: reads }, () => stores.keys.find('a')));
  }
  const readOnly = (value: 'on' | 'off') => {
    const database = new URL(url).pathname.slice(1);
    const elsewhere = new URL('/postgres', url).href;
    return server.sql(elsewhere, `alter database ${database} set default_transaction_read_only = ${value}`);
  };
  const cut = () =>
    server.sql(
      url,
      'select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );

  test.each([1, 10])(
    'the first write afterwards succeeds, with %i older connections',
    async (connections) => {
      await failOver(connections);
      await readOnly('off');
      await stores.keys.insert(storedKey('a'), auditEntry());
      expect(await stores.keys.find('a')).toEqual(storedKey('a'));
      expect(await stores.keys.isWritable()).toBe(true);
    },
  );

  test('while read-only, reads work, writes are "unavailable", and isWritable is false', async () => {
    await failOver(3);
    for (let n = 0; n < 3; n++) {
      expect(await stores.keys.isWritable()).toBe(false);
      await expect(stores.keys.insert(storedKey('a'), auditEntry())).rejects.toMatchObject({
        code: 'unavailable',
        message: 'The key store is read-only right now. Try again later.',
      });
      expect(await stores.keys.find('a')).toBeNull();
    }
    await readOnly('off');
    expect(await stores.keys.isWritable()).toBe(true);
  });

  test('a store opens on a read-only database that has the newest schema', async () => {
    await readOnly('on');
    const { keys } = await openStores(url);
    expect(await keys.isWritable()).toBe(false);
    await keys.close();
  });

  test('a write on a connection closed before is retried immediately', async () => {
    await stores.keys.insert(storedKey('a'), auditEntry());
    for (let n = 0; n < 5; n++) {
      await cut();
      await stores.keys.insert(storedKey(`b${n}`), auditEntry());
    }
    expect(await stores.keys.listAudit({ limit: 9, before: null })).toHaveLength(6);
  });
});
