import {
  type Compilable,
  DefaultConnectionProvider,
  DefaultQueryExecutor,
  DummyDriver,
  QueryCreator,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
import { withTimeout } from '../../src/async.ts';
import { type BatchRows, type Diagnosis, databaseError, type SqlDatabase } from './database.ts';
import type { Db, Tables } from './schema.ts';
import { type Stores, storesIn } from './stores.ts';

/** The part of a D1 binding in use (developers.cloudflare.com/d1/worker-api). */
export interface D1 {
  prepare(text: string): D1Statement;
  /** One transaction. */
  batch(statements: D1Statement[]): Promise<D1Result[]>;
}

interface D1Statement {
  bind(...values: unknown[]): D1Statement;
  all(): Promise<D1Result>;
}

interface D1Result {
  readonly results?: readonly unknown[];
}

const TIMEOUT_MS = 5_000;

/** Cloudflare D1: SQLite over the network. `wrangler d1 migrations apply` creates the schema from `migrations/d1/`. */
function d1Database(d1: D1): SqlDatabase {
  const prepared = (statement: Compilable) => {
    const { sql, parameters } = statement.compile();
    return d1.prepare(sql).bind(...parameters);
  };

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
    read: <Row>(statement: Compilable<Row>) =>
      guarded(async () => ((await prepared(statement).all()).results ?? []) as readonly Row[]),
    batch<const Statements extends readonly Compilable[]>(statements: Statements) {
      return guarded(async () => {
        const results = await d1.batch(statements.map(prepared));
        return results.map(({ results }) => results ?? []) as unknown as BatchRows<Statements>;
      });
    },
    close: async () => {},
  };
}

/** No response from D1 in time; the outcome is unknown. */
class D1TimeoutError extends Error {
  override readonly name = 'D1Silent';
}

/**
 * Only compiles statements, which D1 runs in batches. Not a whole `Kysely`, whose schema builder and introspection would be a
 * twentieth of the worker's code.
 */
function compilingOnly(): Db {
  const nowhere = new DefaultConnectionProvider(new DummyDriver());
  const executor = new DefaultQueryExecutor(new SqliteQueryCompiler(), new SqliteAdapter(), nowhere);
  return new QueryCreator<Tables>({ executor });
}

/** As in `D1_ERROR: UNIQUE constraint failed: ...: SQLITE_CONSTRAINT`. */
const TAKEN = /UNIQUE constraint failed|SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)/;
/** Invalid statement or values, or missing schema. */
const DEFECT =
  /SQLITE_(ERROR|CONSTRAINT|TOOBIG|MISMATCH|MISUSE|RANGE)|D1_TYPE_ERROR|no such (table|column)|syntax error/;

/**
 * D1 has texts and no codes, and most of its errors are of the network or the service
 * (developers.cloudflare.com/d1/observability/debug-d1). So anything but a known defect is `unavailable`.
 */
function diagnoseD1(error: unknown): Diagnosis {
  const text = texts(error).join('\n');
  if (TAKEN.test(text)) return 'taken';
  if (error instanceof TypeError || DEFECT.test(text)) return null;
  return 'unavailable';
}

function texts(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : texts(error.cause))];
}

/** Sends no request. */
export function d1Stores(d1: D1): Stores {
  return storesIn(d1Database(d1));
}
