/**
 * The tables; `docs/storage-schema.md` has the meaning and the readers of each column.
 *
 * Times are texts in the format of `Date.toISOString`, so that text order is time order. Lists are JSON. Booleans are 0 and 1,
 * because SQLite has no others.
 */

import type { QueryCreator } from 'kysely';

export const TABLES = {
  api_key: {
    id: 'text',
    family_id: 'text',
    name: 'text',
    project_id: 'text',
    user_id: 'text?',
    kind: 'text',
    cloud_credential_id: 'text?',
    owns_cloud_credential: 'integer',
    credential_expires_at: 'text?',
    secret_hash: 'bytes',
    last_four: 'text',
    sealed_credential: 'bytes',
    sealed_under: 'text?',
    scopes: 'text',
    plan: 'text',
    allowed_cidrs: 'text',
    allowed_origins: 'text',
    regions: 'text?',
    description: 'text?',
    roles: 'text?',
    access_rules: 'text?',
    maker_id: 'text?',
    created_at: 'text',
    expires_at: 'text?',
    disabled: 'integer',
    revoked_at: 'text?',
    successor_id: 'text?',
    last_used_at: 'text?',
    /** The change that wrote this row last; later statements of the same batch select by it. */
    change_id: 'text',
  },
  audit_entry: {
    sequence: 'sequence',
    at: 'text',
    actor: 'text',
    action: 'text',
    key_id: 'text?',
    address: 'text?',
    request_id: 'text?',
    detail: 'text',
  },
  idempotency: {
    scope: 'text',
    fingerprint: 'text',
    run_id: 'text',
    resumed: 'integer',
    lease_until: 'text',
    sealed_answer: 'bytes?',
    created_at: 'text',
    expires_at: 'text',
  },
  /** Who may do what only one node does; free after `until`. */
  lease: { name: 'text', holder: 'text', until: 'text' },
  /** A gateway process; `report` is JSON of a `NodeReport`. */
  node: { id: 'text', name: 'text', version: 'text', started_at: 'text', seen_at: 'text', report: 'text' },
  /** `plan` is JSON of a `Release`. */
  pending_release: { id: 'text', project_id: 'text', due_at: 'text', plan: 'text' },
  /** An application credential that the gateway has to delete at the cloud from `due_at` on. */
  owned_credential: { id: 'text', user_id: 'text', due_at: 'text' },
  reconcile_run: {
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
  },
  /** A token or session revoked before it expired; `owner` is the key's id, or `operator`. */
  revoked_token: { owner: 'text', id: 'text', expires_at: 'text' },
  server_secret: {
    id: 'text',
    current_check: 'text',
    current_store_key: 'bytes',
    previous_check: 'text?',
    previous_store_key: 'bytes?',
  },
  usage_hour: {
    start: 'text',
    project_id: 'text',
    key_id: 'text',
    requests: 'sequence',
    points: 'sequence',
    client_errors: 'sequence',
    server_errors: 'sequence',
  },
} as const;

interface Values {
  text: string;
  'text?': string | null;
  bytes: Uint8Array;
  'bytes?': Uint8Array | null;
  integer: number;
  /** node:sqlite returns a number, pg a text. */
  sequence: number | string;
}

export type Tables = {
  [Table in keyof typeof TABLES]: {
    -readonly [Column in keyof (typeof TABLES)[Table]]: Values[(typeof TABLES)[Table][Column] & keyof Values];
  };
};
export type ApiKeyRow = Tables['api_key'];
export type AuditEntryRow = Tables['audit_entry'];
export type IdempotencyRow = Tables['idempotency'];

export type Db = QueryCreator<Tables>;

/** Statements that read no row, and fail if a table or a column is missing. */
export function selectSchema(db: Db) {
  return Object.entries(TABLES).map(([table, columns]) =>
    db
      .selectFrom(table as keyof Tables)
      .select(Object.keys(columns) as never)
      .limit(0),
  );
}
