import { afterAll, describe } from 'vitest';
import { openStores } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { idempotencyStoreConformance } from '../conformance/idempotency-store.ts';
import { memoryIdempotencyStore } from '../support/memory-idempotency-store.ts';
import { startPostgres } from '../support/postgres.ts';
import { sharedKeys } from '../support/shared-keys.ts';

idempotencyStoreConformance('memory', async () => {
  const store = memoryIdempotencyStore();
  return { store, reopen: async () => store, dispose: async () => {} };
});

idempotencyStoreConformance('SQLite', async () => {
  const shared = sharedKeys();
  const reopen = async () => (await shared.openStores()).idempotency;
  return { store: await reopen(), reopen, dispose: () => shared.close() };
});

const postgres = await startPostgres('fsync=off');
afterAll(() => postgres?.stop());

describe.skipIf(postgres === null)('PostgreSQL', () => {
  idempotencyStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const opened: KeyStore[] = [];
    const reopen = async () => {
      const { keys, idempotency } = await openStores(url);
      opened.push(keys);
      return idempotency;
    };
    return {
      store: await reopen(),
      reopen,
      dispose: async () => {
        await Promise.all(opened.map((keys) => keys.close()));
      },
    };
  });
});
