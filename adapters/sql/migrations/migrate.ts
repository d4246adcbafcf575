import { type CreateTableBuilder, type Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type ColumnTypes, SQLITE_TYPES } from './column-types.ts';

/** After all times, as texts. */
export const NEVER = '9999-12-31T23:59:59.999Z';

/** By column its type; with `?` null is a value. */
type Columns = Readonly<Record<string, keyof ColumnTypes | `${keyof ColumnTypes}?`>>;

/** In order. A released migration is never changed or renamed. */
export function migrationsFor(types: ColumnTypes): Readonly<Record<string, Migration>> {
  const { text } = types;

  // "If not exists" because D1 runs migrations without a transaction: an interrupted one is repeated.
  async function createTable(db: Kysely<unknown>, name: string, columns: Columns, ...key: readonly string[]) {
    let table: CreateTableBuilder<string, string> = db.schema.createTable(name).ifNotExists();
    for (const [column, kind] of Object.entries(columns)) {
      const type = types[kind.replace('?', '') as keyof ColumnTypes];
      table = table.addColumn(column, type, (built) => {
        if (kind.endsWith('?')) return built;
        return key.length === 1 && key[0] === column ? built.primaryKey().notNull() : built.notNull();
      });
    }
    if (key.length > 1) table = table.addPrimaryKeyConstraint(`${name}_key`, [...key]);
    await table.execute();
  }

  async function createIndex(
    db: Kysely<unknown>,
    name: string,
    table: string,
    ...columns: readonly string[]
  ) {
    await db.schema
      .createIndex(name)
      .ifNotExists()
      .on(table)
      .columns([...columns])
      .execute();
  }

  const migrations: Readonly<Record<string, (db: Kysely<unknown>) => Promise<void>>> = {
    async '001-keys-and-audit'(db) {
      const keys: Columns = {
        id: 'text',
        family_id: 'text',
        name: 'text',
        project_id: 'text',
        user_id: 'text?',
        kind: 'text',
        cloud_credential_id: 'text?',
        owns_cloud_credential: 'integer',
        secret_hash: 'bytes',
        last_four: 'text',
        sealed_credential: 'bytes',
        scopes: 'text',
        plan: 'text',
        allowed_cidrs: 'text',
        created_at: 'text',
        expires_at: 'text?',
        disabled: 'integer',
        revoked_at: 'text?',
        successor_id: 'text?',
        last_used_at: 'text?',
        change_id: 'text',
      };
      await createTable(db, 'api_key', keys, 'id');
      await createIndex(db, 'api_key_by_project', 'api_key', 'project_id', 'id');
      await createIndex(db, 'api_key_by_user', 'api_key', 'user_id', 'id');
      await createIndex(db, 'api_key_by_cloud_credential', 'api_key', 'cloud_credential_id');
      const entries: Columns = {
        sequence: 'sequence',
        at: 'text',
        actor: 'text',
        action: 'text',
        key_id: 'text?',
        address: 'text?',
        request_id: 'text?',
        detail: 'text',
      };
      await createTable(db, 'audit_entry', entries, 'sequence');
    },

    async '002-idempotency'(db) {
      const records: Columns = {
        scope: 'text',
        fingerprint: 'text',
        run_id: 'text',
        resumed: 'integer',
        lease_until: 'text',
        sealed_answer: 'bytes?',
        created_at: 'text',
        expires_at: 'text',
      };
      await createTable(db, 'idempotency', records, 'scope');
      await createIndex(db, 'idempotency_by_end', 'idempotency', 'expires_at');
    },

    async '003-allowed-origins'(db) {
      // A default, because nodes of an older version still write.
      await db.schema
        .alterTable('api_key')
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

    async '004-server-secret'(db) {
      const secrets: Columns = {
        id: 'text',
        current_check: 'text',
        current_store_key: 'bytes',
        previous_check: 'text?',
        previous_store_key: 'bytes?',
      };
      await createTable(db, 'server_secret', secrets, 'id');
      // Nullable, because nodes of an older version still write.
      await db.schema.alterTable('api_key').addColumn('sealed_under', text).execute();
    },

    async '005-revoked-tokens'(db) {
      const tokens: Columns = { owner: 'text', id: 'text', expires_at: 'text' };
      await createTable(db, 'revoked_token', tokens, 'owner', 'id');
      await createIndex(db, 'revoked_token_by_expiry', 'revoked_token', 'expires_at');
      await createIndex(db, 'audit_entry_by_time', 'audit_entry', 'at');
    },

    async '006-families'(db) {
      await db.schema.alterTable('api_key').addColumn('credential_expires_at', text).execute();
      // The gateway created these credentials with the expiry of their key.
      await sql`update api_key set credential_expires_at = expires_at where owns_cloud_credential = 1`.execute(
        db,
      );
      await createIndex(db, 'api_key_by_family', 'api_key', 'family_id');
      await createIndex(db, 'api_key_by_age', 'api_key', 'created_at', 'id');
      await createIndex(db, 'api_key_by_project_and_age', 'api_key', 'project_id', 'created_at', 'id');
      await createIndex(db, 'api_key_by_user_and_age', 'api_key', 'user_id', 'created_at', 'id');
      // For lists by id, which no longer exist; each index costs a page per key.
      for (const name of ['api_key_by_project', 'api_key_by_user']) {
        await db.schema.dropIndex(name).ifExists().execute();
      }
    },

    async '007-pending-releases'(db) {
      const releases: Columns = { id: 'text', project_id: 'text', due_at: 'text', plan: 'text' };
      await createTable(db, 'pending_release', releases, 'id');
      await createIndex(db, 'pending_release_by_due', 'pending_release', 'due_at');
    },

    async '008-further-scopes'(db) {
      const scopes = sql.lit('"volumes:write","images:write"');
      // `instances:write` opened volumes and images too before they had scopes; no key could make further keys.
      // In the order of all scopes, where "admin" is last. Repeated on D1 if interrupted.
      await sql`update api_key set scopes = case
      when scopes like '%"admin"%' then replace(scopes, '"admin"', ${scopes} || ',"admin"')
      else replace(scopes, ']', ',' || ${scopes} || ']') end
      where scopes like '%"instances:write"%' and scopes not like '%"volumes:write"%'`.execute(db);
    },

    async '009-usage'(db) {
      const hours: Columns = {
        start: 'text',
        project_id: 'text',
        key_id: 'text',
        requests: 'sequence',
        points: 'sequence',
        client_errors: 'sequence',
        server_errors: 'sequence',
      };
      await createTable(db, 'usage_hour', hours, 'start', 'project_id', 'key_id');
      await createIndex(db, 'usage_hour_by_project', 'usage_hour', 'project_id', 'start', 'key_id');
      await createIndex(db, 'usage_hour_by_key', 'usage_hour', 'key_id', 'start');
      await createIndex(db, 'audit_entry_by_key', 'audit_entry', 'key_id', 'sequence');
    },

    async '010-operations'(db) {
      await createTable(db, 'lease', { name: 'text', holder: 'text', until: 'text' }, 'name');
      const runs: Columns = {
        id: 'text',
        started_by: 'text',
        node: 'text',
        started_at: 'text',
        seen_at: 'text',
        finished_at: 'text?',
        outcome: 'text?',
        projects: 'integer',
        skipped: 'integer',
        failed: 'integer',
        released: 'integer',
        error: 'text?',
      };
      await createTable(db, 'reconcile_run', runs, 'id');
      await createIndex(db, 'reconcile_run_by_start', 'reconcile_run', 'started_at', 'id');
      const nodes: Columns = {
        id: 'text',
        name: 'text',
        version: 'text',
        started_at: 'text',
        seen_at: 'text',
        report: 'text',
      };
      await createTable(db, 'node', nodes, 'id');
    },

    async '011-regions'(db) {
      await db.schema.alterTable('api_key').addColumn('regions', text).execute();
    },

    async '012-application-credentials'(db) {
      // Nullable, because nodes of an older version still write.
      for (const column of ['description', 'roles', 'access_rules']) {
        await db.schema.alterTable('api_key').addColumn(column, text).execute();
      }
    },

    async '014-owned-credentials'(db) {
      await createTable(db, 'owned_credential', { id: 'text', user_id: 'text', due_at: 'text' }, 'id');
      await createIndex(db, 'owned_credential_by_due', 'owned_credential', 'due_at');
      // Also those of ended keys, of which some could not be deleted. On D1 repeated if interrupted.
      await sql`insert into owned_credential (id, user_id, due_at)
      select cloud_credential_id, min(user_id), max(coalesce(revoked_at, expires_at, ${sql.lit(NEVER)})) from api_key
      where owns_cloud_credential = 1 and cloud_credential_id is not null and user_id is not null
      group by cloud_credential_id on conflict (id) do nothing`.execute(db);
      await db.schema.alterTable('api_key').addColumn('maker_id', text).execute();
      await createIndex(db, 'api_key_by_maker', 'api_key', 'maker_id');
    },
  };
  return Object.fromEntries(Object.entries(migrations).map(([name, up]) => [name, { up }]));
}

/** What a database has after `migrate`; the names are those of every dialect. */
export const NEWEST_MIGRATION = Object.keys(migrationsFor(SQLITE_TYPES)).at(-1);

/**
 * Migrates to the newest schema; idempotent. Concurrent nodes are serialized by the dialect's transactions or migration lock.
 *
 * @param inTransaction The caller has begun a transaction and holds the lock.
 * @throws The driver's error; an error for migrations of a newer version.
 */
export async function migrate(
  db: Kysely<Tables>,
  types: ColumnTypes,
  { inTransaction = false } = {},
): Promise<void> {
  const provider = { getMigrations: async () => migrationsFor(types) };
  const migrator = new Migrator({ db, provider, disableTransactions: inTransaction });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
