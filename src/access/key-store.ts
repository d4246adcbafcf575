/**
 * Where API keys and their audit log are kept: a driver interface. Drivers: memory, and SQL over Kysely (SQLite, PostgreSQL,
 * D1). The contract is kept by `test/conformance/key-store.ts`.
 *
 * - Everything a driver is given or gives is plain data; it never sees a key's text or secret.
 * - A method that changes a key writes its audit entry in the same transaction: either both are there or neither.
 * - When a promise resolves, what it says has happened survives the process (not in memory, of course).
 * - Concurrent calls behave as if one came after the other.
 * - Times are as `Date.toISOString` prints them, so that their order as text is their order.
 * - A driver that cannot reach its database rejects with `ComputeError` `unavailable`.
 *
 * @module
 */

import type { CloudCredential } from '../compute/cloud.ts';
import type { Scope } from '../scopes.ts';
import type { AuditEntry, AuditRecord } from './audit.ts';

/** A key as it is stored. Nothing in it opens anything without the customer's half. All times ISO 8601, UTC. */
export interface StoredKey {
  /** The id inside the key's text. */
  readonly id: string;
  /** The id of the first key of the family; rotation keeps it, and counters go by it. */
  readonly familyId: string;
  /** The issuer's label. */
  readonly name: string;
  /** The project everything done with the key happens in. */
  readonly projectId: string;
  /** The cloud's user the key acts as; null for service keys, which act as the gateway's account. */
  readonly userId: string | null;
  /** What it opens: a customer's application credential or redu key, or its project by the gateway's account. */
  readonly kind: CloudCredential['kind'];
  /** Public id of the application credential; null for other kinds. */
  readonly cloudCredentialId: string | null;
  /** The gateway made that application credential, so it goes when its last key does. */
  readonly ownsCloudCredential: boolean;
  /** When that credential expires at the cloud; null: never, or not known. The key ends then at the latest. */
  readonly credentialExpiresAt: string | null;
  /** HMAC-SHA-256 of the secret half, 32 bytes. */
  readonly secretHash: Uint8Array;
  /** Last characters of the key's text, for people to recognise it by. */
  readonly lastFour: string;
  /** The credential, encrypted with the server's and the key's secret. */
  readonly sealedCredential: Uint8Array;
  /** `ServerSecret.check` of the secret that hash and seal were made with; null: of the first one, before checks were stored. */
  readonly sealedUnder: string | null;
  readonly scopes: readonly Scope[];
  readonly plan: string;
  /** Networks it may be used from; empty: from anywhere. */
  readonly allowedCidrs: readonly string[];
  /** Origins of the web whose pages it may be used from, and then from nowhere else; empty: it is no browser key. */
  readonly allowedOrigins: readonly string[];
  readonly createdAt: string;
  /** null: never. */
  readonly expiresAt: string | null;
  readonly disabled: boolean;
  /** Never taken back. */
  readonly revokedAt: string | null;
  /** The key it was rotated to. */
  readonly successorId: string | null;
  /** Coarse: within a minute or so. */
  readonly lastUsedAt: string | null;
}

/** What a key is at a moment. Only an active one opens anything. */
export const KEY_STATES = ['active', 'disabled', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** @param now Epoch milliseconds. */
export function keyState(key: StoredKey, now: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now) return 'expired';
  return key.disabled ? 'disabled' : 'active';
}

/** Neither revoked nor expired. @param now Epoch milliseconds. */
export function isLive(key: StoredKey, now: number): boolean {
  const state = keyState(key, now);
  return state === 'active' || state === 'disabled';
}

/** A key, with what was revoked of all that is derived from it (`derived.ts`). */
export interface FoundKey extends StoredKey {
  /** Absent: nothing. */
  readonly revokedDerived?: readonly string[] | undefined;
}

/** What can be changed about a key. Absent means: as it is. */
export interface KeyChange {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly plan?: string;
  readonly allowedCidrs?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly expiresAt?: string | null;
  readonly disabled?: boolean;
}

/** Which keys a list shows. Absent means: not narrowed. */
export interface KeyFilter {
  readonly projectId?: string;
  readonly userId?: string | null;
  /** Those that are in this state at that time. */
  readonly state?: { readonly is: KeyState; readonly at: string };
}

/** Where a key stands in lists: by creation, then by id. */
export type KeyPosition = Pick<StoredKey, 'createdAt' | 'id'>;

/** A part of a list: at most `limit` items after this position, which need not be a key's. */
export interface KeyWindow {
  readonly limit: number;
  readonly after: KeyPosition | null;
}

/** A user in a project, or the keys that share an application credential. */
export type KeyOwner = Pick<StoredKey, 'projectId' | 'userId'> | { readonly cloudCredentialId: string };

/** How many keys of one user in one project may live (neither revoked nor expired) at a time. */
export interface LiveKeyLimit {
  readonly atMost: number;
  readonly now: string;
}

/**
 * What a revocation reaches: the key alone; the key and all that was made from it by rotation; or its whole family, from
 * the first key to the newest.
 */
export type RevocationReach = 'key' | 'successors' | 'family';

