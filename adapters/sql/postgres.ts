import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';
import { databaseError, type SqlDatabase, transactionalDatabase } from './database.ts';
import { migratePostgres } from './migrations/migrate-postgres.ts';
import {
  diagnosePostgres,
  guardedPool,
  isRefusedStartupParameter,
  mayHelpToReconnect,
} from './postgres-pool.ts';
import type { Tables } from './schema.ts';

export interface PostgresLimits {
  readonly connections: number;
  /** Until a connection is there, milliseconds: a new one, or one that somebody gives back. */
  readonly connectTimeoutMs: number;
  /** Until a statement is answered, milliseconds. */
  readonly statementTimeoutMs: number;
}

const LIMITS: PostgresLimits = { connections: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
/** A migration may rewrite a large table, and waits for another node's; milliseconds. */
const MIGRATION_TIMEOUT_MS = 600_000;
/** How much longer than the server the client waits, milliseconds: the server's answer is the better one. */
const CLIENT_GRACE_MS = 1_000;
/** Any number will do that nobody else uses in this database. */
const WRITE_LOCK = 4_711_061_511_711;

/**
 * A PostgreSQL database. TLS as the URL's `sslmode` says: `verify-full`, `no-verify`, `disable` (the default).
 *
 * Connections that the server or the network closed, and those to a database that has turned read-only, are replaced; what
 * was running on them runs once more where nothing of it can have been committed, else it rejects with `unavailable`.
 *
 * Nothing rests on the state of a session, so a pooler in transaction mode may stand in between.
 *
 * @param url `postgres://` or `postgresql://`. Secret: it may hold a password.
 * @throws TypeError when it is no such URL; the message does not repeat it. ComputeError `unavailable`.
 */
export async function openPostgres(url: string, limits: Partial<PostgresLimits> = {}): Promise<SqlDatabase> {
  assertPostgresUrl(url);
  const {
    connections,
    connectTimeoutMs: connectTimeout,
    statementTimeoutMs: statementTimeout,
  } = { ...LIMITS, ...limits };
  const config = (statement: number): PoolConfig => ({
    connectionString: url,
    application_name: 'linguanova',
    max: connections,
    connectionTimeoutMillis: connectTimeout,
    query_timeout: statement + CLIENT_GRACE_MS,
    keepAlive: true,
  });
  const inSession = {
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: statementTimeout + CLIENT_GRACE_MS,
  };
  try {
    const keepsBounds = await hasSessionSettings(
      { ...config(statementTimeout), ...inSession },
      statementTimeout,
    );
    await migratePostgres(new Pool({ ...config(MIGRATION_TIMEOUT_MS), max: 1 }), MIGRATION_TIMEOUT_MS);
    const db = connect({ ...config(statementTimeout), ...(keepsBounds && inSession) });
    return transactionalDatabase(db, {
      diagnose: diagnosePostgres,
      attempt: retryOnce,
      isolationLevel: 'read committed',
      localSettings: keepsBounds ? undefined : localTimeouts(statementTimeout).compile(db),
      // One batch at a time, over all nodes: so the audit log grows in the order of commits.
      lock: sql`select pg_advisory_xact_lock(${sql.lit(WRITE_LOCK)})`.compile(db),
    });
  } catch (error) {
    throw databaseError(error, diagnosePostgres(error));
  }
}

/**
 * Whether sessions keep the time bounds that a client names when it connects. A pooler in transaction mode (PgBouncer)
 * refuses them, or drops them where it was configured to; there each transaction has to bring its own.
 */
async function hasSessionSettings(config: ClientConfig, statementTimeout: number): Promise<boolean> {
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query("select setting from pg_settings where name = 'statement_timeout'");
    return rows[0]?.setting === String(statementTimeout);
  } catch (error) {
    if (isRefusedStartupParameter(error)) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

function localTimeouts(statementTimeout: number) {
  const idle = statementTimeout + CLIENT_GRACE_MS;
  return sql`set local statement_timeout = ${sql.lit(statementTimeout)}; set local idle_in_transaction_session_timeout = ${sql.lit(idle)}`;
}

/** Runs `work` once more when only its connection was at fault and nothing of it can have been committed. */
async function retryOnce<Result>(work: () => Promise<Result>, isUndone: () => boolean): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isUndone() || !mayHelpToReconnect(error)) throw error;
    return work();
  }
}

function connect(config: PoolConfig): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardedPool(config) }) });
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
