import { DatabaseError } from 'pg';
import type { Diagnosis } from './transactional-database.ts';

const UNIQUE_VIOLATION = '23505';
/** Classes of SQLSTATE that say a statement or its values are wrong: data, integrity, syntax or rights. */
const DEFECTS = ['22', '23', '42'];

/**
 * What the server answered is a defect when it is about our statement; anything else it says (shutting down, full, no such
 * user, cancelled, read-only), and whatever keeps us from hearing it, is `unavailable`.
 */
export function diagnosePostgres(error: unknown): Diagnosis {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? 'unavailable' : null;
  if (error.code === UNIQUE_VIOLATION) return 'taken';
  return DEFECTS.includes(error.code?.slice(0, 2) ?? '') ? null : 'unavailable';
}
