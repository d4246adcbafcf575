import { afterAll, describe } from 'vitest';
import { openStores } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { nodeStoreConformance } from '../conformance/node-store.ts';
import { reconcileStoreConformance } from '../conformance/reconcile-store.ts';
import { startPostgres } from '../support/postgres.ts';
import { sharedKeys } from '../support/shared-keys.ts';

nodeStoreConformance('SQLite', async () => {
  const shared = sharedKeys();
  const open = async () => (await shared.openStores()).nodes;
  return { store: await open(), other: await open(), dispose: () => shared.close() };
});

reconcileStoreConformance('SQLite', async () => {
  const shared = sharedKeys();
  const reopen = async () => (await shared.openStores()).reconciles;
  return { store: await reopen(), reopen, dispose: () => shared.close() };
});

const postgres = await startPostgres('fsync=off');
afterAll(() => postgres?.stop());

describe.skipIf(postgres === null)('PostgreSQL', () => {
  nodeStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const [one, two] = [await openStores(url), await openStores(url)];
    const dispose = async () => {
      await Promise.all([one.keys.close(), two.keys.close()]);
    };
    return { store: one.nodes, other: two.nodes, dispose };
  });

  reconcileStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const opened: KeyStore[] = [];
    const reopen = async () => {
      const { keys, reconciles } = await openStores(url);
      opened.push(keys);
      return reconciles;
    };
    const dispose = async () => {
      await Promise.all(opened.map((keys) => keys.close()));
    };
    return { store: await reopen(), reopen, dispose };
  });
});
