import { d1Stores } from '../../../adapters/sql/d1.ts';
import { usageStoreConformance } from '../../conformance/usage-store.ts';
import { bindings } from './bindings.ts';

usageStoreConformance('D1', async () => ({
  store: d1Stores(bindings.KEYS).usage,
  reopen: async () => d1Stores(bindings.KEYS).usage,
  async dispose() {
    await bindings.KEYS.prepare('delete from usage_hour').all();
  },
}));
