/** Kysely's SQLite dialect over `node:sqlite`: one connection, prepared statements are reused. */

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';

/** More than the stores have distinct statements. */
const MAX_PREPARED = 200;

/** @param database Closed by the dialect. */
export function nodeSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createDriver: () => new NodeSqliteDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** SQLite supports DDL in transactions, which serialize migrations of several processes. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver extends SqliteDriver {
  readonly #database: DatabaseSync;
  #last: Promise<void> = Promise.resolve();
  #done: () => void = () => {};

  constructor(database: DatabaseSync) {
    super({ database: prepared(database) });
    this.#database = database;
  }

  /** FIFO. Kysely's driver wakes all waiters for each release, which is slow with thousands of them. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#done = resolve;
    return await super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    this.#done();
  }

  /** Takes the write lock first: a transaction that upgrades from reading fails if another holds the lock. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** After a full disk SQLite has already rolled back; another rollback would hide the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }

  /** Waits for the running transaction. */
  override async destroy(): Promise<void> {
    await this.acquireConnection();
    await super.destroy().finally(() => this.releaseConnection());
  }
}

/** Caches prepared statements by text; the least recently used is evicted. */
function prepared(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(text) {
      const statement = statements.get(text) ?? asStatement(database.prepare(text));
      statements.delete(text);
      statements.set(text, statement);
      const oldest = statements.keys().next();
      if (statements.size > MAX_PREPARED && oldest.done !== true) statements.delete(oldest.value);
      return statement;
    },
    close: () => database.close(),
  };
}

function asStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
