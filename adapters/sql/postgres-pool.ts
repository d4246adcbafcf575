/**
 * Connections to PostgreSQL that are thrown away as soon as their state is in doubt.
 *
 * @module
 */

import type { PostgresPool } from 'kysely';
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';

/**
 * After a timeout or a lost connection nobody knows what the server has done of a transaction. pg would give such a
 * connection to the next caller, whose commit could then finish half of somebody else's work.
 */
export function distrustfulPool(config: PoolConfig): PostgresPool {
  const pool = new Pool(config);
  // A connection that breaks while nobody uses it: pg replaces it. Without a listener this would end the process.
  pool.on('error', () => {});
  const distrustful = {
    connect: async () => new DistrustedClient(await pool.connect()),
    end: () => pool.end(),
  };
  // All but the overload for cursors, which only streaming uses.
  return distrustful as unknown as PostgresPool;
}

class DistrustedClient {
  readonly #client: PoolClient;
  readonly #onError = (error: Error) => {
    this.#broken ??= error;
  };
  #broken: Error | undefined;

  constructor(client: PoolClient) {
    this.#client = client;
    client.on('error', this.#onError);
  }

  async query(text: string, parameters: readonly unknown[]) {
    // A rollback on a connection that is lost would wait for its timeout too.
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.#broken ??= error as Error;
      throw error;
    }
  }

  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.#broken);
  }
}
