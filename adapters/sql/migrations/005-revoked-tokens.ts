import type { Kysely, Migration } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/** Tokens and sessions revoked before they expired, and the index for the retention of the audit log. */
export function revokedTokens({ text }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('revoked_token')
        .ifNotExists()
        .addColumn('owner', text, (column) => column.notNull())
        .addColumn('id', text, (column) => column.notNull())
        .addColumn('expires_at', text, (column) => column.notNull())
        .addPrimaryKeyConstraint('revoked_token_key', ['owner', 'id'])
        .execute();
      await db.schema
        .createIndex('revoked_token_by_expiry')
        .ifNotExists()
        .on('revoked_token')
        .columns(['expires_at'])
        .execute();
      await db.schema
        .createIndex('audit_entry_by_time')
        .ifNotExists()
        .on('audit_entry')
        .columns(['at'])
        .execute();
    },
  };
}
