import {
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { expect, test } from 'vitest';
import { SQLITE_TYPES } from './column-types.ts';
import { migrationsFor } from './migrate.ts';

/** What a migration would run, as a script for `wrangler d1 migrations apply`. */
async function scriptOf(migration: { up(db: Kysely<unknown>): Promise<void> }): Promise<string> {
  const statements: string[] = [];
  const connection: DatabaseConnection = {
    async executeQuery({ sql, parameters }) {
      if (parameters.length > 0) throw new Error(`a script has no parameters: ${sql}`);
      statements.push(sql);
      return { rows: [] };
    },
    // biome-ignore lint/correctness/useYield: migrations do not stream
    async *streamQuery() {
      throw new Error('a migration does not stream');
    },
  };
  class Recorder extends DummyDriver {
    override acquireConnection = async () => connection;
  }
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new Recorder(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  await migration.up(db);
  return statements.map((statement) => `${statement};\n`).join('');
}

// Update with `npx vitest run --project unit adapters/sql/migrations -u`.
test.each(Object.entries(migrationsFor(SQLITE_TYPES)))(
  'the D1 script of %s contains the statements of the migration',
  async (name, migration) => {
    await expect(await scriptOf(migration)).toMatchFileSnapshot(`d1/${name}.sql`);
  },
);
