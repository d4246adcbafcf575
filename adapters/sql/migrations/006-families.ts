import { type Kysely, type Migration, sql } from 'kysely';
import type { ColumnTypes } from './column-types.ts';

/**
 * Indexes for the revocation of families and for lists by age, and the expiry of a key's credential.
 */
export function families({ text }: ColumnTypes): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('api_key').addColumn('credential_expires_at', text).execute();
      // The gateway created these credentials with the expiry of their key.
      await sql`update api_key set credential_expires_at = expires_at where owns_cloud_credential = 1`.execute(
        db,
      );
      await index(db, 'api_key_by_family', ['family_id']);
      await index(db, 'api_key_by_age', ['created_at', 'id']);
      await index(db, 'api_key_by_project_and_age', ['project_id', 'created_at', 'id']);
      await index(db, 'api_key_by_user_and_age', ['user_id', 'created_at', 'id']);
      // For lists by id, which no longer exist; each index costs a page per key.
      for (const name of ['api_key_by_project', 'api_key_by_user']) {
        await db.schema.dropIndex(name).ifExists().execute();
      }
    },
  };
}

function index(db: Kysely<unknown>, name: string, columns: string[]): Promise<void> {
  return db.schema.createIndex(name).ifNotExists().on('api_key').columns(columns).execute();
}
