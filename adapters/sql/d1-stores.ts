import { type D1, d1Database } from './d1.ts';
import { sqlIdempotencyStore } from './idempotency-store.ts';
import { sqlKeyStore } from './key-store.ts';
import type { Stores } from './open.ts';
import { sqlReleaseStore } from './release-store.ts';

export type { D1 } from './d1.ts';

/** What the gateway keeps, in D1. Opening it asks nothing. */
export function d1Stores(d1: D1): Stores {
  const database = d1Database(d1);
  return {
    keys: sqlKeyStore(database),
    idempotency: sqlIdempotencyStore(database),
    releases: sqlReleaseStore(database),
  };
}
