import {
  type CompiledQuery,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  DummyDriver,
  QueryCreator,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
import { withTimeout } from '../../src/async.ts';
import { type BatchRows, type Diagnosis, databaseError, type SqlDatabase } from './database.ts';
import { sqlIdempotencyStore } from './idempotency-store.ts';
import { sqlKeyStore } from './key-store.ts';
import type { Stores } from './open.ts';
import { sqlReleaseStore } from './release-store.ts';
import type { Db, Tables } from './schema.ts';

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
      return await withTimeout(work(), TIMEOUT_MS, () => {
        throw new D1TimeoutError(`no response within ${TIMEOUT_MS} ms`);
      });
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

/**
 * Builds statements in SQLite's words, and runs none: they go to D1 as they are, in batches. Not a whole `Kysely`, for what
 * makes tables and looks at schemas is a twentieth of a worker.
 */
function compilingOnly(): Db {
  const nowhere = new DefaultConnectionProvider(new DummyDriver());
  const executor = new DefaultQueryExecutor(new SqliteQueryCompiler(), new SqliteAdapter(), nowhere);
  return new QueryCreator<Tables>({ executor });
}

/** SQLite's name for what D1 says, at the end of its message: `D1_ERROR: UNIQUE constraint failed: ...: SQLITE_CONSTRAINT`. */
const TAKEN = /UNIQUE constraint failed|SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)/;
/** The statement or its values are wrong, or the schema is not there. */
const DEFECT =
  /SQLITE_(ERROR|CONSTRAINT|TOOBIG|MISMATCH|MISUSE|RANGE)|D1_TYPE_ERROR|no such (table|column)|syntax error/;

/**
 * D1 has no codes, only texts, and most of what it says is of the network and the service: overloaded, connection lost,
 * storage reset, timed out (developers.cloudflare.com/d1/observability/debug-d1). So what is no known defect is
 * `unavailable`.
 */
export function diagnoseD1(error: unknown): Diagnosis {
  const said = texts(error).join('\n');
  if (TAKEN.test(said)) return 'taken';
  if (error instanceof TypeError || DEFECT.test(said)) return null;
  return 'unavailable';
}

function texts(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : texts(error.cause))];
}

/** What the gateway keeps, in D1. Opening it asks nothing. */
export function d1Stores(d1: D1): Stores {
  const database = d1Database(d1);
  return {
    keys: sqlKeyStore(database),
    idempotency: sqlIdempotencyStore(database),
    releases: sqlReleaseStore(database),
  };
}
