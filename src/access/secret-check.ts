import { once } from '../async.ts';
import { ComputeError } from '../compute/errors.ts';
import type { SecretStore, StoredSecret, StoredSecrets } from './key-store.ts';
import { type ServerSecret, sealStoreKey, unsealStoreKey } from './server-secret.ts';

const STORE_KEY_BYTES = 32;
/** Nodes that start concurrently conflict; each attempt reads the other's write. */
const MAX_ATTEMPTS = 5;

export const WRONG_SECRET =
  'is not the secret that the keys in this database are sealed with: restore that secret, or set it as LINGUANOVA_SECRET_PREVIOUS to replace it';

/** Compares this node's secret with the stored check, and unseals the store key with it. */
export class SecretCheck {
  readonly #store: SecretStore;
  readonly #secret: ServerSecret;

  constructor(store: SecretStore, secret: ServerSecret) {
    this.#store = store;
    this.#secret = secret;
  }

  /** Whether the keys can be unsealed. Writes nothing; rejects if the store is unreachable. */
  async isCurrent(): Promise<boolean> {
    const stored = await this.#store.find();
    return stored === null || this.#matching(stored) !== null;
  }

  /**
   * Stores the secret if none is stored.
   *
   * @param mayReplace For a serving node: a new secret becomes the current one if the stored one is its previous.
   * @returns Whether the keys can be unsealed.
   */
  async adopt(mayReplace: boolean): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const stored = await this.#stored();
      const { check, previous } = this.#secret;
      const isNew = stored.current.check !== check && stored.previous?.check !== check;
      if (!mayReplace || !isNew || stored.current.check !== previous?.check)
        return this.#matching(stored) !== null;
      const next = await this.#sealed(await this.#opened(stored));
      await this.#store.replace(stored.current.check, next);
    }
    throw new ComputeError('unavailable', 'Several nodes are changing the server secret. Retry.');
  }

  /** A key shared by all nodes, independent of their current secret. */
  readonly storeKey = once(async () => this.#opened(await this.#stored()));

  async #stored(): Promise<StoredSecrets> {
    const known = await this.#store.find();
    if (known !== null) return known;
    await this.#store.initialize(await this.#sealed(crypto.getRandomValues(new Uint8Array(STORE_KEY_BYTES))));
    const stored = await this.#store.find();
    if (stored === null) throw new ComputeError('unavailable', 'The server secret could not be stored.');
    return stored;
  }

  /** This node's secret that is the current one; null if none is. */
  #matching({ current }: StoredSecrets): ServerSecret | null {
    const { previous } = this.#secret;
    if (current.check === this.#secret.check) return this.#secret;
    return current.check === previous?.check ? previous : null;
  }

  async #opened(stored: StoredSecrets): Promise<Uint8Array> {
    const matching = this.#matching(stored);
    const opened = matching === null ? null : await unsealStoreKey(matching, stored.current.sealedStoreKey);
    if (opened === null) throw new ComputeError('unavailable', `LINGUANOVA_SECRET ${WRONG_SECRET}`);
    return opened;
  }

  async #sealed(storeKey: Uint8Array): Promise<StoredSecret> {
    return { check: this.#secret.check, sealedStoreKey: await sealStoreKey(this.#secret, storeKey) };
  }
}
