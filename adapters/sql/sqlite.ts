import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { backoff, sleep } from '../../src/async.ts';
import { type Diagnosis, databaseError, type SqlDatabase, transactionalDatabase } from './database.ts';
import { SQLITE_TYPES } from './migrations/column-types.ts';
import { migrate } from './migrations/migrate.ts';
import type { Tables } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';

/** Result codes of SQLite (sqlite.org/rescode.html). The last eight bits of an extended one are the primary one. */
const BUSY = 5;
const READ_ONLY = 8;
/** A primary key, a unique index; both extended. */
const TAKEN = [1555, 2067];
/** The statement or its values are wrong: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const DEFECTS = [1, 18, 19, 20, 21, 25];

/** The folder of the default database, which is made where it is missing. Any other that is missing is a misspelling. */
const DEFAULT_FOLDER = '.linguanova';
const BUSY_TIMEOUT_MS = 5_000;
/** Longest pause between two attempts, milliseconds. */
const MAX_RETRY_DELAY_MS = 20;

/**
 * A database in one file, which several processes of this machine may share. A write that was acknowledged survives
 * `kill -9` and power loss. A new file is readable by its owner alone, and so is the default folder.
 *
 * @param busyTimeout How long a write waits for another process's, milliseconds.
 * @throws ComputeError `unavailable`; or the file system's error when the file or its folder cannot be made.
 */
export async function openSqlite(path: string, busyTimeout = BUSY_TIMEOUT_MS): Promise<SqlDatabase> {
  // Absolute, for SQLite takes "file:..." for a URI and ":memory:" for no file at all.
  const file = resolve(path);
  if (dirname(file) === resolve(DEFAULT_FOLDER)) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  const connection = new DatabaseSync(file);
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(connection) });
  const attempt = <Result>(work: () => Promise<Result>) => whileBusy(work, busyTimeout);
  try {
    // Readers and the writer do not wait for each other; FULL, for in this mode less may lose the last commits.
    await attempt(async () => connection.exec('pragma journal_mode = wal; pragma synchronous = full'));
    await attempt(() => migrate(db, SQLITE_TYPES));
  } catch (error) {
    connection.close();
    throw databaseError(error, diagnoseSqlite(error));
  }
  return transactionalDatabase(db, { diagnose: diagnoseSqlite, attempt });
}

/** Why there can be no database file at `path`; null: its folder exists, or is the default one. */
export function folderProblem(path: string): string | null {
  const folder = dirname(resolve(path));
  if (folder === resolve(DEFAULT_FOLDER)) return null;
  const kind = statSync(folder, { throwIfNoEntry: false });
  if (kind === undefined)
    return `names a file in ${folder}, which does not exist: make that folder, or correct the path`;
  return kind.isDirectory() ? null : `names a file in ${folder}, which is not a folder`;
}

/**
 * Tries again while another connection has the lock. Not by SQLite's own busy timeout, which would halt the whole process:
 * every request, and even a transaction of this process that has the lock.
 */
async function whileBusy<Result>(work: () => Promise<Result>, timeout: number): Promise<Result> {
  const deadline = performance.now() + timeout;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      await sleep(backoff(1, { initialMs: MAX_RETRY_DELAY_MS, maxMs: MAX_RETRY_DELAY_MS, jitter: 1 }));
    }
  }
}

/** Locked, disk full, damaged, not a database: all of these are `unavailable`. */
export function diagnoseSqlite(error: unknown): Diagnosis {
  const code = resultCode(error);
  if (code === null) return null;
  if (TAKEN.includes(code)) return 'taken';
  if ((code & 0xff) === READ_ONLY) return 'read_only';
  return DEFECTS.includes(code & 0xff) ? null : 'unavailable';
}

/** Another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return ((resultCode(error) ?? 0) & 0xff) === BUSY;
}

/** null when the error is not SQLite's. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}
