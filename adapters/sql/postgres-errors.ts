import { DatabaseError } from 'pg';
import type { Diagnosis } from './transactional-database.ts';

const UNIQUE_VIOLATION = '23505';
/** Classes of SQLSTATE that say a statement or its values are wrong: data, integrity, syntax or rights. */
const DEFECTS = ['22', '23', '42'];

const READ_ONLY = '25006';
/**
 * SQLSTATE of a session that no other transaction may be given: it was made to a database that takes no writes, has a
 * failed transaction open, or is being ended by the server. All of class 08 (connection) as well.
 */
const SPOILT_SESSION = [READ_ONLY, '25P02', '25P03', '57P01', '57P02', '57P03', '57P05'];
/** What pg says of a connection that the other side has closed; a timeout is told otherwise. */
const CLOSED = /^Connection terminated( unexpectedly)?$/;
const CLOSED_CODES = ['ECONNRESET', 'EPIPE'];

/**
 * What the server answered is a defect when it is about our statement; anything else it says (shutting down, full, no such
 * user, cancelled, read-only), and whatever keeps us from hearing it, is `unavailable`.
 */
export function diagnosePostgres(error: unknown): Diagnosis {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? 'unavailable' : null;
  if (error.code === UNIQUE_VIOLATION) return 'taken';
  if (error.code === READ_ONLY) return 'read_only';
  return DEFECTS.includes(error.code?.slice(0, 2) ?? '') ? null : 'unavailable';
}

/** Whether the connection that raised this is to be thrown away. */
export function spoilsSession(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return SPOILT_SESSION.includes(error.code ?? '') || error.code?.slice(0, 2) === '08';
}

/** Whether the database took no writes on that connection. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === READ_ONLY;
}

/** Whether the same on a new connection may succeed at once: the fault was the connection's. Not after a timeout. */
export function mayHelpToReconnect(error: unknown): boolean {
  if (error instanceof DatabaseError) return spoilsSession(error);
  if (!(error instanceof Error)) return false;
  return CLOSED.test(error.message) || ('code' in error && CLOSED_CODES.includes(String(error.code)));
}

/** A pooler's refusal of a parameter that a client sends when it connects. */
export function isRefusedStartupParameter(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}
