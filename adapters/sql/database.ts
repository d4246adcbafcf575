/**
 * What the key store asks of a database: little enough that Cloudflare's D1, which knows batches but no interactive
 * transactions, can do it too.
 *
 * @module
 */

import type { CompiledQuery, QueryCreator } from 'kysely';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Tables } from './schema.ts';

/** The rows each statement of a batch gave. */
export type BatchRows<Statements extends readonly CompiledQuery<unknown>[]> = {
  [Index in keyof Statements]: Statements[Index] extends CompiledQuery<infer Row> ? readonly Row[] : never;
};

/** A write that the database refuses because it takes none: a standby, a file or a setting that is read-only. */
export class DatabaseReadOnly extends ComputeError {
  constructor(cause: unknown) {
    super('unavailable', 'The key store is read-only right now. Try again later.', { cause });
  }
}

/**
 * Both methods reject with `ComputeError`: `unavailable` when the database cannot be reached, is locked for too long or
 * cannot write (`DatabaseReadOnly` where it says that it takes no writes), `conflict` when a primary key is taken. Anything else is a defect, and passed on as it came.
 */
export interface SqlDatabase {
  /** To build statements with, in the database's dialect. */
  readonly builder: QueryCreator<Tables>;
  /** One statement that only reads. */
  read<Row>(statement: CompiledQuery<Row>): Promise<readonly Row[]>;
  /**
   * Statements one after the other, all or none of them, with no other batch in between: not of this process, nor of
   * another on the same database. Durable when it resolves.
   */
  batch<const Statements extends readonly CompiledQuery<unknown>[]>(
    statements: Statements,
  ): Promise<BatchRows<Statements>>;
  /** Waits for what is running; calls that come later reject with `unavailable`. */
  close(): Promise<void>;
}
