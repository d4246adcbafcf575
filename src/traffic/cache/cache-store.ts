import type { CacheKey } from './cache-key.ts';
import type { StoredTimestamps } from './freshness.ts';

/** A stored response of status 200 (RFC 9111), served to every caller of its key's scope. */
export interface CachedResponse extends StoredTimestamps {
  readonly body: Uint8Array<ArrayBuffer>;
  /** By lower-case name; nothing that belongs to one client. */
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  /** The project's version before the upstream request was sent. */
  readonly version: number;
}

export interface CacheResult {
  readonly response: CachedResponse;
  readonly result: 'hit' | 'miss' | 'stale';
  /** The upstream failed to supply a newer one. */
  readonly revalidationFailed: boolean;
}

/** Releases a lock. Never rejects; a lock that is not released expires. */
export type Unlock = () => Promise<void>;

export interface CacheQuery {
  readonly version: number;
  /** Maximum age of such a response, in ms. */
  readonly lifetimeMs: number;
}

/**
 * Responses that several gateways share. It may evict at any time, and no method rejects. All respond within a bounded time, and
 * immediately while the store is unreachable.
 */
export interface CacheStore {
  /** null: not stored. Its timestamps are by this gateway's clock. @param query Other versions are of no use. */
  read(key: CacheKey, query: CacheQuery): Promise<CachedResponse | null>;
  /** Stores it for `lifeMs` after it was generated, unless it is too large to share. */
  write(key: CacheKey, response: CachedResponse, lifeMs: number): Promise<void>;
  remove(key: CacheKey): Promise<void>;
  /** Locks a fetch for a few seconds; null: another gateway has it. An unreachable store grants it. */
  tryLock(key: CacheKey, version: number): Promise<Unlock | null>;
}
