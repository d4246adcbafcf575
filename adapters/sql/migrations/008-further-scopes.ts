import { type Kysely, type Migration, sql } from 'kysely';

/**
 * `instances:write` opened volumes and images too before they had scopes. No key could make further keys, so none gets `keys:write`.
 */
export const furtherScopes: Migration = {
  async up(db: Kysely<unknown>) {
    const scopes = sql.lit('"volumes:write","images:write"');
    // In the order of all scopes, where "admin" is last. Repeated on D1 if interrupted.
    await sql`update api_key set scopes = case
      when scopes like '%"admin"%' then replace(scopes, '"admin"', ${scopes} || ',"admin"')
      else replace(scopes, ']', ',' || ${scopes} || ']') end
      where scopes like '%"instances:write"%' and scopes not like '%"volumes:write"%'`.execute(db);
  },
};
