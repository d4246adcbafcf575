import { monotonicMs } from '../../clock.ts';
import { forThisRequest } from '../../cross-request-promise.ts';
import { LruMap } from '../../lru-map.ts';
import { Account, type Limit } from './account.ts';
import type { Counter } from './counter.ts';

/** A limit and the key of its counter. */
export interface NamedLimit extends Limit {
  readonly key: string;
}

/** Whether a request may pass, and where its tighter limit stands. */
export interface Decision {
  readonly admitted: boolean;
  /** The request costs more than a whole window admits: waiting does not help. */
  readonly tooCostly: boolean;
  /** The limit that refuses; of those that admit, the one with the least left. */
  readonly limit: NamedLimit;
  /** Points left, as far as this node knows. */
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetsIn: number;
}

interface Entry {
  readonly limit: NamedLimit;
  readonly account: Account;
  /** The take in flight, which all who need points wait for. */
  taking: Promise<void> | null;
  /** What they cost together. */
  waiting: number;
}

/** Accounts remembered at a time. One that is forgotten costs a call when it comes back, and what it held is lost. */
const MAX_ACCOUNTS = 50_000;

/**
 * Spends points in process and takes them from a shared counter in leases, so that most requests cost no call. All nodes on
 * one counter never admit more than a limit in a window of the counter; and when they all go on asking, all of it.
 */
export class Limiter {
  readonly #counter: Counter;
  readonly #now: () => number;
  readonly #entries = new LruMap<Entry>({ max: MAX_ACCOUNTS });

  /** @param now Monotonic milliseconds. */
  constructor(counter: Counter, now: () => number = monotonicMs) {
    this.#counter = counter;
    this.#now = now;
  }

  /**
   * Spends `cost` of all of `limits`, or of none when one refuses; at once when that needs no call. Never rejects: without its
   * counter it decides alone.
   */
  admit(limits: readonly NamedLimit[], cost: number): Decision | Promise<Decision> {
    const entries = limits.map((limit) => this.#entry(limit));
    return this.#decide(entries, cost) ?? this.#ask(entries, cost);
  }

  /** The same, where every limit has the points at hand; null, and nothing is spent, where one does not. */
  admitNow(limits: readonly NamedLimit[], cost: number): Decision | null {
    const decided = this.#decide(
      limits.map((limit) => this.#entry(limit)),
      cost,
    );
    return decided?.admitted ? decided : null;
  }

  /** null when points are lacking that the counter may have. */
  #decide(entries: readonly Entry[], cost: number): Decision | null {
    const now = this.#now();
    let granted = 0;
    const refusing: Entry[] = [];
    for (const entry of entries) {
      const verdict = entry.account.judge(cost, now, this.#counter);
      if (verdict === 'granted') granted += 1;
      else if (verdict === 'refused') refusing.push(entry);
    }
    if (refusing.length > 0) return decision(false, refusing, cost, now);
    if (granted < entries.length) return null;
    for (const { account } of entries) account.spend(cost);
    return decision(true, entries, cost, now);
  }

  async #ask(entries: readonly Entry[], cost: number): Promise<Decision> {
    for (;;) {
      const now = this.#now();
      const lacking = entries.filter(({ account }) => account.judge(cost, now, this.#counter) === 'ask');
      await Promise.all(lacking.map((entry) => this.#points(entry, cost)));
      const decided = this.#decide(entries, cost);
      if (decided !== null) return decided;
    }
  }

  #entry(limit: NamedLimit): Entry {
    const known = this.#entries.get(limit.key);
    if (known !== undefined) return known;
    const entry: Entry = { limit, account: new Account(limit), taking: null, waiting: 0 };
    this.#entries.set(limit.key, entry);
    return entry;
  }

  async #points(entry: Entry, cost: number): Promise<void> {
    entry.waiting += cost;
    entry.taking ??= this.#take(entry, cost).finally(() => {
      entry.taking = null;
    });
    await forThisRequest(entry.taking);
    entry.waiting -= cost;
  }

  async #take({ limit, account, waiting }: Entry, cost: number): Promise<void> {
    const take = account.ask(cost, waiting, this.#now(), this.#counter);
    await this.#counter.take(limit.key, take.points, take.seconds).then(
      (taken) => account.answered(take, taken, this.#now(), this.#counter),
      () => account.unanswered(take, this.#now(), this.#counter),
    );
  }
}

function decision(admitted: boolean, entries: readonly Entry[], cost: number, now: number): Decision {
  let tighter: Pick<Decision, 'limit' | 'remaining' | 'resetsIn'> | undefined;
  for (const { limit, account } of entries) {
    const { remaining, resetsIn } = account.view(now);
    // Of two that refuse, whoever opens last decides when to come back.
    const less = tighter === undefined || !admitted ? 0 : tighter.remaining - remaining;
    const later = tighter === undefined || resetsIn > tighter.resetsIn;
    if (less > 0 || (less === 0 && later)) tighter = { limit, remaining, resetsIn };
  }
  if (tighter === undefined) throw new Error('a request without limits');
  const { limit, remaining, resetsIn } = tighter;
  return { admitted, tooCostly: !admitted && cost > limit.points, limit, remaining, resetsIn };
}
