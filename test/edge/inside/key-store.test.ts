import { afterEach } from 'vitest';
import { type D1, d1Stores } from '../../../adapters/sql/d1.ts';
import { keyStoreConformance } from '../../conformance/key-store.ts';
import { bindings } from './bindings.ts';

const d1: D1 = bindings.KEYS;

keyStoreConformance('D1', async () => ({
  store: d1Stores(d1).keys,
  reopen: async () => d1Stores(d1).keys,
  async breakAudit(broken) {
    const [from, to] = broken ? ['audit_entry', 'away'] : ['away', 'audit_entry'];
    await d1.prepare(`alter table ${from} rename to ${to}`).all();
  },
  dispose: async () => {},
}));

afterEach(async () => {
  const { results } = await d1
    .prepare(`select name from sqlite_schema where type = 'table' and name not like 'd1\\_%' escape '\\'
      and name not like '\\_%' escape '\\' and name not like 'sqlite\\_%' escape '\\'`)
    .all();
  const tables = (results ?? []) as { name: string }[];
  await d1.batch(tables.map(({ name }) => d1.prepare(`delete from ${name}`)));
});
