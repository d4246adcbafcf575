import type { KeyStore } from '../../src/access/key-store.ts';
import { type D1, d1Database } from './d1.ts';
import { sqlKeyStore } from './key-store.ts';

export type { D1 } from './d1.ts';

/** The key store in D1. Opening it asks nothing. */
export function d1KeyStore(d1: D1): KeyStore {
  return sqlKeyStore(d1Database(d1));
}
