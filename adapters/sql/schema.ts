/**
 * The tables as TypeScript sees them; `docs/storage-schema.md` says what each column means and who may see it.
 *
 * Times are texts as `Date.toISOString` prints them, always with milliseconds and `Z`, so that comparing the texts compares
 * the times. Lists are JSON texts. Booleans are 0 and 1, for SQLite has no others.
 *
 * @module
 */

export interface Tables {
  api_key: ApiKeyRow;
  audit_entry: AuditEntryRow;
  idempotency: IdempotencyRow;
  pending_release: PendingReleaseRow;
  revoked_token: RevokedTokenRow;
  server_secret: ServerSecretRow;
}

export interface ApiKeyRow {
  id: string;
  family_id: string;
  name: string;
  project_id: string;
  user_id: string | null;
  kind: string;
  cloud_credential_id: string | null;
  owns_cloud_credential: number;
  credential_expires_at: string | null;
  secret_hash: Uint8Array;
  last_four: string;
  sealed_credential: Uint8Array;
  scopes: string;
  plan: string;
  allowed_cidrs: string;
  allowed_origins: string;
  created_at: string;
  expires_at: string | null;
  disabled: number;
  revoked_at: string | null;
  successor_id: string | null;
  last_used_at: string | null;
  sealed_under: string | null;
  /** The change that wrote this row last; the statements of one change know each other by it. */
  change_id: string;
}

export interface AuditEntryRow {
  /** node:sqlite gives a number, pg a text. */
  sequence: number | string;
  at: string;
  actor: string;
  action: string;
  key_id: string | null;
  address: string | null;
  request_id: string | null;
  detail: string;
}

/** A token or session that was revoked before it expired. */
export interface RevokedTokenRow {
  /** The key's id; `operator` for sessions of operators. */
  owner: string;
  id: string;
  expires_at: string;
}

export interface IdempotencyRow {
  scope: string;
  fingerprint: string;
  run_id: string;
  resumed: number;
  lease_until: string;
  sealed_answer: Uint8Array | null;
  created_at: string;
  expires_at: string;
}

export interface PendingReleaseRow {
  id: string;
  project_id: string;
  due_at: string;
  /** JSON of a `Release`. */
  plan: string;
}

/** One row. */
export interface ServerSecretRow {
  id: string;
  current_check: string;
  current_store_key: Uint8Array;
  previous_check: string | null;
  previous_store_key: Uint8Array | null;
}
