export const AUDIT_ACTIONS = [
  'key.create',
  'key.update',
  'key.rotate',
  'key.revoke',
  /** The application credential of a revoked key could not be deleted in the cloud; `detail` has its id. */
  'key.credential_left',
  /** A sign-in to the console or for a token; `detail` has the method and the count. */
  'session.sign_in',
  /** A rejected request; `detail` has the reason and the count. */
  'key.refused',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `admin`, `cli`, `key:<id>`, `user:<id>` or `anonymous`. */
  readonly actor: string;
  readonly action: AuditAction;
  /** null if no key with that id exists. */
  readonly keyId: string | null;
  /** null if unknown, as on the command line. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** Human-readable; never a secret. */
  readonly detail: string;
}

export interface AuditQuery {
  readonly limit: number;
  /** The `sequence` of the last entry of the previous page. */
  readonly before: number | null;
  readonly action?: AuditAction | undefined;
  readonly keyId?: string | undefined;
  /** Only entries of the keys of this project. */
  readonly projectId?: string | undefined;
  /** Inclusive. */
  readonly from?: string | undefined;
  /** Exclusive. */
  readonly to?: string | undefined;
}

export interface AuditRecord extends AuditEntry {
  /** 1, 2, 3 ... in the order of commits, without gaps: a missing number is a removed entry. */
  readonly sequence: number;
}
