/**
 * The port for records of requests with an `Idempotency-Key`, shared by all gateways. Its conformance suite is
 * `test/conformance/idempotency-store.ts`.
 *
 * - A resolved write survives the process, except in memory.
 * - Concurrent calls of all gateways are serializable.
 * - Times are those of the caller, in the format of `Date.toISOString`; the clocks of nodes have to agree within seconds.
 * - A driver without its database rejects with `ComputeError` `unavailable`.
 */

/** A request from its first attempt until it expires. Unreadable without the secrets. */
export interface IdempotencyRecord {
  /** Keyed hash of key family and idempotency key. */
  readonly scope: string;
  /** Keyed hash of the request. */
  readonly fingerprint: string;
  /** The attempt that runs, or whose response is stored. */
  readonly runId: string;
  /** An earlier attempt was interrupted and may have created something. */
  readonly resumed: boolean;
  /** The attempt may run until then. */
  readonly leaseUntil: string;
  /** null until the attempt has completed. */
  readonly sealedResponse: Uint8Array | null;
  readonly createdAt: string;
  /** From then on the key can be reused. */
  readonly expiresAt: string;
}

export interface Claim extends Pick<IdempotencyRecord, 'scope' | 'fingerprint' | 'leaseUntil' | 'expiresAt'> {
  /** Unique to the attempt. */
  readonly runId: string;
  readonly now: string;
}

export interface IdempotencyStore {
  /**
   * Returns the record after the claim, which succeeded if the record has its `runId`: there was none, or it had expired. A record
   * of the same request without a response whose lease has expired at `now` is taken over, and becomes `resumed`.
   */
  claim(claim: Claim): Promise<IdempotencyRecord>;
  find(scope: string): Promise<IdempotencyRecord | null>;
  /** Stores the response of the attempt; false, and no write, if another attempt has taken over. */
  complete(scope: string, runId: string, sealedResponse: Uint8Array): Promise<boolean>;
  /**
   * Lets another attempt start immediately, as this one created nothing. A resumed record remains, since an earlier attempt may
   * have. No effect if another attempt has taken over, or a response is stored.
   */
  release(scope: string, runId: string, now: string): Promise<void>;
  /** Deletes some records that have expired at `now`, and returns their number. */
  sweep(now: string): Promise<number>;
}
