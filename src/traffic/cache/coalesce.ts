import { sleep } from '../../async.ts';
import type { CacheKey } from './cache-key.ts';
import type { CachedResponse, CacheStore } from './cache-store.ts';

/** Pauses between reads of the store while another gateway holds the lock. Then this gateway fetches, too. */
const POLL_DELAYS_MS = [10, 20, 40, 80, 150, 200, 250, 250, 500, 500, 500, 500, 1_000, 1_000];

export interface CoalesceOptions {
  readonly store: CacheStore;
  readonly key: CacheKey;
  readonly version: number;
  readonly lifetimeMs: number;
  /** Whether a stored response of this version is fresh enough. */
  readonly acceptable: (response: CachedResponse) => boolean;
  /** From the cloud; null: there is nothing to share. */
  readonly fetch: () => Promise<{ readonly response: CachedResponse; readonly store: boolean } | null>;
  readonly share: (response: CachedResponse) => Promise<void>;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** For tests. */
  readonly sleep?: (durationMs: number) => Promise<void>;
}

export interface Coalesced {
  readonly response: CachedResponse;
  /** From the cloud, by this gateway. */
  readonly fetched: boolean;
}

/**
 * Reads the shared store; otherwise acquires the lock and fetches; otherwise waits for the lock holder's response or for the lock.
 */
export async function coalesceAcrossNodes(options: CoalesceOptions): Promise<Coalesced | null> {
  const { store, key, version, lifetimeMs, acceptable, waitUntil, sleep: pause = sleep } = options;
  const read = async (): Promise<Coalesced | null> => {
    const found = await store.read(key, { version, lifetimeMs });
    return found?.version === version && acceptable(found) ? { response: found, fetched: false } : null;
  };
  const found = await read();
  if (found !== null) return found;
  let release = await store.tryLock(key, version);
  for (const delayMs of release === null ? POLL_DELAYS_MS : []) {
    await pause(delayMs);
    const shared = await read();
    if (shared !== null) return shared;
    release = await store.tryLock(key, version);
    if (release === null) continue;
    // Between the read and the lock the holder may have shared its response and released.
    const late = await read();
    if (late === null) break;
    waitUntil(release());
    return late;
  }
  const unlock = release ?? (async () => {});
  try {
    const fetched = await options.fetch();
    const sharing = fetched?.store ? options.share(fetched.response) : Promise.resolve();
    waitUntil(sharing.then(unlock));
    return fetched && { response: fetched.response, fetched: true };
  } catch (error) {
    waitUntil(unlock());
    throw error;
  }
}

/** Aborts a coalesced fetch once the last of the clients that wait for it has disconnected. */
export class SharedAbort {
  readonly #controller = new AbortController();
  readonly #onAbort: () => void;
  #clients = 0;

  constructor(onAbort: () => void) {
    this.#onAbort = onAbort;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param client Aborted when the client disconnects; undefined: it never does. */
  join(client: AbortSignal | undefined): void {
    this.#clients += 1;
    if (client === undefined) return;
    const leave = () => {
      this.#clients -= 1;
      if (this.#clients > 0) return;
      this.#onAbort();
      this.#controller.abort();
    };
    if (client.aborted) leave();
    else client.addEventListener('abort', leave, { once: true });
  }
}
