/**
 * What the key store asks of a database: little enough that Cloudflare's D1, which knows batches but no interactive
 * transactions, can do it too.
 *
 * @module
 */

import type { CompiledQuery, IsolationLevel, Kysely } from 'kysely';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Db, Tables } from './schema.ts';

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
  readonly builder: Db;
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

/** What a driver's error means; null: a defect. */
export type Diagnosis = 'unavailable' | 'read_only' | 'taken' | null;

export interface DialectQuirks {
  diagnose(error: unknown): Diagnosis;
  /**
   * Runs `work`, again where the database says that this helps.
   *
   * @param isUndone Whether nothing of `work` can have been committed when it failed.
   */
  attempt?<Result>(work: () => Promise<Result>, isUndone: () => boolean): Promise<Result>;
  /** What a transaction begins with where a session cannot carry its time bounds: then a read is a transaction too. */
  readonly localSettings?: CompiledQuery | undefined;
  /** What a batch starts with so that no other runs beside it; not needed where a transaction is alone anyway. */
  readonly lock?: CompiledQuery;
  /** Of batches, where the database knows several; whatever its own default is. */
  readonly isolationLevel?: IsolationLevel;
}

/** A database that has interactive transactions: a batch is one. */
export function transactionalDatabase(db: Kysely<Tables>, quirks: DialectQuirks): SqlDatabase {
  let closing: Promise<void> | undefined;

  /** The rows of `statements`, which run in one transaction. */
  async function transaction(statements: readonly CompiledQuery<unknown>[], lock?: CompiledQuery) {
    let isCommitting = false;
    const builder = db.transaction();
    const configured = quirks.isolationLevel ? builder.setIsolationLevel(quirks.isolationLevel) : builder;
    const work = () =>
      configured.execute(async (running) => {
        isCommitting = false;
        if (quirks.localSettings !== undefined) await running.executeQuery(quirks.localSettings);
        if (lock !== undefined) await running.executeQuery(lock);
        const rows: (readonly unknown[])[] = [];
        for (const statement of statements) rows.push((await running.executeQuery(statement)).rows);
        isCommitting = true;
        return rows;
      });
    return guarded(work, () => !isCommitting);
  }

  async function guarded<Result>(work: () => Promise<Result>, isUndone: () => boolean): Promise<Result> {
    try {
      return await (quirks.attempt?.(work, isUndone) ?? work());
    } catch (error) {
      throw closing === undefined ? databaseError(error, quirks.diagnose(error)) : unavailable(error);
    }
  }

  return {
    builder: db,
    async batch<const Statements extends readonly CompiledQuery<unknown>[]>(statements: Statements) {
      return (await transaction(statements, quirks.lock)) as unknown as BatchRows<Statements>;
    },
    async read<Row>(statement: CompiledQuery<Row>) {
      if (quirks.localSettings !== undefined)
        return ((await transaction([statement]))[0] ?? []) as readonly Row[];
      const done = await guarded(
        () => db.executeQuery(statement),
        () => true,
      );
      return done.rows;
    },
    close() {
      closing ??= db.destroy();
      return closing;
    },
  };
}

/** What to throw for an error of a driver. */
export function databaseError(error: unknown, diagnosis: Diagnosis): unknown {
  if (diagnosis === 'unavailable') return unavailable(error);
  if (diagnosis === 'read_only') return new DatabaseReadOnly(error);
  if (diagnosis === null) return error;
  return new ComputeError('conflict', 'There is a key with this id already.', { cause: error });
}

function unavailable(cause: unknown): ComputeError {
  return new ComputeError('unavailable', 'The key store cannot be reached right now. Try again later.', {
    cause,
  });
}
