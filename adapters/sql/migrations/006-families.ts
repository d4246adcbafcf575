import type { Kysely, Migration } from 'kysely';

/** Indexes for revoking a family of keys in one statement, and for lists, which go from the oldest key to the newest. */
export function families(): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await index(db, 'api_key_by_family', ['family_id']);
      await index(db, 'api_key_by_age', ['created_at', 'id']);
      await index(db, 'api_key_by_project_and_age', ['project_id', 'created_at', 'id']);
      await index(db, 'api_key_by_user_and_age', ['user_id', 'created_at', 'id']);
      // Made for lists by id, which there are no more; each index costs a page with every key.
      for (const name of ['api_key_by_project', 'api_key_by_user']) {
        await db.schema.dropIndex(name).ifExists().execute();
      }
    },
  };
}

function index(db: Kysely<unknown>, name: string, columns: string[]): Promise<void> {
  return db.schema.createIndex(name).ifNotExists().on('api_key').columns(columns).execute();
}
