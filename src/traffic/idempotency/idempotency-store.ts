/**
 * Where it is kept which requests were made under an `Idempotency-Key`, for all gateways that share it. Drivers: memory, and SQL
 * over Kysely. The contract is kept by `test/conformance/idempotency-store.ts`.
 *
 * - When a promise resolves, what it says has happened survives the process (not in memory, of course).
 * - Concurrent calls, of all gateways, behave as if one came after the other.
 * - Times are as `Date.toISOString` prints them, and are the caller's: nodes have to agree on the time within seconds.
 * - A driver that cannot reach its database rejects with `ComputeError` `unavailable`.
 *
 * @module
 */

/** One request, from its first attempt until it is forgotten. Plain data; nothing in it can be read without the secrets. */
export interface IdempotencyRecord {
  /** Whose key it is and which: a keyed hash. */
  readonly scope: string;
  /** What was asked for: a keyed hash. */
  readonly fingerprint: string;
  /** The attempt that runs, or that gave the answer. */
  readonly runId: string;
  /** An attempt before this one was cut off: what it has made is not known. */
  readonly resumed: boolean;
  /** Until then the attempt may still be at work. */
  readonly leaseUntil: string;
  /** null: there is no answer yet. */
  readonly sealedResponse: Uint8Array | null;
  readonly createdAt: string;
  /** From then on the key is new. */
  readonly expiresAt: string;
}

/** What an attempt says when it wants to be the one. */
export interface Claim extends Pick<IdempotencyRecord, 'scope' | 'fingerprint' | 'leaseUntil' | 'expiresAt'> {
  /** Never used before. */
  readonly runId: string;
  readonly now: string;
}

export interface IdempotencyStore {
  /**
   * The record as it then is. It is the claimant's when it has the claim's `runId`: there was none, or one that has expired;
   * or, and then it is `resumed`, one of the same request whose lease is over at `now` and that has no answer.
   */
  claim(claim: Claim): Promise<IdempotencyRecord>;
  /** null when there is none. */
  find(scope: string): Promise<IdempotencyRecord | null>;
  /** Keeps the answer of the attempt; false, and nothing is written, when another has taken over. */
  complete(scope: string, runId: string, sealedResponse: Uint8Array): Promise<boolean>;
  /**
   * The attempt has made nothing, and another may begin at once. A record that was resumed stays, for what an earlier attempt
   * has made is as unknown as before. Does nothing when another has taken over, or there is an answer.
   */
  release(scope: string, runId: string, now: string): Promise<void>;
  /** Deletes some of what has expired at `now`; how many. */
  sweep(now: string): Promise<number>;
}
