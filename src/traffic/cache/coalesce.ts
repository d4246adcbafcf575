/**
 * One request to the cloud for any number of equal ones, over all gateways.
 *
 * @module
 */

import type { CacheKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import type { CachedResponse } from './cached-response.ts';

/** How often it is looked whether another gateway has the answer, milliseconds. Then this one fetches it itself. */
const POLL_DELAYS_MS = [10, 20, 40, 80, 150, 200, 250, 250, 500, 500, 500, 500, 1_000, 1_000];

export interface CoalesceOptions {
  readonly store: CacheStore;
  readonly key: CacheKey;
  readonly version: number;
  /** Milliseconds that such an answer may be told for. */
  readonly lifetime: number;
  /** Whether an answer of another gateway's will do. Only those of this version are judged. */
  readonly acceptable: (answer: CachedResponse) => boolean;
  /** Asks the cloud. */
  readonly fetch: () => Promise<CachedResponse>;
  /** Shares what was fetched, while the claim holds. */
  readonly share: (answer: CachedResponse) => Promise<void>;
  /** For what goes on when the answer is there. */
  readonly waitUntil: (work: Promise<void>) => void;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface Coalesced {
  readonly answer: CachedResponse;
  /** From the cloud, by this gateway. */
  readonly fetched: boolean;
}

/**
 * Takes the answer from the store, else claims to fetch it, else waits until whoever has the claim has shared it or given up.
 *
 * @throws What `fetch` throws.
 */
export async function coalesceAcrossNodes(once: CoalesceOptions): Promise<Coalesced> {
  const { store, key, version, lifetime, sleep: pause = sleep } = once;
  const look = async () => {
    const found = await store.read(key, { version, lifetime });
    return found?.version === version && once.acceptable(found) ? { answer: found, fetched: false } : null;
  };
  const found = await look();
  if (found !== null) return found;
  let release = await store.tryLock(key, version);
  for (const milliseconds of release === null ? POLL_DELAYS_MS : []) {
    await pause(milliseconds);
    const shared = await look();
    if (shared !== null) return shared;
    release = await store.tryLock(key, version);
    if (release === null) continue;
    // Between the look and the claim the other may have shared it and given the claim back.
    const late = await look();
    if (late === null) break;
    once.waitUntil(release());
    return late;
  }
  const giveBack = release ?? (async () => {});
  try {
    const answer = await once.fetch();
    once.waitUntil(once.share(answer).then(giveBack));
    return { answer, fetched: true };
  } catch (error) {
    once.waitUntil(giveBack());
    throw error;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
