/**
 * What is stored of the server's secret: enough to notice another one, nothing that helps to guess it. A part of the driver
 * interface `KeyStore`, with the same guarantees.
 *
 * @module
 */

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
