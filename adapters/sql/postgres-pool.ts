import type { PostgresPool } from 'kysely';
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Diagnosis } from './database.ts';

/**
 * After a timeout or a lost connection the state of a transaction is unknown. pg would reuse such a connection, and the next
 * caller's commit could commit parts of the previous transaction.
 *
 * After a failover connections may lead to a read-only standby. The first one that reports it invalidates its generation, whose
 * connections are replaced before their next use.
 */
export function guardedPool(config: PoolConfig): PostgresPool {
  const pool = new Pool(config);
  let generation = 0;
  const born = new WeakMap<PoolClient, number>();
  // pg replaces an idle connection that breaks; without a listener the event would end the process.
  pool.on('error', () => {});
  const guarded = {
    async connect() {
      for (;;) {
        const client = await pool.connect();
        const isNew = !born.has(client);
        if (isNew) born.set(client, generation);
        // If a new connection is read-only, the database is, and other connections are not replaced.
        if (born.get(client) === generation) {
          return new GuardedClient(client, () => {
            if (!isNew && born.get(client) === generation) generation += 1;
          });
        }
        client.release(true);
      }
    },
    end: () => pool.end(),
  };
  // Without the overload for cursors, which only streaming uses.
  return guarded as unknown as PostgresPool;
}

class GuardedClient {
  readonly #client: PoolClient;
  readonly #onReadOnly: () => void;
  readonly #onError = (error: Error) => {
    this.#broken ??= error;
  };
  #broken: Error | undefined;

  constructor(client: PoolClient, onReadOnly: () => void) {
    this.#client = client;
    this.#onReadOnly = onReadOnly;
    client.on('error', this.#onError);
  }

  async query(text: string, parameters: readonly unknown[]) {
    // A rollback on a lost connection would wait for its timeout too.
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      if (isReadOnly(error)) this.#onReadOnly();
      // A transaction that could not be ended would continue in the next caller's.
      if (spoilsSession(error) || text === 'rollback' || text === 'commit') this.#broken ??= error as Error;
      throw error;
    }
  }

  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.#broken);
  }
}

const UNIQUE_VIOLATION = '23505';
/** SQLSTATE classes of invalid statements or values: data, integrity, syntax, privileges. */
const DEFECTS = ['22', '23', '42'];

const READ_ONLY = '25006';
/**
 * SQLSTATE of sessions that must not be reused: read-only database, failed transaction, termination by the server. Class 08
 * (connection) as well.
 */
const SPOILT_SESSION = [READ_ONLY, '25P02', '25P03', '57P01', '57P02', '57P03', '57P05'];
/** pg's message for a connection closed by the peer; a timeout has another. */
const CLOSED = /^Connection terminated( unexpectedly)?$/;
const CLOSED_CODES = ['ECONNRESET', 'EPIPE'];

/**
 * Errors about the statement are defects. All others of the server (shutdown, disk full, unknown user, cancellation) and of the
 * connection are `unavailable`.
 */
export function diagnosePostgres(error: unknown): Diagnosis {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? 'unavailable' : null;
  if (error.code === UNIQUE_VIOLATION) return 'taken';
  if (error.code === READ_ONLY) return 'read_only';
  return DEFECTS.includes(error.code?.slice(0, 2) ?? '') ? null : 'unavailable';
}

function spoilsSession(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return SPOILT_SESSION.includes(error.code ?? '') || error.code?.slice(0, 2) === '08';
}

function isReadOnly(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === READ_ONLY;
}

/** Whether an immediate retry on a new connection may succeed. Not after a timeout. */
export function mayHelpToReconnect(error: unknown): boolean {
  if (error instanceof DatabaseError) return spoilsSession(error);
  if (!(error instanceof Error)) return false;
  return CLOSED.test(error.message) || ('code' in error && CLOSED_CODES.includes(String(error.code)));
}

export function isRefusedStartupParameter(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}
