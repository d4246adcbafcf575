import { CachedRead } from '../async.ts';
import type { KeyStore } from './key-store.ts';

/** Keys bound to origins that are read; further ones need their origins in LINGUANOVA_CORS_ORIGINS. */
const MAX_KEYS = 10_000;
/** Preflights carry no key, so this alone bounds the reads of the store that anyone can cause. */
const CACHE_TTL_MS = 2_000;

/** The origins that any key is bound to: a preflight does not name the key that will follow. */
export class KeyOrigins {
  readonly #origins: CachedRead<ReadonlySet<string>>;
  #last: ReadonlySet<string> = new Set();

  constructor(keys: KeyStore) {
    this.#origins = new CachedRead(async () => {
      const origins = await keys.listOrigins(MAX_KEYS).catch(() => null);
      if (origins !== null) this.#last = new Set(origins);
      return this.#last;
    }, CACHE_TTL_MS);
  }

  /** While the store is unreachable, the last known origins count. */
  has(origin: string): boolean | Promise<boolean> {
    const origins = this.#origins.get();
    return origins instanceof Promise ? origins.then((all) => all.has(origin)) : origins.has(origin);
  }

  /** After a change of a key's origins on this node. */
  invalidate(): void {
    this.#origins.invalidate();
  }
}
