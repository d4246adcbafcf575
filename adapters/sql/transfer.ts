/** All rows of a database as JSON lines: a header, a line for each row, and an end without which the file is incomplete. */

import { sql } from 'kysely';
import { ComputeError } from '../../src/compute/errors.ts';
import type { RunStatement, SqlDatabase, TransactionalDatabase } from './database.ts';
import { SQLITE_TYPES } from './migrations/column-types.ts';
import { migrationsFor } from './migrations/migrate.ts';
import { TABLES, type Tables } from './schema.ts';

type Table = keyof Tables;
type Row = Readonly<Record<string, unknown>>;

/** The primary key of each table, in the order of the file; null: state of running gateways, which is not moved. */
const PRIMARY_KEYS: Readonly<Record<Table, readonly string[] | null>> = {
  // First, so that a wrong secret is found before anything is written.
  server_secret: ['id'],
  api_key: ['id'],
  audit_entry: ['sequence'],
  idempotency: ['scope'],
  lease: null,
  node: null,
  owned_credential: ['id'],
  pending_release: ['id'],
  reconcile_run: ['id'],
  revoked_token: ['owner', 'id'],
  usage_hour: ['start', 'project_id', 'key_id'],
};
const MOVED = Object.entries(PRIMARY_KEYS).flatMap(([table, key]) =>
  key === null ? [] : [{ table: table as Table, key }],
);

const FORMAT = 'linguanova export';
const SCHEMA = Object.keys(migrationsFor(SQLITE_TYPES)).at(-1) ?? '';
const ROWS_PER_STATEMENT = 200;

/** Rows by table. */
export type Counts = Readonly<Partial<Record<Table, number>>>;

/** @throws ComputeError `not_found` for a database that no gateway has used. */
export async function* exportLines(
  database: SqlDatabase,
  exportedAt: string,
): AsyncGenerator<string, Counts, void> {
  yield JSON.stringify({ format: FORMAT, schema: SCHEMA, exported_at: exportedAt });
  const counts: Partial<Record<Table, number>> = {};
  for (const { table, key } of MOVED) {
    let count = 0;
    for await (const row of rowsOf(database, table, key)) {
      count += 1;
      yield JSON.stringify({ table, row: encoded(table, row) });
    }
    counts[table] = count;
    if (table === 'server_secret' && count === 0) {
      throw new ComputeError(
        'not_found',
        'DATABASE_URL: no gateway has used this database: nothing to export',
      );
    }
  }
  yield JSON.stringify({ end: counts });
  return counts;
}

async function* rowsOf({ builder, read }: SqlDatabase, table: Table, key: readonly string[]) {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const page = builder
    .selectFrom(table)
    .select(Object.keys(TABLES[table]) as never)
    .orderBy(columns)
    .limit(ROWS_PER_STATEMENT);
  for (let last: Row | undefined; ; ) {
    const after = last;
    const rows: readonly Row[] = await read(
      after === undefined
        ? page
        : page.where(sql<boolean>`(${columns}) > (${sql.join(key.map((column) => after[column]))})`),
    );
    yield* rows;
    last = rows.at(-1);
    if (rows.length < ROWS_PER_STATEMENT) return;
  }
}

/**
 * Imports everything in one transaction, or nothing.
 *
 * @param assertSecret Gets the check value of the secret that the rows are sealed with, before anything is written.
 * @throws ComputeError `invalid` for a line that is no export of this version, `conflict` if the database has rows.
 */
export async function importLines(
  database: TransactionalDatabase,
  lines: AsyncIterable<string>,
  assertSecret: (check: string) => void,
): Promise<Counts> {
  const { builder } = database;
  return database.transact(async (run) => {
    await assertEmpty(database, run);
    // Of a first start, if any: the keys are sealed with the store key of the export.
    await run(builder.deleteFrom('server_secret'));
    const counts: Partial<Record<Table, number>> = {};
    let isChecked = false;
    for await (const { table, rows } of chunksOf(lines, counts)) {
      if (table === 'server_secret' && rows.length === 1 && !isChecked) {
        assertSecret(String(rows[0]?.current_check));
        isChecked = true;
      } else if (table === 'server_secret' || !isChecked) {
        throw new ComputeError('invalid', 'The file must begin with one row of server_secret.');
      }
      await run(builder.insertInto(table).values(rows as never));
    }
    if (!isChecked) throw new ComputeError('invalid', 'The file has no row of server_secret.');
    return counts;
  });
}

