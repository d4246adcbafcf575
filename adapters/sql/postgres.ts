import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type PoolConfig } from 'pg';
import type { SqlDatabase } from './database.ts';
import { POSTGRES_TYPES } from './migrations/column-types.ts';
import { migrate } from './migrations/migrate.ts';
import { diagnosePostgres } from './postgres-errors.ts';
import { distrustfulPool } from './postgres-pool.ts';
import type { Tables } from './schema.ts';
import { databaseError, transactionalDatabase } from './transactional-database.ts';

export interface PostgresLimits {
  readonly connections: number;
  /** Until a connection is there, milliseconds: a new one, or one that somebody gives back. */
  readonly connectTimeout: number;
  /** Until a statement is answered, milliseconds. */
  readonly statementTimeout: number;
}

const LIMITS: PostgresLimits = { connections: 10, connectTimeout: 5_000, statementTimeout: 5_000 };
/** A migration may rewrite a large table, and waits for another node's; milliseconds. */
const MIGRATION_TIMEOUT = 600_000;
/** How much longer than the server the client waits, milliseconds: the server's answer is the better one. */
const GRACE = 1_000;
/** Any number will do that nobody else uses in this database. */
const WRITE_LOCK = 4_711_061_511_711;

/**
 * A PostgreSQL database. TLS as the URL's `sslmode` says: `verify-full`, `no-verify`, `disable` (the default).
 *
 * Connections that the server or the network closed are replaced; what was running on them rejects with `unavailable`.
 *
 * @param url `postgres://` or `postgresql://`. Secret: it may hold a password.
 * @throws TypeError when it is no such URL; the message does not repeat it. ComputeError `unavailable`.
 */
export async function openPostgres(url: string, limits: Partial<PostgresLimits> = {}): Promise<SqlDatabase> {
  assertPostgresUrl(url);
  const { connections, connectTimeout, statementTimeout } = { ...LIMITS, ...limits };
  const config = (statement: number): PoolConfig => ({
    connectionString: url,
    application_name: 'linguanova',
    max: connections,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statement,
    query_timeout: statement + GRACE,
    idle_in_transaction_session_timeout: statement + GRACE,
    keepAlive: true,
  });
  const migrating = connect({ ...config(MIGRATION_TIMEOUT), max: 1 });
  try {
    await migrate(migrating, POSTGRES_TYPES);
  } catch (error) {
    throw databaseError(error, diagnosePostgres(error));
  } finally {
    await migrating.destroy();
  }
  const db = connect(config(statementTimeout));
  // One batch at a time, over all nodes: so the audit log grows in the order of commits.
  const lock = sql`select pg_advisory_xact_lock(${sql.lit(WRITE_LOCK)})`.compile(db);
  return transactionalDatabase(db, { diagnose: diagnosePostgres, lock });
}

function connect(config: PoolConfig): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: distrustfulPool(config) }) });
}

/** pg itself reads the URL only when the first connection is made. */
function assertPostgresUrl(url: string): void {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new TypeError();
    new Client(url);
  } catch {
    // Without a cause: the parser's error holds the URL.
    throw new TypeError('is not a PostgreSQL URL, postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
}
