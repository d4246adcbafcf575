import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { backoff, sleep } from '../../src/async.ts';
import {
  type Diagnosis,
  databaseError,
  type TransactionalDatabase,
  transactionalDatabase,
} from './database.ts';
import { SQLITE_TYPES } from './migrations/column-types.ts';
import { migrate } from './migrations/migrate.ts';
import type { Tables } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';

/** Result codes of SQLite (sqlite.org/rescode.html). The last eight bits of an extended one are the primary one. */
const BUSY = 5;
const READ_ONLY = 8;
/** Extended codes of a primary key and a unique index. */
const TAKEN = [1555, 2067];
/** Invalid statement or values: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const DEFECTS = [1, 18, 19, 20, 21, 25];

/** The folder of the default database is created. Any other missing folder is a misspelling. */
const DEFAULT_FOLDER = '.linguanova';
const BUSY_TIMEOUT_MS = 5_000;
const MAX_RETRY_DELAY_MS = 20;

/**
 * A database file, which several processes may share. An acknowledged write survives `kill -9` and power loss. A new file and the
 * default folder are readable only by their owner.
 *
 * @param busyTimeoutMs Maximum wait for another process's lock, in ms.
 * @throws ComputeError `unavailable`; the file system's error if file or folder cannot be created.
 */
export async function openSqlite(
  path: string,
  busyTimeoutMs = BUSY_TIMEOUT_MS,
): Promise<TransactionalDatabase> {
  // Absolute, because SQLite treats "file:..." as a URI and ":memory:" as no file.
  const file = resolve(path);
  if (dirname(file) === resolve(DEFAULT_FOLDER)) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  const connection = new DatabaseSync(file);
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(connection) });
  const attempt = <Result>(work: () => Promise<Result>) => whileBusy(work, busyTimeoutMs);
  try {
    // WAL: readers and the writer do not block each other. FULL: with less, WAL may lose the last commits.
    await attempt(async () => connection.exec('pragma journal_mode = wal; pragma synchronous = full'));
    await attempt(() => migrate(db, SQLITE_TYPES));
  } catch (error) {
    connection.close();
    throw databaseError(error, diagnoseSqlite(error));
  }
  return transactionalDatabase(db, { diagnose: diagnoseSqlite, attempt });
}

/** null if the folder of `path` exists or is the default one. */
export function folderProblem(path: string): string | null {
  const folder = dirname(resolve(path));
  if (folder === resolve(DEFAULT_FOLDER)) return null;
  const kind = statSync(folder, { throwIfNoEntry: false });
  if (kind === undefined)
    return `names a file in ${folder}, which does not exist: make that folder, or correct the path`;
  return kind.isDirectory() ? null : `names a file in ${folder}, which is not a folder`;
}

/**
 * Retries while another connection holds the lock. SQLite's own busy timeout would block the event loop, and with it a
 * transaction of this process that holds the lock.
 */
async function whileBusy<Result>(work: () => Promise<Result>, timeoutMs: number): Promise<Result> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      await sleep(backoff(1, { initialMs: MAX_RETRY_DELAY_MS, maxMs: MAX_RETRY_DELAY_MS, jitter: 1 }));
    }
  }
}

/** A locked, full, damaged or invalid database is `unavailable`. */
function diagnoseSqlite(error: unknown): Diagnosis {
  const code = resultCode(error);
  if (code === null) return null;
  if (TAKEN.includes(code)) return 'taken';
  if ((code & 0xff) === READ_ONLY) return 'read_only';
  return DEFECTS.includes(code & 0xff) ? null : 'unavailable';
}

function isBusy(error: unknown): boolean {
  return ((resultCode(error) ?? 0) & 0xff) === BUSY;
}

/** null for errors that are not SQLite's. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}
