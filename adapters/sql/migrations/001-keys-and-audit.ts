import type { Kysely, Migration } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** The tables of keys and of the audit log. */
export function keysAndAudit({ text, bytes, sequence }: ColumnTypes): Migration {
  // "If not exists" because D1 runs migrations without a transaction: an interrupted one is repeated.
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('api_key')
        .ifNotExists()
        .addColumn('id', text, (column) => column.primaryKey().notNull())
        .addColumn('family_id', text, (column) => column.notNull())
        .addColumn('name', text, (column) => column.notNull())
        .addColumn('project_id', text, (column) => column.notNull())
        .addColumn('user_id', text)
        .addColumn('kind', text, (column) => column.notNull())
        .addColumn('cloud_credential_id', text)
        .addColumn('owns_cloud_credential', 'integer', (column) => column.notNull())
        .addColumn('secret_hash', bytes, (column) => column.notNull())
        .addColumn('last_four', text, (column) => column.notNull())
        .addColumn('sealed_credential', bytes, (column) => column.notNull())
        .addColumn('scopes', text, (column) => column.notNull())
        .addColumn('plan', text, (column) => column.notNull())
        .addColumn('allowed_cidrs', text, (column) => column.notNull())
        .addColumn('created_at', text, (column) => column.notNull())
        .addColumn('expires_at', text)
        .addColumn('disabled', 'integer', (column) => column.notNull())
        .addColumn('revoked_at', text)
        .addColumn('successor_id', text)
        .addColumn('last_used_at', text)
        .addColumn('change_id', text, (column) => column.notNull())
        .execute();
      await index(db, 'api_key_by_project', ['project_id', 'id']);
      await index(db, 'api_key_by_user', ['user_id', 'id']);
      await index(db, 'api_key_by_cloud_credential', ['cloud_credential_id']);
      await db.schema
        .createTable('audit_entry')
        .ifNotExists()
        .addColumn('sequence', sequence, (column) => column.primaryKey().notNull())
        .addColumn('at', text, (column) => column.notNull())
        .addColumn('actor', text, (column) => column.notNull())
        .addColumn('action', text, (column) => column.notNull())
        .addColumn('key_id', text)
        .addColumn('address', text)
        .addColumn('request_id', text)
        .addColumn('detail', text, (column) => column.notNull())
        .execute();
    },
  };
}

function index(db: Kysely<unknown>, name: string, columns: string[]): Promise<void> {
  return db.schema.createIndex(name).ifNotExists().on('api_key').columns(columns).execute();
}
