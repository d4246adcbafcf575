/**
 * Who did what to which key, when and from where. Append-only.
 *
 * @module
 */

export const AUDIT_ACTIONS = [
  'key.create',
  'key.update',
  'key.rotate',
  'key.revoke',
  /** The application credential of a revoked key could not be deleted in the cloud; `detail` has its id. */
  'key.credential_left',
  /** Somebody signed in to the console, or for a token; `detail` has how, and how often. */
  'session.sign_in',
  /** A request was refused; `detail` has the reason, and how often. */
  'key.refused',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `admin`, `cli`, `key:<id>`, `user:<id>` or `anonymous`. */
  readonly actor: string;
  readonly action: AuditAction;
  /** null when no key with that id exists. */
  readonly keyId: string | null;
  /** The client's address; null when it is not known, as on the command line. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** A short text for people; never a secret. */
  readonly detail: string;
}

export interface AuditRecord extends AuditEntry {
  /** 1, 2, 3 ... in the order of commits, without gaps: a missing number is a removed entry. */
  readonly sequence: number;
}
