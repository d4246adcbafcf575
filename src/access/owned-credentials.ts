/** An application credential that the gateway made at the cloud for a user, and has to delete there. */
export interface OwnedCredential {
  readonly id: string;
  readonly userId: string;
}

/**
 * Part of the key store. Each credential that a key owns is recorded with the key, in the same transaction, and is due when the
 * last key with it has expired or was revoked. Contract, held by `test/conformance/key-store/owned-credentials.ts`.
 */
export interface OwnedCredentials {
  /** Those that no living key has, whatever their schedule; the longest due first. */
  due(now: string, limit: number): Promise<readonly OwnedCredential[]>;
  /** Until the next attempt to delete it; a missing one is no error. */
  postpone(id: string, dueAt: string): Promise<void>;
  /** It is gone at the cloud. A missing one is no error. */
  remove(id: string): Promise<void>;
}
