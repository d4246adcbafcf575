import { type Kysely, type Migration, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The origins that keys are bound to. */
export function allowedOrigins({ text }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable('api_key')
        // A default, because nodes of an older version still write.
        .addColumn('allowed_origins', text, (column) => column.notNull().defaultTo(sql.lit('[]')))
        .execute();
      // Few keys have origins, and only those are read.
      await db.schema
        .createIndex('api_key_with_origins')
        .ifNotExists()
        .on('api_key')
        .columns(['id'])
        .where(sql.ref('allowed_origins'), '<>', sql.lit('[]'))
        .execute();
    },
  };
}
