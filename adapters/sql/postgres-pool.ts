/**
 * Connections to PostgreSQL that are thrown away as soon as their state is in doubt.
 *
 * @module
 */

import type { PostgresPool } from 'kysely';
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Diagnosis } from './database.ts';

/**
 * After a timeout or a lost connection nobody knows what the server has done of a transaction. pg would give such a
 * connection to the next caller, whose commit could then finish half of somebody else's work.
 *
 * After a failover connections may lead to a standby, which takes no writes and answers all reads. So the first one in use
 * that says it is read-only makes all of its generation suspect: each is replaced before it is used again.
 */
export function guardedPool(config: PoolConfig): PostgresPool {
  const pool = new Pool(config);
  let generation = 0;
  const born = new WeakMap<PoolClient, number>();
  // A connection that breaks while nobody uses it: pg replaces it. Without a listener this would end the process.
  pool.on('error', () => {});
  const guarded = {
    async connect() {
      for (;;) {
        const client = await pool.connect();
        const isNew = !born.has(client);
        if (isNew) born.set(client, generation);
        // One that was made for this call is not to blame on others: the database itself is read-only then.
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
  // All but the overload for cursors, which only streaming uses.
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
    // A rollback on a connection that is lost would wait for its timeout too.
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      if (isReadOnly(error)) this.#onReadOnly();
      // A transaction that could not be ended would go on in the next caller's hands.
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
/** Classes of SQLSTATE that say a statement or its values are wrong: data, integrity, syntax or rights. */
const DEFECTS = ['22', '23', '42'];

const READ_ONLY = '25006';
/**
 * SQLSTATE of a session that no other transaction may be given: it was made to a database that takes no writes, has a
 * failed transaction open, or is being ended by the server. All of class 08 (connection) as well.
 */
const SPOILT_SESSION = [READ_ONLY, '25P02', '25P03', '57P01', '57P02', '57P03', '57P05'];
/** What pg says of a connection that the other side has closed; a timeout is told otherwise. */
const CLOSED = /^Connection terminated( unexpectedly)?$/;
const CLOSED_CODES = ['ECONNRESET', 'EPIPE'];

/**
 * What the server answered is a defect when it is about our statement; anything else it says (shutting down, full, no such
 * user, cancelled, read-only), and whatever keeps us from hearing it, is `unavailable`.
 */
export function diagnosePostgres(error: unknown): Diagnosis {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? 'unavailable' : null;
  if (error.code === UNIQUE_VIOLATION) return 'taken';
  if (error.code === READ_ONLY) return 'read_only';
  return DEFECTS.includes(error.code?.slice(0, 2) ?? '') ? null : 'unavailable';
}

/** Whether the connection that raised this is to be thrown away. */
export function spoilsSession(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return SPOILT_SESSION.includes(error.code ?? '') || error.code?.slice(0, 2) === '08';
}

/** Whether the database took no writes on that connection. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === READ_ONLY;
}

/** Whether the same on a new connection may succeed at once: the fault was the connection's. Not after a timeout. */
export function mayHelpToReconnect(error: unknown): boolean {
  if (error instanceof DatabaseError) return spoilsSession(error);
  if (!(error instanceof Error)) return false;
  return CLOSED.test(error.message) || ('code' in error && CLOSED_CODES.includes(String(error.code)));
}

/** A pooler's refusal of a parameter that a client sends when it connects. */
export function isRefusedStartupParameter(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}
