import { monotonicMs } from '../clock.ts';
import { forThisRequest } from '../cross-request-promise.ts';
import type { KeyStore } from './key-store.ts';

/** Keys bound to origins that are looked at; further ones need their origins among the gateway's own. */
const MAX_KEYS = 10_000;
/** How long what was read is believed, milliseconds. Anybody may ask, so this bounds what the store is asked. */
const CACHE_TTL_MS = 2_000;

/** The origins that some key is bound to. A preflight says nothing of the key that will come. */
export class KeyOrigins {
  readonly #keys: KeyStore;
  #origins: ReadonlySet<string> = new Set();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #generation = 0;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /** While the store cannot be asked: whether it was so when it last could. */
  has(origin: string): boolean | Promise<boolean> {
    if (monotonicMs() - this.#readAt < CACHE_TTL_MS) return this.#origins.has(origin);
    this.#reading ??= this.#read();
    return forThisRequest(this.#reading).then(() => this.#origins.has(origin));
  }

  /** For a key that has just been made or changed on this node. */
  invalidate(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#reading = null;
    this.#generation += 1;
  }

  async #read(): Promise<void> {
    const changes = this.#generation;
    const origins = await this.#keys.listOrigins(MAX_KEYS).catch(() => null);
    // Forgotten while it was being read: what was read may be from before the change.
    if (this.#generation !== changes) return;
    if (origins !== null) this.#origins = new Set(origins);
    this.#readAt = monotonicMs();
    this.#reading = null;
  }
}
