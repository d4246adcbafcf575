import type { CacheKey } from './cache-key.ts';
import type { CachedResponse } from './cached-response.ts';

/** What gives a claim back. Never rejects; a claim that is not given back ends by itself. */
export type Release = () => Promise<void>;

export interface CacheQuery {
  readonly version: number;
  /** Milliseconds that such an answer may be told for. */
  readonly lifetime: number;
}

/**
 * Answers that several gateways share. Nobody depends on it: it may forget at any time, and no method rejects. All answer
 * within a bounded time, and at once while it cannot be reached.
 */
export interface CacheStore {
  /**
   * null: there is none. Times in it are by this gateway's clock, whoever has written it.
   *
   * @param wanted What the answer is worth to the caller: one of another version is of no use.
   */
  read(key: CacheKey, wanted: CacheQuery): Promise<CachedResponse | null>;
  /** Keeps it for `milliseconds` from when it was told by the cloud. What is too large to be passed around is not kept. */
  write(key: CacheKey, answer: CachedResponse, milliseconds: number): Promise<void>;
  remove(key: CacheKey): Promise<void>;
  /**
   * Asks to be the one who fetches the answer at this version, for a few seconds at most.
   *
   * @returns null: somebody else is. When the store cannot tell, the caller is.
   */
  tryLock(key: CacheKey, version: number): Promise<Release | null>;
}
