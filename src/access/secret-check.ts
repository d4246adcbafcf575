import { ComputeError } from '../compute/errors.ts';
import type { SecretStore, StoredSecret, StoredSecrets } from './key-store.ts';
import { type ServerSecret, sealStoreKey, unsealStoreKey } from './server-secret.ts';

const STORE_KEY_BYTES = 32;
/** Nodes that start at once may get in each other's way; each attempt reads what the other has written. */
const MAX_ATTEMPTS = 5;

/** What to change when the secret is not the one that the keys are sealed with. */
export const WRONG_SECRET =
  'is not the one that the keys in this database are sealed with: set that one again, or set it as LINGUANOVA_SECRET_PREVIOUS to replace it';

/** Compares the secret that this node was given with what the store knows, and opens the store key with it. */
export class SecretCheck {
  readonly #store: SecretStore;
  readonly #secret: ServerSecret;
  #storeKey: Promise<Uint8Array> | undefined;

  constructor(store: SecretStore, secret: ServerSecret) {
    this.#store = store;
    this.#secret = secret;
  }

  /** Whether the keys can be opened. Writes nothing; rejects when the store cannot be reached. */
  async isCurrent(): Promise<boolean> {
    const stored = await this.#store.find();
    return stored === null || this.#matching(stored) !== null;
  }

  /**
   * Stores the secret where none is stored.
   *
   * @param mayReplace Whether a secret that is new becomes the current one, when the current one is given as previous: for a
   *   node that starts to serve.
   * @returns Whether the keys can be opened.
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
    throw new ComputeError(
      'unavailable',
      'The server secret is being changed by several nodes at once. Try again.',
    );
  }

  /** A secret of the store, the same for all nodes, whichever secret they have. */
  storeKey(): Promise<Uint8Array> {
    this.#storeKey ??= this.#stored()
      .then((stored) => this.#opened(stored))
      .catch((error) => {
        this.#storeKey = undefined;
        throw error;
      });
    return this.#storeKey;
  }

  /** What is stored, which is this node's secret when there was nothing. */
  async #stored(): Promise<StoredSecrets> {
    const known = await this.#store.find();
    if (known !== null) return known;
    await this.#store.initialize(await this.#sealed(crypto.getRandomValues(new Uint8Array(STORE_KEY_BYTES))));
    const stored = await this.#store.find();
    if (stored === null) throw new ComputeError('unavailable', 'The server secret could not be stored.');
    return stored;
  }

  /** This node's secret that is the current one; null: it has none, and cannot open keys that were sealed lately. */
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
