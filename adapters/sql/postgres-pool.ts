/**
 * Connections to PostgreSQL that are thrown away as soon as their state is in doubt.
 *
 * @module
 */

import type { PostgresPool } from 'kysely';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { isReadOnly, spoilsSession } from './postgres-errors.ts';

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
