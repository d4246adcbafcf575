import { type Expression, sql } from 'kysely';

type ColumnType = 'text' | 'blob' | 'bytea' | 'integer' | 'bigint' | Expression<unknown>;

/** What a column is called in a database; all else in the migrations is the same everywhere. */
export interface ColumnTypes {
  /** Compared byte by byte: lists go by id, and times are compared as texts. */
  readonly text: ColumnType;
  readonly bytes: ColumnType;
  /** Whole numbers up to 2^53. */
  readonly sequence: ColumnType;
}

/** SQLite and D1. */
export const SQLITE_TYPES: ColumnTypes = { text: 'text', bytes: 'blob', sequence: 'integer' };

/** The collation of a PostgreSQL database is its operator's choice, and most order "a" before "B". */
export const POSTGRES_TYPES: ColumnTypes = {
  text: sql`text collate "C"`,
  bytes: 'bytea',
  sequence: 'bigint',
};
