import { type Kysely, type Migration, Migrator } from 'kysely';
import type { Tables } from '../schema.ts';
import { keysAndAudit } from './001-keys-and-audit.ts';
import { idempotency } from './002-idempotency.ts';
import { allowedOrigins } from './003-allowed-origins.ts';
import { serverSecret } from './004-server-secret.ts';
import { revokedTokens } from './005-revoked-tokens.ts';
import { families } from './006-families.ts';
import { pendingReleases } from './007-pending-releases.ts';
import { furtherScopes } from './008-further-scopes.ts';
import type { ColumnTypes } from './column-types.ts';

/** In order. A released migration is never changed or renamed. */
export function migrationsFor(types: ColumnTypes): Readonly<Record<string, Migration>> {
  return {
    '001-keys-and-audit': keysAndAudit(types),
    '002-idempotency': idempotency(types),
    '003-allowed-origins': allowedOrigins(types),
    '004-server-secret': serverSecret(types),
    '005-revoked-tokens': revokedTokens(types),
    '006-families': families(types),
    '007-pending-releases': pendingReleases(types),
    '008-further-scopes': furtherScopes,
  };
}

/**
 * Migrates to the newest schema; idempotent. Concurrent nodes are serialized by the dialect's transactions or migration lock.
 *
 * @param inTransaction The caller has begun a transaction and holds the lock.
 * @throws The driver's error; an error for migrations of a newer version.
 */
export async function migrate(
  db: Kysely<Tables>,
  types: ColumnTypes,
  { inTransaction = false } = {},
): Promise<void> {
  const provider = { getMigrations: async () => migrationsFor(types) };
  const migrator = new Migrator({ db, provider, disableTransactions: inTransaction });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
