/**
 * The interface of a database for the stores: batches instead of interactive transactions, which Cloudflare D1 lacks.
 */

import type { Compilable, CompiledQuery, IsolationLevel, Kysely, Transaction } from 'kysely';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Db, Tables } from './schema.ts';

export type BatchRows<Statements extends readonly Compilable[]> = {
  [Index in keyof Statements]: Statements[Index] extends Compilable<infer Row> ? readonly Row[] : never;
};

/** The database rejects all writes: a standby, or a read-only file or setting. */
export class DatabaseReadOnly extends ComputeError {
  constructor(cause: unknown) {
    super('unavailable', 'The key store is read-only right now. Try again later.', { cause });
  }
}

/**
 * Both methods reject with `ComputeError`: `unavailable` if the database is unreachable, locked for too long or cannot write
 * (`DatabaseReadOnly` if it is read-only), `conflict` for a duplicate primary key. Any other error is a defect, and rethrown.
 */
export interface SqlDatabase {
  readonly builder: Db;
  /** A single read-only statement. */
  read<Row>(statement: Compilable<Row>): Promise<readonly Row[]>;
  /** An atomic, serialized batch, also against batches of other processes. Durable when it resolves. */
  batch<const Statements extends readonly Compilable[]>(
    statements: Statements,
  ): Promise<BatchRows<Statements>>;
  /** Waits for running statements; later calls reject with `unavailable`. */
  close(): Promise<void>;
}

/** Runs a statement in the open transaction. */
export type RunStatement = <Row>(statement: Compilable<Row>) => Promise<readonly Row[]>;

export interface TransactionalDatabase extends SqlDatabase {
  /** A batch whose statements depend on rows read before. Never retried once it has begun. */
  transact<Result>(work: (run: RunStatement) => Promise<Result>): Promise<Result>;
}

/** Class of a driver's error; null: a defect. */
export type Diagnosis = 'unavailable' | 'read_only' | 'taken' | null;

interface DialectQuirks {
  diagnose(error: unknown): Diagnosis;
  /** With the retries that suit the database. @param isUndone Whether failed `work` committed nothing. */
  attempt?<Result>(work: () => Promise<Result>, isUndone: () => boolean): Promise<Result>;
  /** Starts every transaction if sessions cannot hold timeouts; then reads are transactions too. */
  readonly localSettings?: CompiledQuery | undefined;
  /** Starts a batch, and serializes batches in databases with concurrent writers. */
  readonly lock?: CompiledQuery;
  readonly isolationLevel?: IsolationLevel;
}

/** For databases with interactive transactions: a batch is one transaction. */
export function transactionalDatabase(db: Kysely<Tables>, quirks: DialectQuirks): TransactionalDatabase {
  let closing: Promise<void> | undefined;

  function begin<Result>(work: (running: Transaction<Tables>) => Promise<Result>, lock?: CompiledQuery) {
    const builder = db.transaction();
    const configured = quirks.isolationLevel ? builder.setIsolationLevel(quirks.isolationLevel) : builder;
    return configured.execute(async (running) => {
      if (quirks.localSettings !== undefined) await running.executeQuery(quirks.localSettings);
      if (lock !== undefined) await running.executeQuery(lock);
      return work(running);
    });
  }

  async function transaction(statements: readonly Compilable[], lock?: CompiledQuery) {
    const queries = statements.map((statement) => statement.compile());
    let isCommitting = false;
    const work = () => {
      isCommitting = false;
      return begin(async (running) => {
        const rows: (readonly unknown[])[] = [];
        for (const query of queries) rows.push((await running.executeQuery(query)).rows);
        isCommitting = true;
        return rows;
      }, lock);
    };
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
    async batch<const Statements extends readonly Compilable[]>(statements: Statements) {
      return (await transaction(statements, quirks.lock)) as unknown as BatchRows<Statements>;
    },
    async transact(work) {
      let failure: unknown;
      const inTransaction = () =>
        begin(async (running) => {
          try {
            return await work(async function run<Row>(statement: Compilable<Row>) {
              const execute = () => running.executeQuery(statement.compile());
              return (await guarded(execute, () => false)).rows;
            });
          } catch (error) {
            failure = error;
            throw error;
          }
        }, quirks.lock);
      // An error of `work` itself is not the database's.
      return guarded(inTransaction, () => false).catch((error) => {
        throw failure ?? error;
      });
    },
    async read<Row>(statement: Compilable<Row>) {
      if (quirks.localSettings !== undefined)
        return ((await transaction([statement]))[0] ?? []) as readonly Row[];
      const done = await guarded(
        () => db.executeQuery(statement.compile()),
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
