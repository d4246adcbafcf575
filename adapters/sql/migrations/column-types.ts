import { type Expression, sql } from 'kysely';

type ColumnType = 'text' | 'blob' | 'bytea' | 'integer' | 'bigint' | Expression<unknown>;

/** Column types, the only difference between the databases' migrations. */
export interface ColumnTypes {
  /** Compared byte by byte, because ids and times are ordered as texts. */
  readonly text: ColumnType;
  readonly bytes: ColumnType;
  /** Integers up to 2^53. */
  readonly sequence: ColumnType;
  readonly integer: ColumnType;
}

export const SQLITE_TYPES: ColumnTypes = {
  text: 'text',
  bytes: 'blob',
  sequence: 'integer',
  integer: 'integer',
};

/** An explicit collation, because that of a PostgreSQL database is its operator's choice. */
export const POSTGRES_TYPES: ColumnTypes = {
  text: sql`text collate "C"`,
  bytes: 'bytea',
  sequence: 'bigint',
  integer: 'integer',
};
