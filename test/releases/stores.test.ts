import { afterAll, describe } from 'vitest';
import { openStores } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { releaseStoreConformance } from '../conformance/release-store.ts';
import { memoryReleaseStore } from '../support/memory-release-store.ts';
import { startPostgres } from '../support/postgres.ts';
import { sharedKeys } from '../support/shared-keys.ts';

releaseStoreConformance('memory', async () => {
  const store = memoryReleaseStore();
  return { store, reopen: async () => store, dispose: async () => {} };
});

releaseStoreConformance('SQLite', async () => {
  const shared = sharedKeys();
  const reopen = async () => (await shared.openStores()).releases;
  return { store: await reopen(), reopen, dispose: () => shared.close() };
});

const postgres = await startPostgres('fsync=off');
afterAll(() => postgres?.stop());

describe.skipIf(postgres === null)('PostgreSQL', () => {
  releaseStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const opened: KeyStore[] = [];
    const reopen = async () => {
      const { keys, releases } = await openStores(url);
      opened.push(keys);
      return releases;
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
