import { d1Stores } from '../../../adapters/sql/d1.ts';
import { idempotencyStoreConformance } from '../../conformance/idempotency-store.ts';
import { bindings } from './bindings.ts';

idempotencyStoreConformance('D1', async () => ({
  store: d1Stores(bindings.KEYS).idempotency,
  reopen: async () => d1Stores(bindings.KEYS).idempotency,
  async dispose() {
    await bindings.KEYS.prepare('delete from idempotency').all();
  },
}));
