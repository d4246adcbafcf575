import type { Kysely, Migration } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The table of requests made under an `Idempotency-Key`. */
export function idempotency({ text, bytes }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('idempotency')
        .ifNotExists()
        .addColumn('scope', text, (column) => column.primaryKey().notNull())
        .addColumn('fingerprint', text, (column) => column.notNull())
        .addColumn('run_id', text, (column) => column.notNull())
        .addColumn('resumed', 'integer', (column) => column.notNull())
        .addColumn('lease_until', text, (column) => column.notNull())
        .addColumn('sealed_answer', bytes)
        .addColumn('created_at', text, (column) => column.notNull())
        .addColumn('expires_at', text, (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('idempotency_by_end')
        .ifNotExists()
        .on('idempotency')
        .columns(['expires_at'])
        .execute();
    },
  };
}
