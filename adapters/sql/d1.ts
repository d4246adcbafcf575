import {
  type CompiledQuery,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  DummyDriver,
  QueryCreator,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
import { diagnoseD1 } from './d1-errors.ts';
import type { BatchRows, SqlDatabase } from './database.ts';
import type { Tables } from './schema.ts';
import { databaseError } from './transactional-database.ts';

/** What is used of a binding to D1 (developers.cloudflare.com/d1/worker-api). */
export interface D1 {
  prepare(text: string): D1Statement;
  /** One transaction: all statements or none, one after the other. */
  batch(statements: D1Statement[]): Promise<D1Result[]>;
}

interface D1Statement {
  bind(...values: unknown[]): D1Statement;
  all(): Promise<D1Result>;
}

interface D1Result {
  readonly results?: readonly unknown[];
}

/** Milliseconds that D1 may take; then the request is told so, rather than kept waiting. */
const TIMEOUT_MS = 5_000;

/**
 * A database in Cloudflare's D1: SQLite that is reached over the network. Its schema is made by
 * `wrangler d1 migrations apply`, from what `migrations/sqlite-script.ts` prints.
 */
export function d1Database(d1: D1): SqlDatabase {
  const prepared = ({ sql, parameters }: CompiledQuery<unknown>) => d1.prepare(sql).bind(...parameters);

  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await inTime(work());
    } catch (error) {
      throw databaseError(error, diagnoseD1(error));
    }
  }

  return {
    builder: compilingOnly(),
    read: <Row>(statement: CompiledQuery<Row>) =>
      guarded(async () => ((await prepared(statement).all()).results ?? []) as readonly Row[]),
    batch<const Statements extends readonly CompiledQuery<unknown>[]>(statements: Statements) {
      return guarded(async () => {
        const answers = await d1.batch(statements.map(prepared));
        return answers.map(({ results }) => results ?? []) as unknown as BatchRows<Statements>;
      });
    },
    close: async () => {},
  };
}

/** D1 has said nothing for too long. What was asked may have happened or not. */
export class D1TimeoutError extends Error {
  override readonly name = 'D1Silent';
}

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new D1TimeoutError(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Builds statements in SQLite's words, and runs none: they go to D1 as they are, in batches. Not a whole `Kysely`, for what
 * makes tables and looks at schemas is a twentieth of a worker.
 */
function compilingOnly(): QueryCreator<Tables> {
  const nowhere = new DefaultConnectionProvider(new DummyDriver());
  const executor = new DefaultQueryExecutor(new SqliteQueryCompiler(), new SqliteAdapter(), nowhere);
  return new QueryCreator<Tables>({ executor });
}
