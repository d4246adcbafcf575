import { SingleFlight } from '../../async.ts';
import { monotonicMs } from '../../clock.ts';
import { LruMap } from '../../lru-map.ts';
import type { Counter } from './counter.ts';
import { LeasedWindow, type Limit } from './leased-window.ts';

export interface NamedLimit extends Limit {
  readonly key: string;
}

export interface Decision {
  readonly admitted: boolean;
  /** The cost exceeds a whole window: waiting does not help. */
  readonly tooCostly: boolean;
  /** The limit that denies, or the admitting one with the fewest points left. */
  readonly limit: NamedLimit;
  readonly remaining: number;
  readonly resetsInMs: number;
}

interface LimitEntry {
  readonly limit: NamedLimit;
  readonly window: LeasedWindow;
  /** Total cost of the requests that wait for points. */
  waitingCost: number;
}

/** An evicted window loses its lease, and costs a call when it is used again. */
const MAX_WINDOWS = 50_000;

/**
 * Spends points in process and acquires them from a shared counter in leases, so that most requests cost no call. All nodes
 * of one counter together never admit more than a limit in a window of the counter, and reach it under steady load.
 */
export class Limiter {
  readonly #counter: Counter;
  readonly #now: () => number;
  readonly #entries = new LruMap<LimitEntry>({ max: MAX_WINDOWS });
  readonly #acquisitions = new SingleFlight<void>();

  /** @param now Monotonic milliseconds. */
  constructor(counter: Counter, now: () => number = monotonicMs) {
    this.#counter = counter;
    this.#now = now;
  }

  /**
   * Spends `cost` of each of `limits`, or of none if one denies; synchronously if that needs no call. Never rejects: while the
   * counter is down, the node decides alone.
   */
  admit(limits: readonly NamedLimit[], cost: number): Decision | Promise<Decision> {
    const entries = limits.map((limit) => this.#entry(limit));
    return this.#decide(entries, cost) ?? this.#acquireAndDecide(entries, cost);
  }

  /** Whether `admit` would admit without a call. Spends nothing. */
  canAdmit(limits: readonly NamedLimit[], cost: number): boolean {
    const now = this.#now();
    return limits.every((limit) => this.#entry(limit).window.check(cost, now, this.#counter) === 'allow');
  }

  /** null if points have to be acquired first. */
  #decide(entries: readonly LimitEntry[], cost: number): Decision | null {
    const now = this.#now();
    let allowed = 0;
    const denying: LimitEntry[] = [];
    for (const entry of entries) {
      const verdict = entry.window.check(cost, now, this.#counter);
      if (verdict === 'allow') allowed += 1;
      else if (verdict === 'deny') denying.push(entry);
    }
    if (denying.length > 0) return decision(false, denying, cost, now);
    if (allowed < entries.length) return null;
    for (const { window } of entries) window.consume(cost);
    return decision(true, entries, cost, now);
  }

  async #acquireAndDecide(entries: readonly LimitEntry[], cost: number): Promise<Decision> {
    for (;;) {
      const now = this.#now();
      const short = entries.filter(({ window }) => window.check(cost, now, this.#counter) === 'acquire');
      await Promise.all(short.map((entry) => this.#acquireFor(entry, cost)));
      const decided = this.#decide(entries, cost);
      if (decided !== null) return decided;
    }
  }

  #entry(limit: NamedLimit): LimitEntry {
    const known = this.#entries.get(limit.key);
    if (known !== undefined) return known;
    const entry: LimitEntry = { limit, window: new LeasedWindow(limit), waitingCost: 0 };
    this.#entries.set(limit.key, entry);
    return entry;
  }

  async #acquireFor(entry: LimitEntry, cost: number): Promise<void> {
    entry.waitingCost += cost;
    await this.#acquisitions.run(entry.limit.key, () => this.#acquire(entry, cost));
    entry.waitingCost -= cost;
  }

  async #acquire({ limit, window, waitingCost }: LimitEntry, cost: number): Promise<void> {
    const request = window.planAcquire(cost, waitingCost, this.#now(), this.#counter);
    await this.#counter.acquire(limit.key, request.points, request.seconds).then(
      (result) => window.onAcquired(request, result, this.#now(), this.#counter),
      () => window.onAcquireFailed(request, this.#now(), this.#counter),
    );
  }
}

function decision(admitted: boolean, entries: readonly LimitEntry[], cost: number, now: number): Decision {
  let tighter: Pick<Decision, 'limit' | 'remaining' | 'resetsInMs'> | undefined;
  for (const { limit, window } of entries) {
    const { remaining, resetsInMs } = window.view(now);
    // If two deny, the later reset determines Retry-After.
    const less = tighter === undefined || !admitted ? 0 : tighter.remaining - remaining;
    const later = tighter === undefined || resetsInMs > tighter.resetsInMs;
    if (less > 0 || (less === 0 && later)) tighter = { limit, remaining, resetsInMs };
  }
  if (tighter === undefined) throw new Error('a request without limits');
  return { admitted, tooCostly: !admitted && cost > tighter.limit.points, ...tighter };
}
