import type { Kysely, Migration } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Releases of cloud resources that are still pending. */
export function pendingReleases({ text }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('pending_release')
        .ifNotExists()
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('project_id', text, (column) => column.notNull())
        .addColumn('due_at', text, (column) => column.notNull())
        .addColumn('plan', text, (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('pending_release_by_due')
        .ifNotExists()
        .on('pending_release')
        .columns(['due_at'])
        .execute();
    },
  };
}