export interface KeyStore {
  /** null when there is none. Revoked and expired ones are found too. */
  find(id: string): Promise<FoundKey | null>;
  /** Oldest first, then by id: an order that does not change between two pages. */
  list(filter: KeyFilter, window: KeyWindow): Promise<readonly StoredKey[]>;
  /**
   * Rejects when the id is taken. Counting for `limit` and inserting are one step.
   *
   * @returns false when the key would be one too many for `limit`: then nothing is written.
   */
  insert(key: StoredKey, entry: AuditEntry, limit?: LiveKeyLimit): Promise<boolean>;
  /**
   * The key as it then is; null when there is none or it is revoked: then nothing is written.
   *
   * @param seen As the caller has read the key: when it was rotated since, nothing is written either.
   */
  update(
    id: string,
    change: KeyChange,
    entry: AuditEntry,
    seen?: Pick<StoredKey, 'successorId'>,
  ): Promise<StoredKey | null>;
  /**
   * Revokes the key and what `reach` names with it, in one step: no rotation, on whatever node, comes in between, and once
   * this resolves none of them can be rotated or changed. One already revoked keeps its first time. Each key that this
   * revokes gets the audit entry, under its own id.
   *
   * @returns All keys within reach as they then are, oldest first; empty when there is no key with this id.
   */
  revoke(id: string, at: string, entry: AuditEntry, reach: RevocationReach): Promise<readonly StoredKey[]>;
  /**
   * Inserts `successor`, notes its id on the old key and lets that expire at `oldExpiresAt` (or earlier, when it would
   * anyway). Name, scopes, plan, networks, origins, end and `disabled` of the successor are those the old key has at that
   * moment.
   * Exactly one of several concurrent rotations of a key succeeds.
   *
   * `false`: nothing was written, for the old key is not there, revoked, expired at `now`, or rotated before; or the
   * successor would be one too many for `limit`, which counts as `insert` does.
   */
  rotate(
    id: string,
    successor: StoredKey,
    oldExpiresAt: string,
    now: string,
    entry: AuditEntry,
    limit?: LiveKeyLimit,
  ): Promise<boolean>;
  /** How many keys of `owner` are neither revoked nor expired at `now`. */
  countLive(owner: KeyOwner, now: string): Promise<number>;
  /** How many keys are in each state at `now`. Looks at `atMost` keys, whichever, so that it costs no more than that. */
  countByState(now: string, atMost: number): Promise<Readonly<Record<KeyState, number>>>;
  /** The origins that keys which are not revoked are bound to, each once. Looks at `atMost` such keys, whichever. */
  listOrigins(atMost: number): Promise<readonly string[]>;
  /** Revokes what is derived from a key, until `expiresAt`; twice is as once. `owner`: the key's id, or another id for what has no key. */
  revokeDerived(owner: string, mark: string, expiresAt: string): Promise<void>;
  /** What was revoked of this owner, as in `FoundKey`. */
  listRevokedDerived(owner: string): Promise<readonly string[]>;
  /** Notes when keys were last used; an earlier time than the one noted changes nothing, unknown ids neither. */
  recordUses(lastUsedAt: ReadonlyMap<string, string>): Promise<void>;

  /** Entries that belong to no change of a key, in this order. */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first; `before` is the `sequence` of the last one seen. There is no way to change an entry, and but `sweep` to delete one. */
  listAudit(window: {
    readonly limit: number;
    readonly before: number | null;
  }): Promise<readonly AuditRecord[]>;

  /**
   * Deletes revocations that expired at `now`, and entries of the audit log from before `auditBefore`, oldest first, some at a
   * time. The newest entry stays, so that numbers go on.
   */
  sweep(now: string, auditBefore: string | null): Promise<void>;
  readonly secrets: SecretStore;

  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Whether the database takes writes, found out by one that changes nothing. Rejects when it cannot be reached. */
  isWritable(): Promise<boolean>;
  /** Whether the database has the tables and columns of this version. Rejects when it cannot be reached. */
  hasSchema(): Promise<boolean>;
  close(): Promise<void>;
}

/** One secret, as it is stored. */
export interface StoredSecret {
  /** `ServerSecret.check` of it. */
  readonly check: string;
  /** The store key, sealed with it. */
  readonly sealedStoreKey: Uint8Array;
}

export interface StoredSecrets {
  /** The one that keys are to be sealed with. */
  readonly current: StoredSecret;
  /** The one before it; null: there was none. */
  readonly previous: StoredSecret | null;
}

/** A key's hash and seal. */
export interface KeySeal {
  readonly secretHash: Uint8Array;
  readonly sealedCredential: Uint8Array;
  /** `check` of the secret that both were made with. */
  readonly sealedUnder: string;
}

export interface SecretStore {
  /** null: no secret has been stored yet. */
  find(): Promise<StoredSecrets | null>;
  /** Stores the first secret, unless there is one: of several nodes that start at once one succeeds. */
  initialize(first: StoredSecret): Promise<void>;
  /** Makes the current secret the previous one and `next` the current, unless another one is current by now. */
  replace(currentCheck: string, next: StoredSecret): Promise<void>;
  /** Replaces a key's hash and seal, while `seal.sealedUnder` is current and the key still has the hash `oldHash`. */
  reseal(keyId: string, oldHash: Uint8Array, seal: KeySeal): Promise<void>;
  /**
   * Of the keys that live at `now`: how many are sealed with another secret than that with `check`, and of how many that is not
   * known (`StoredKey.sealedUnder` is null).
   */
  countSealed(check: string, now: string): Promise<{ readonly others: number; readonly unmarked: number }>;
}
