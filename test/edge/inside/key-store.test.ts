import { afterEach } from 'vitest';
import { type D1, d1KeyStore } from '../../../adapters/sql/d1-key-store.ts';
import { keyStoreConformance } from '../../conformance/key-store.ts';
import { bindings } from './bindings.ts';

const d1: D1 = bindings.KEYS;

keyStoreConformance('D1', async () => ({
  store: d1KeyStore(d1),
  reopen: async () => d1KeyStore(d1),
  async breakAudit(broken) {
    const [from, to] = broken ? ['audit_entry', 'away'] : ['away', 'audit_entry'];
    await d1.prepare(`alter table ${from} rename to ${to}`).all();
  },
  dispose: async () => {},
}));

afterEach(async () => {
  await d1.batch([d1.prepare('delete from api_key'), d1.prepare('delete from audit_entry')]);
});
