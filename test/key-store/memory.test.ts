import { memoryKeyStore } from '../../adapters/memory/key-store.ts';
import { keyStoreConformance } from '../conformance/key-store.ts';

keyStoreConformance('memory', async () => {
  const store = memoryKeyStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
});
