import { type Kysely, type Migration, Migrator } from 'kysely';
import type { Tables } from '../schema.ts';
import { keysAndAudit } from './001-keys-and-audit.ts';
import { idempotency } from './002-idempotency.ts';
import { allowedOrigins } from './003-allowed-origins.ts';
import { serverSecret } from './004-server-secret.ts';
import { revokedTokens } from './005-revoked-tokens.ts';
import { families } from './006-families.ts';
import { pendingReleases } from './007-pending-releases.ts';
import type { ColumnTypes } from './column-types.ts';

/** All migrations, in order. By name, and for ever: one that has been released is not changed any more. */
export function migrationsFor(types: ColumnTypes): Readonly<Record<string, Migration>> {
  return {
    '001-keys-and-audit': keysAndAudit(types),
    '002-idempotency': idempotency(types),
    '003-allowed-origins': allowedOrigins(types),
    '004-server-secret': serverSecret(types),
    '005-revoked-tokens': revokedTokens(types),
    '006-families': families(types),
    '007-pending-releases': pendingReleases(types),
  };
}

/**
 * Brings the database to the newest schema; does nothing to one that has it. Safe when several nodes do it at once, where
 * the dialect's transactions or its migration lock keep them apart.
 *
 * @param inTransaction The caller has begun one, and holds the lock.
 * @throws What the driver raised. A database with migrations that this version does not know is refused.
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
