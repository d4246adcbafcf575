import type { KeyStore } from '../../src/access/key-store.ts';
import type { ReleaseStore } from '../../src/compute/release-store.ts';
import type { NodeStore } from '../../src/health/node-store.ts';
import type { ReconcileStore } from '../../src/reconcile/reconcile-store.ts';
import type { IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';
import type { UsageStore } from '../../src/usage/usage-store.ts';
import type { SqlDatabase } from './database.ts';
import { sqlIdempotencyStore } from './idempotency-store.ts';
import { sqlKeyStore } from './key-store.ts';
import { sqlNodeStore } from './node-store.ts';
import { sqlReconcileStore } from './reconcile-store.ts';
import { sqlReleaseStore } from './release-store.ts';
import { sqlUsageStore } from './usage-store.ts';

/** Closing `keys` closes the database of all. */
export interface Stores {
  readonly keys: KeyStore;
  readonly idempotency: IdempotencyStore;
  readonly releases: ReleaseStore;
  readonly reconciles: ReconcileStore;
  readonly usage: UsageStore;
  readonly nodes: NodeStore;
}

export function storesIn(database: SqlDatabase): Stores {
  return {
    keys: sqlKeyStore(database),
    idempotency: sqlIdempotencyStore(database),
    releases: sqlReleaseStore(database),
    reconciles: sqlReconcileStore(database),
    usage: sqlUsageStore(database),
    nodes: sqlNodeStore(database),
  };
}
