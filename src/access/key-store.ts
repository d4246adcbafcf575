/**
 * The driver interface for API keys and their audit log. The SQL driver serves SQLite, PostgreSQL and D1;
 * `test/conformance/key-store.ts` tests the contract:
 *
 * - A driver handles plain data and never a key's text or secret.
 * - A change of a key and its audit entry are one transaction.
 * - A write is durable when its promise resolves.
 * - Concurrent calls are serializable.
 * - Times have the format of `Date.toISOString`, so that text order is time order.
 * - A driver that cannot reach its database rejects with `ComputeError` `unavailable`.
 */

import type { CloudCredential } from '../compute/cloud.ts';
import type { Scope } from '../scopes.ts';
import type { AccessRule } from './access-rules.ts';
import type { AuditEntry, AuditQuery, AuditRecord } from './audit.ts';
import type { OwnedCredentials } from './owned-credentials.ts';

/** A role of the cloud. */
export interface KeyRole {
  readonly id: string;
  readonly name: string;
}

/** What a key has that was made as an application credential; never changed, and all null for any other key. */
export interface CredentialDetails {
  readonly description: string | null;
  /** As its maker chose them, or of the maker's credential. */
  readonly roles: readonly KeyRole[] | null;
  /** What it may request of the cloud's services; null: everything. */
  readonly accessRules: readonly AccessRule[] | null;
  /** The id of the key that made it. */
  readonly makerId: string | null;
}

/** Without the customer's secret it opens nothing. */
export interface StoredKey extends CredentialDetails {
  /** Part of the key's text. */
  readonly id: string;
  /** The id of the first key; rotation preserves it, and rate limits count by it. */
  readonly familyId: string;
  readonly name: string;
  readonly projectId: string;
  /** The cloud's user; null for service keys, which act as the gateway's account. */
  readonly userId: string | null;
  readonly kind: CloudCredential['kind'];
  /** null for keys without an application credential. */
  readonly cloudCredentialId: string | null;
  /** The gateway created that credential and deletes it with its last key. */
  readonly ownsCloudCredential: boolean;
  /** Upper bound of `expiresAt`; null: never, or unknown. */
  readonly credentialExpiresAt: string | null;
  /** HMAC-SHA-256 of the key's secret. */
  readonly secretHash: Uint8Array;
  /** Last characters of the key's text, for recognition. */
  readonly lastFour: string;
  /** Encrypted with the server's and the key's secret. */
  readonly sealedCredential: Uint8Array;
  /** `ServerSecret.check` for hash and seal; null: made with the first secret, before checks were stored. */
  readonly sealedUnder: string | null;
  readonly scopes: readonly Scope[];
  readonly plan: string;
  /** Networks it may be used from; empty: any. */
  readonly allowedCidrs: readonly string[];
  /** Origins it may only be used from; empty: not a browser key. */
  readonly allowedOrigins: readonly string[];
  /** Regions it may be used in; null: all, also those served later. */
  readonly regions: readonly string[] | null;
  readonly createdAt: string;
  /** null: never. */
  readonly expiresAt: string | null;
  readonly disabled: boolean;
  readonly revokedAt: string | null;
  readonly successorId: string | null;
  /** Precise to about a minute. */
  readonly lastUsedAt: string | null;
}

/** Only an active key is valid. */
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

/** With the revoked credentials derived from the key (`derived-credential.ts`). */
export interface FoundKey extends StoredKey {
  readonly revokedDerived?: readonly string[] | undefined;
}

/** Absent fields stay unchanged. */
export interface KeyChange {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly plan?: string;
  readonly allowedCidrs?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  readonly regions?: readonly string[] | null;
  readonly expiresAt?: string | null;
  readonly disabled?: boolean;
}

export interface KeyFilter {
  readonly projectId?: string;
  readonly userId?: string | null;
  /** Exactly. */
  readonly name?: string;
  /** Neither revoked nor expired then. */
  readonly liveAt?: string;
  readonly state?: { readonly is: KeyState; readonly at: string };
  /** Found anywhere in id, name, project, user or last characters; letters A to Z in any case. */
  readonly text?: string;
}

export interface KeyOrder {
  readonly by: 'createdAt' | 'name' | 'lastUsedAt';
  readonly descending: boolean;
}

export const OLDEST_FIRST: KeyOrder = { by: 'createdAt', descending: false };

/** A key's id and what keys are ordered by; absent or null comes before all texts. */
export type KeyPosition = Pick<StoredKey, 'id'> & Partial<Pick<StoredKey, KeyOrder['by']>>;

/** `after` need not be the position of an existing key. */
export interface KeyWindow {
  readonly limit: number;
  readonly after: KeyPosition | null;
  /** Then by id, in the same direction. `OLDEST_FIRST` unless given. */
  readonly order?: KeyOrder;
}

/** A user in a project, or the keys that share an application credential. */
export type KeyOwner = Pick<StoredKey, 'projectId' | 'userId'> | { readonly cloudCredentialId: string };

