import { keyStoreConformance } from '../conformance/key-store.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';

keyStoreConformance('memory', async () => {
  const store = memoryKeyStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
});
