import type { CompiledQuery, Kysely } from 'kysely';
import { ComputeError } from '../../src/compute/errors.ts';
import type { BatchRows, SqlDatabase } from './database.ts';
import type { Tables } from './schema.ts';

/** What a driver's error means; null: a defect. */
export type Diagnosis = 'unavailable' | 'taken' | null;

export interface Peculiarities {
  diagnose(error: unknown): Diagnosis;
  /** Runs `work`, again where the database says that this helps. */
  attempt?<Result>(work: () => Promise<Result>): Promise<Result>;
  /** What a batch starts with so that no other runs beside it; not needed where a transaction is alone anyway. */
  readonly lock?: CompiledQuery;
}

/** A database that has interactive transactions: a batch is one. */
export function transactionalDatabase(db: Kysely<Tables>, its: Peculiarities): SqlDatabase {
  let closing: Promise<void> | undefined;

  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await (its.attempt?.(work) ?? work());
    } catch (error) {
      throw closing === undefined ? databaseError(error, its.diagnose(error)) : unavailable(error);
    }
  }

  function batch<const Statements extends readonly CompiledQuery<unknown>[]>(
    statements: Statements,
  ): Promise<BatchRows<Statements>> {
    return guarded(() =>
      db.transaction().execute(async (transaction) => {
        if (its.lock !== undefined) await transaction.executeQuery(its.lock);
        const rows: (readonly unknown[])[] = [];
        for (const statement of statements) rows.push((await transaction.executeQuery(statement)).rows);
        return rows as unknown as BatchRows<Statements>;
      }),
    );
  }

  return {
    builder: db,
    batch,
    read: async (statement) => (await guarded(() => db.executeQuery(statement))).rows,
    close() {
      closing ??= db.destroy();
      return closing;
    },
  };
}

/** What to throw for an error of a driver. */
export function databaseError(error: unknown, diagnosis: Diagnosis): unknown {
  if (diagnosis === 'unavailable') return unavailable(error);
  if (diagnosis === null) return error;
  return new ComputeError('conflict', 'There is a key with this id already.', { cause: error });
}

function unavailable(cause: unknown): ComputeError {
  return new ComputeError('unavailable', 'The key store cannot be reached right now. Try again later.', {
    cause,
  });
}
