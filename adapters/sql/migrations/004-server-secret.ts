import type { Kysely, Migration } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The check value of the server's secret, and which secret each key is sealed with. */
export function serverSecret({ text, bytes }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('server_secret')
        .ifNotExists()
        // One row: `the`.
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('current_check', text, (column) => column.notNull())
        .addColumn('current_store_key', bytes, (column) => column.notNull())
        .addColumn('previous_check', text)
        .addColumn('previous_store_key', bytes)
        .execute();
      await db.schema
        .alterTable('api_key')
        // Nullable, because nodes of an older version still write.
        .addColumn('sealed_under', text)
        .execute();
    },
  };
}
