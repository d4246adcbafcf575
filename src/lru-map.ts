export interface LruOptions<Value> {
  /** Entries at most; any number unless said otherwise. */
  readonly max?: number;
  /** How much all may weigh together; one that is heavier than `heaviest` is not kept, and lets go of the one before it. */
  readonly weight?: {
    readonly of: (value: Value, key: string) => number;
    readonly max: number;
    /** As much as all of them unless said otherwise. */
    readonly heaviest?: number;
  };
  /** Milliseconds after which an entry is gone; forever unless said otherwise. */
  readonly lifetimeMs?: number;
}

/**
 * A map with room for so much: what nobody has used for the longest time makes way. It takes memory for what is in it, not for
 * what could be, and its time needs no timer: at the edge one that began in a request ends with it.
 */
export class LruMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  /** Where the ring begins and ends: its `older` is the entry used last, its `newer` the one to go next. */
  readonly #ring = new ListNode();
  readonly #options: LruOptions<Value>;
  #weight = 0;

  constructor(options: LruOptions<Value>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all entries together. */
  get weight(): number {
    return this.#weight;
  }

  /** The value, which is then the one used last. */
  get(key: string): Value | undefined {
    const entry = this.#living(key);
    if (entry === undefined) return undefined;
    entry.leave();
    entry.enter(this.#ring);
    return entry.value;
  }

  /** The value, without using it. */
  peek(key: string): Value | undefined {
    return this.#living(key)?.value;
  }

  /** Whether it is there, without using it. */
  has(key: string): boolean {
    return this.#living(key) !== undefined;
  }

  /** @param lifetime Another than the map's, milliseconds. */
  set(key: string, value: Value, lifetime = this.#options.lifetimeMs): void {
    this.delete(key);
    const { max = Number.POSITIVE_INFINITY, weight } = this.#options;
    const own = weight?.of(value, key) ?? 0;
    if (weight !== undefined && own > (weight.heaviest ?? weight.max)) return;
    const entry = new Entry(key, value, own, lifetime === undefined ? null : performance.now() + lifetime);
    this.#entries.set(key, entry);
    this.#weight += own;
    entry.enter(this.#ring);
    const room = weight?.max ?? 0;
    while (this.#entries.size > max || this.#weight > room) {
      const { newer: oldest } = this.#ring;
      if (oldest instanceof Entry) this.delete(oldest.key);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
    entry.leave();
  }

  /** In no order; what is gone by now may be among them. */
  *values(): Generator<Value> {
    for (const { value } of this.#entries.values()) yield value;
  }

  #living(key: string): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt === null || performance.now() < entry.expiresAt) return entry;
    this.delete(key);
    return undefined;
  }
}

/** In a ring, from the older to the newer. */
class ListNode {
  newer: ListNode = this;
  older: ListNode = this;

  leave(): void {
    this.newer.older = this.older;
    this.older.newer = this.newer;
  }

  /** As the newest. */
  enter(ring: ListNode): void {
    this.newer = ring;
    this.older = ring.older;
    ring.older.newer = this;
    ring.older = this;
  }
}

class Entry<Value> extends ListNode {
  readonly key: string;
  readonly value: Value;
  readonly weight: number;
  /** On the monotonic clock, milliseconds; null: never. */
  readonly expiresAt: number | null;

  constructor(key: string, value: Value, weight: number, goneAt: number | null) {
    super();
    this.key = key;
    this.value = value;
    this.weight = weight;
    this.expiresAt = goneAt;
  }
}
