import { d1Stores } from '../../../adapters/sql/d1.ts';
import { releaseStoreConformance } from '../../conformance/release-store.ts';
import { bindings } from './bindings.ts';

releaseStoreConformance('D1', async () => ({
  store: d1Stores(bindings.KEYS).releases,
  reopen: async () => d1Stores(bindings.KEYS).releases,
  async dispose() {
    await bindings.KEYS.prepare('delete from pending_release').all();
  },
}));
