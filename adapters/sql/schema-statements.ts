import type { CompiledQuery, QueryCreator } from 'kysely';
import type { Tables } from './schema.ts';

/** Every table with every column that this version works on; the compiler misses none. */
const COLUMNS: { readonly [Table in keyof Tables]: Readonly<Record<keyof Tables[Table], true>> } = {
  api_key: {
    id: true,
    family_id: true,
    name: true,
    project_id: true,
    user_id: true,
    kind: true,
    cloud_credential_id: true,
    owns_cloud_credential: true,
    secret_hash: true,
    last_four: true,
    sealed_credential: true,
    sealed_under: true,
    scopes: true,
    plan: true,
    allowed_cidrs: true,
    allowed_origins: true,
    created_at: true,
    expires_at: true,
    credential_expires_at: true,
    disabled: true,
    revoked_at: true,
    successor_id: true,
    last_used_at: true,
    change_id: true,
  },
  audit_entry: {
    sequence: true,
    at: true,
    actor: true,
    action: true,
    key_id: true,
    address: true,
    request_id: true,
    detail: true,
  },
  idempotency: {
    scope: true,
    fingerprint: true,
    run_id: true,
    resumed: true,
    lease_until: true,
    sealed_answer: true,
    created_at: true,
    expires_at: true,
  },
  pending_release: { id: true, project_id: true, due_at: true, plan: true },
  revoked_token: { owner: true, id: true, expires_at: true },
  server_secret: {
    id: true,
    current_check: true,
    current_store_key: true,
    previous_check: true,
    previous_store_key: true,
  },
};

/** Statements that read no row, and fail where a table or a column is missing. */
export function selectSchema(db: QueryCreator<Tables>): CompiledQuery<unknown>[] {
  return Object.entries(COLUMNS).map(([table, columns]) =>
    db
      .selectFrom(table as keyof Tables)
      .select(Object.keys(columns) as never)
      .limit(0)
      .compile(),
  );
}
