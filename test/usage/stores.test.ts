import { afterAll, describe } from 'vitest';
import { openStores } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { usageStoreConformance } from '../conformance/usage-store.ts';
import { startPostgres } from '../support/postgres.ts';
import { sharedKeys } from '../support/shared-keys.ts';

usageStoreConformance('SQLite', async () => {
  const shared = sharedKeys();
  const reopen = async () => (await shared.openStores()).usage;
  return { store: await reopen(), reopen, dispose: () => shared.close() };
});

const postgres = await startPostgres('fsync=off');
afterAll(() => postgres?.stop());

describe.skipIf(postgres === null)('PostgreSQL', () => {
  usageStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const opened: KeyStore[] = [];
    const reopen = async () => {
      const { keys, usage } = await openStores(url);
      opened.push(keys);
      return usage;
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