/** Maximum of keys of a user in a project that are neither revoked nor expired. */
export interface LiveKeyLimit {
  readonly atMost: number;
  readonly now: string;
  /** And no other live key of this user, in any project, with its name. */
  readonly isNameUnique?: boolean;
}

/**
 * The keys that a revocation includes: the key, the key and all its successors, or its whole family with all keys that those made,
 * and these in turn.
 */
export type RevocationReach = 'key' | 'successors' | 'family';

export interface KeyStore {
  /** Revoked and expired keys included. */
  find(id: string): Promise<FoundKey | null>;
  /** In a stable order for pagination. */
  list(filter: KeyFilter, window: KeyWindow): Promise<readonly StoredKey[]>;
  /**
   * Rejects if the id exists. Checking `limit` and inserting are atomic.
   *
   * @returns false if the key would break `limit`; then nothing is written.
   */
  insert(key: StoredKey, entry: AuditEntry, limit?: LiveKeyLimit): Promise<boolean>;
  /**
   * Returns the updated key; null if it is missing, revoked, or was rotated since `seen`. Then nothing is written.
   */
  update(
    id: string,
    change: KeyChange,
    entry: AuditEntry,
    seen?: Pick<StoredKey, 'successorId'>,
  ): Promise<StoredKey | null>;
  /**
   * Revokes all keys within `reach` atomically: no concurrent rotation escapes it, and no change follows. Keys that were already
   * revoked keep their time. Each newly revoked key gets the audit entry under its own id.
   *
   * @returns All keys within reach, oldest first; empty if the key does not exist.
   */
  revoke(id: string, at: string, entry: AuditEntry, reach: RevocationReach): Promise<readonly StoredKey[]>;
  /**
   * Inserts `successor`, stores its id with the old key, and lets that expire at `oldExpiresAt` or earlier. Name, scopes, plan,
   * networks, origins, regions, expiry and `disabled` are copied from the stored key. Of concurrent rotations exactly one succeeds.
   *
   * @returns false if the old key is missing, revoked, expired or already rotated, or the successor would exceed `limit`.
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
  /** Over at most `atMost` keys in any order, which bounds the cost. */
  countByState(now: string, atMost: number): Promise<Readonly<Record<KeyState, number>>>;
  /** The distinct origins of at most `atMost` keys that are not revoked. */
  listOrigins(atMost: number): Promise<readonly string[]>;
  /** The distinct projects of keys that were not revoked before `revokedSince`, by id. `after`: the last id of the page before, or ''. */
  listProjects(
    revokedSince: string,
    window: { readonly limit: number; readonly after: string },
  ): Promise<readonly string[]>;
  /** Revokes a derived credential until `expiresAt`; idempotent. `owner`: the key's id, or `OPERATOR`. */
  revokeDerived(owner: string, mark: string, expiresAt: string): Promise<void>;
  listRevokedDerived(owner: string): Promise<readonly string[]>;
  /** Moves `lastUsedAt` forward, never back; unknown ids are ignored. */
  recordUses(lastUsedAt: ReadonlyMap<string, string>): Promise<void>;

  /** Entries without a change of a key, in this order. */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  listAudit(query: AuditQuery): Promise<readonly AuditRecord[]>;

  /**
   * Deletes revocations expired at `now` and a batch of the oldest audit entries before `auditBefore`. The newest entry stays, so
   * that its number is not reused.
   */
  sweep(now: string, auditBefore: string | null): Promise<void>;
  readonly secrets: SecretStore;
  readonly ownedCredentials: OwnedCredentials;

  ping(): Promise<void>;
  /** Attempts a write that changes nothing. Rejects if the database is unreachable. */
  isWritable(): Promise<boolean>;
  /** Whether all tables and columns of this version exist. Rejects if the database is unreachable. */
  hasSchema(): Promise<boolean>;
  close(): Promise<void>;
}

/** Detects another server secret without helping to guess it. */
export interface StoredSecret {
  readonly check: string;
  readonly sealedStoreKey: Uint8Array;
}

export interface StoredSecrets {
  readonly current: StoredSecret;
  readonly previous: StoredSecret | null;
}

export interface KeySeal {
  readonly secretHash: Uint8Array;
  readonly sealedCredential: Uint8Array;
  readonly sealedUnder: string;
}

export interface SecretStore {
  find(): Promise<StoredSecrets | null>;
  /** Stores the first secret unless there is one: of several starting nodes one succeeds. */
  initialize(first: StoredSecret): Promise<void>;
  /** Compare-and-swap: makes `next` the current secret and the current one the previous. */
  replace(currentCheck: string, next: StoredSecret): Promise<void>;
  /** Compare-and-swap by `oldHash`, and only while `seal.sealedUnder` is current. */
  reseal(keyId: string, oldHash: Uint8Array, seal: KeySeal): Promise<void>;
  /**
   * Of the live keys: how many are sealed with another secret than that of `check`, and for how many `sealedUnder` is null.
   */
  countSealed(check: string, now: string): Promise<{ readonly others: number; readonly unmarked: number }>;
}