async function assertEmpty({ builder }: SqlDatabase, run: RunStatement): Promise<void> {
  for (const { table } of MOVED) {
    if (table === 'server_secret') continue;
    const rows = await run(builder.selectFrom(table).select(sql`1`.as('one')).limit(1));
    if (rows.length > 0) {
      throw new ComputeError('conflict', `DATABASE_URL: the database has rows in ${table}: it must be empty`);
    }
  }
}

/** Rows of one table at a time. @param counts Incremented by table, and compared with those of the last line. */
async function* chunksOf(lines: AsyncIterable<string>, counts: Partial<Record<Table, number>>) {
  let number = 0;
  let isComplete = false;
  let table: Table = 'server_secret';
  let rows: Row[] = [];
  for await (const line of lines) {
    number += 1;
    const value = parsed(line, number);
    if (number === 1) assertHeader(value);
    else if (isComplete) throw invalidLine(number, 'follows the end');
    else if (value.end !== undefined) {
      isComplete = true;
      assertCounts(value.end, counts);
    } else {
      const next = tableOf(value, number);
      if (rows.length > 0 && (next !== table || rows.length === ROWS_PER_STATEMENT)) {
        yield { table, rows };
        rows = [];
      }
      table = next;
      rows.push(decoded(table, value.row, number));
      counts[table] = (counts[table] ?? 0) + 1;
    }
  }
  if (!isComplete) throw new ComputeError('invalid', 'The file is incomplete: its last line is missing.');
  if (rows.length > 0) yield { table, rows };
}

function parsed(line: string, number: number): Row {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch {
    // Reported below.
  }
  throw invalidLine(number, 'is not a JSON object');
}

function isRecord(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function assertHeader({ format, schema }: Row): void {
  if (format !== FORMAT)
    throw new ComputeError('invalid', 'The file is not one of "linguanova keys export".');
  if (schema === SCHEMA) return;
  throw new ComputeError(
    'invalid',
    `The file has the schema ${schema}, this version ${SCHEMA}: export and import with the same version.`,
  );
}

function assertCounts(end: unknown, counts: Counts): void {
  const differs = MOVED.some(({ table }) => !isRecord(end) || (end[table] ?? 0) !== (counts[table] ?? 0));
  if (differs) throw new ComputeError('invalid', 'The file is incomplete: rows are missing.');
}

function tableOf({ table }: Row, number: number): Table {
  const known = MOVED.find((one) => one.table === table);
  if (known === undefined) throw invalidLine(number, 'names no table');
  return known.table;
}

function encoded(table: Table, row: Row): Row {
  return Object.fromEntries(
    Object.entries(TABLES[table]).map(([column, type]) => {
      const value = row[column];
      if (value === null) return [column, null];
      if (type === 'sequence') return [column, Number(value)];
      return [column, type.startsWith('bytes') ? Buffer.from(value as Uint8Array).toString('base64') : value];
    }),
  );
}

function decoded(table: Table, row: unknown, number: number): Row {
  const types: Readonly<Record<string, string>> = TABLES[table];
  if (!isRecord(row) || Object.keys(row).length !== Object.keys(types).length)
    throw invalidLine(number, `is no row of ${table}`);
  return Object.fromEntries(
    Object.entries(types).map(([column, type]) => {
      const value = checked(row[column], type);
      if (value === undefined) throw invalidLine(number, `has an invalid ${column}`);
      return [column, value];
    }),
  );
}

/** undefined if `value` is none of `type`. */
function checked(value: unknown, type: string): unknown {
  if (value === null) return type.endsWith('?') ? null : undefined;
  if (type === 'integer' || type === 'sequence') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return type.startsWith('bytes') ? new Uint8Array(Buffer.from(value, 'base64')) : value;
}

function invalidLine(number: number, problem: string): ComputeError {
  return new ComputeError('invalid', `Line ${number} of the file ${problem}.`);
}
