import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import type { Tables } from '../schema.ts';
import { POSTGRES_TYPES } from './column-types.ts';
import { migrate } from './migrate.ts';

/** The lock of Kysely's migrator, so that nodes of an older version are serialized with this one. */
const MIGRATION_LOCK = 3_853_314_791_062_309_107n;

/**
 * Migrates to the newest schema in one transaction, under a lock of that transaction. Kysely's own lock belongs to the session,
 * which behind a pooler in transaction mode changes with each statement.
 *
 * @param pool Closed in any case.
 * @param timeoutMs Of each statement, and of waiting for another node's migration.
 */
export async function migratePostgres(pool: Pool, timeoutMs: number): Promise<void> {
  pool.on('error', () => {});
  const db = new Kysely<Tables>({ dialect: new LockedDialect({ pool }) });
  try {
    await db.connection().execute(async (connection) => {
      await sql`begin isolation level read committed`.execute(connection);
      try {
        await sql`set local statement_timeout = ${sql.lit(timeoutMs)}`.execute(connection);
        await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(connection);
        await migrate(connection, POSTGRES_TYPES, { inTransaction: true });
        await sql`commit`.execute(connection);
      } catch (error) {
        // The first error is the cause; that of a rollback on a lost connection adds nothing.
        await sql`rollback`.execute(connection).catch(() => {});
        throw error;
      }
    });
  } finally {
    await db.destroy();
  }
}

/** `migratePostgres` holds the lock. */
class LockedDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new LockedAdapter();
  }
}

class LockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}
