import { DatabaseSync } from 'node:sqlite';
import { openKeyStore } from '../../adapters/sql/open.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { keyStoreConformance } from '../conformance/key-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

keyStoreConformance('SQLite', async () => {
  const folder = temporaryFolder();
  const file = `${folder.path}/keys.db`;
  const opened: KeyStore[] = [];
  const reopen = async () => {
    const store = await openKeyStore(`sqlite:${file}`);
    opened.push(store);
    return store;
  };
  return {
    store: await reopen(),
    reopen,
    async breakAudit(broken) {
      const database = new DatabaseSync(file);
      const [from, to] = broken ? ['audit_entry', 'away'] : ['away', 'audit_entry'];
      database.exec(`alter table ${from} rename to ${to}`);
      database.close();
    },
    async dispose() {
      for (const store of opened) await store.close();
      folder.remove();
    },
  };
});
