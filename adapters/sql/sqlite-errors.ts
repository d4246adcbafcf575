import type { Diagnosis } from './transactional-database.ts';

/** Result codes of SQLite (sqlite.org/rescode.html). The last eight bits of an extended one are the primary one. */
const BUSY = 5;
const READ_ONLY = 8;
/** A primary key, a unique index; both extended. */
const TAKEN = [1555, 2067];
/** The statement or its values are wrong: ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE. */
const DEFECTS = [1, 18, 19, 20, 21, 25];

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
