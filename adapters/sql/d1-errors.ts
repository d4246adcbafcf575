import type { Diagnosis } from './transactional-database.ts';

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
