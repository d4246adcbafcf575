import { LRUCache } from 'lru-cache';

export interface LruOptions<Value> {
  /** Maximum number of entries; unlimited by default. */
  readonly max?: number;
  /** Bounds the total weight. An entry heavier than `heaviest`, by default `max`, is not stored and evicts its predecessor. */
  readonly weight?: {
    readonly of: (value: Value, key: string) => number;
    readonly max: number;
    readonly heaviest?: number;
  };
  /** Time to live; unlimited by default. */
  readonly lifetimeMs?: number;
}

/**
 * lru-cache without two of its defaults: memory for `max` entries up front, and a timer, which on Workers ends with the request that
 * started it.
 */
export class LruMap<Value> {
  readonly #cache: LRUCache<string, { readonly value: Value }>;

  constructor({ max, weight, lifetimeMs }: LruOptions<Value>) {
    const { of = () => 1, max: maxSize = max ?? Number.MAX_SAFE_INTEGER, heaviest = maxSize } = weight ?? {};
    this.#cache = new LRUCache({
      ...(weight !== undefined && max !== undefined && { max }),
      maxSize: Math.max(1, Math.floor(maxSize)),
      maxEntrySize: Math.max(1, Math.floor(heaviest)),
      sizeCalculation: ({ value }, key) => Math.max(1, of(value, key)),
      ...(lifetimeMs !== undefined && { ttl: lifetimeMs }),
      ttlResolution: 0,
      perf: { now: () => performance.now() },
    });
  }

  get size(): number {
    return this.#cache.size;
  }

  /** Total weight of all entries, each at least 1. */
  get weight(): number {
    return this.#cache.calculatedSize;
  }

  /** Marks the entry as the most recently used. */
  get(key: string): Value | undefined {
    return this.#cache.get(key)?.value;
  }

  /** Leaves the order of use unchanged. */
  peek(key: string): Value | undefined {
    return this.#cache.peek(key)?.value;
  }

  has(key: string): boolean {
    return this.#cache.has(key);
  }

  /** @param lifetimeMs Replaces the map's own. */
  set(key: string, value: Value, lifetimeMs?: number): void {
    if (lifetimeMs !== undefined && lifetimeMs <= 0) this.#cache.delete(key);
    else this.#cache.set(key, { value }, lifetimeMs === undefined ? {} : { ttl: lifetimeMs });
  }

  delete(key: string): void {
    this.#cache.delete(key);
  }

  *values(): Generator<Value> {
    for (const { value } of this.#cache.values()) yield value;
  }
}
