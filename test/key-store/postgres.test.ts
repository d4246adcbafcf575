import { afterAll, describe } from 'vitest';
import { openKeyStore } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { keyStoreConformance } from '../conformance/key-store.ts';
import { startPostgres } from '../support/postgres.ts';

const postgres = await startPostgres('fsync=off');
afterAll(() => postgres?.stop());

describe.skipIf(postgres === null)('PostgreSQL', () => {
  keyStoreConformance('PostgreSQL', async () => {
    if (postgres === null) throw new Error('skipped');
    const url = await postgres.createDatabase();
    const opened: KeyStore[] = [];
    const reopen = async () => {
      const store = await openKeyStore(url);
      opened.push(store);
      return store;
    };
    return {
      store: await reopen(),
      reopen,
      async breakAudit(broken) {
        const [from, to] = broken ? ['audit_entry', 'away'] : ['away', 'audit_entry'];
        await postgres.sql(url, `alter table ${from} rename to ${to}`);
      },
      async dispose() {
        await Promise.all(opened.map((store) => store.close()));
      },
    };
  });
});
