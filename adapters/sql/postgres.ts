import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';
import { databaseError, type TransactionalDatabase, transactionalDatabase } from './database.ts';
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
  /** For a new or a released connection. */
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

const LIMITS: PostgresLimits = { connections: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
/** A migration may rewrite a large table, and waits for those of other nodes. */
const MIGRATION_TIMEOUT_MS = 600_000;
/** The client waits longer than the server, whose error is more precise. */
const CLIENT_GRACE_MS = 1_000;
/** An arbitrary number, unique in this database. */
const WRITE_LOCK = 4_711_061_511_711;

/**
 * A PostgreSQL database. TLS by the URL's `sslmode`: `verify-full`, `no-verify` or `disable` (the default).
 *
 * Broken connections and those to a read-only database are replaced. Work that has certainly not been committed is retried once,
 * other work rejects with `unavailable`. No session state is used, so a pooler in transaction mode is supported.
 *
 * @param url Secret: it may contain a password.
 * @throws TypeError for an invalid URL, without containing it; ComputeError `unavailable`.
 */
export async function openPostgres(
  url: string,
  limits: Partial<PostgresLimits> = {},
): Promise<TransactionalDatabase> {
  assertPostgresUrl(url);
  const { connections, connectTimeoutMs, statementTimeoutMs } = { ...LIMITS, ...limits };
  const config = (statement: number): PoolConfig => ({
    connectionString: url,
    application_name: 'linguanova',
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statement + CLIENT_GRACE_MS,
    keepAlive: true,
  });
  const inSession = {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs + CLIENT_GRACE_MS,
  };
  try {
    const hasSettings = await hasSessionSettings(
      { ...config(statementTimeoutMs), ...inSession },
      statementTimeoutMs,
    );
    await migratePostgres(new Pool({ ...config(MIGRATION_TIMEOUT_MS), max: 1 }), MIGRATION_TIMEOUT_MS);
    const db = connect({ ...config(statementTimeoutMs), ...(hasSettings && inSession) });
    return transactionalDatabase(db, {
      diagnose: diagnosePostgres,
      attempt: retryOnce,
      isolationLevel: 'read committed',
      localSettings: hasSettings ? undefined : localTimeouts(statementTimeoutMs).compile(db),
      // Serializes batches over all nodes, so that audit entries are numbered in commit order.
      lock: sql`select pg_advisory_xact_lock(${sql.lit(WRITE_LOCK)})`.compile(db),
    });
  } catch (error) {
    throw databaseError(error, diagnosePostgres(error));
  }
}

/**
 * Whether sessions keep the timeouts set at connection. A pooler in transaction mode (PgBouncer) rejects or drops them, and then
 * each transaction sets its own.
 */
async function hasSessionSettings(config: ClientConfig, statementTimeoutMs: number): Promise<boolean> {
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query("select setting from pg_settings where name = 'statement_timeout'");
    return rows[0]?.setting === String(statementTimeoutMs);
  } catch (error) {
    if (isRefusedStartupParameter(error)) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

function localTimeouts(statementTimeoutMs: number) {
  const idle = statementTimeoutMs + CLIENT_GRACE_MS;
  return sql`set local statement_timeout = ${sql.lit(statementTimeoutMs)}; set local idle_in_transaction_session_timeout = ${sql.lit(idle)}`;
}

/** Retries after a connection error if nothing can have been committed. */
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

/** pg parses the URL only when it connects. */
function assertPostgresUrl(url: string): void {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new TypeError();
    new Client(url);
  } catch {
    // No cause, because the parser's error contains the URL.
    throw new TypeError('is not a PostgreSQL URL, postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
}
