import type { Kysely, Migration } from 'kysely';

/** Indexes for revoking a family of keys in one statement, and for paging through the keys of one user or project. */
export function families(): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await index(db, 'api_key_by_family', ['family_id']);
      await index(db, 'api_key_by_age', ['created_at', 'id']);
      await index(db, 'api_key_by_owner', ['project_id', 'user_id', 'created_at', 'id']);
    },
  };
}

function index(db: Kysely<unknown>, name: string, columns: string[]): Promise<void> {
  return db.schema.createIndex(name).ifNotExists().on('api_key').columns(columns).execute();
}
