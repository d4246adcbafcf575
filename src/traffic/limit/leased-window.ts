import type { AcquireResult, Counter } from './counter.ts';

export interface Limit {
  readonly points: number;
  readonly seconds: number;
}

/** State of the counter as known without a call. */
export type CounterHealth = Pick<Counter, 'available' | 'downSince' | 'upSince' | 'nodes'>;

/** Inputs of the lease size, in points. */
export interface LeaseContext {
  readonly points: number;
  /** What the counter can still grant, as last known; other nodes may have acquired some since. */
  readonly remaining: number;
  /** Shortfall of this request; at least 1, at most `remaining`. */
  readonly needed: number;
  /** Points this node has consumed in the window, plus the cost of its waiting requests. */
  readonly demand: number;
}

export interface AcquireRequest {
  /** Points to add to the counter: the lease, and what was spent during an outage. */
  readonly points: number;
  readonly unreported: number;
  /** Length of the window, should this acquisition start one. */
  readonly seconds: number;
  readonly sentAt: number;
  readonly window: number;
  readonly context: LeaseContext;
}

export type WindowVerdict = 'allow' | 'deny' | 'acquire';

/** Upper bound of a lease as a share of the limit; bounds what an idle node holds. */
const MAX_LEASE_SHARE = 1 / 20;
/** Upper bound of a lease as a share of the remaining points, so that all nodes get some near the limit. */
const REMAINDER_SHARE = 1 / 8;
const NEVER = Number.POSITIVE_INFINITY;
const UNLIMITED = Number.POSITIVE_INFINITY;
/** A shorter outage may concern this node alone; the counter is probed every 250 ms. */
const SHORT_OUTAGE_MS = 500;
/** Assumed maximum drift between the clocks of this machine and of the counter within a window. */
const CLOCK_DRIFT_MS = 50;

/** The most points that a node acquires in one call, or grants itself in a short outage. */
export function maxLease(points: number): number {
  return Math.ceil(points * MAX_LEASE_SHARE);
}

/** Whole points, at least `needed`: doubles with the demand of this node, shrinks as the limit nears. */
export function leaseSize({ points, remaining, needed, demand }: LeaseContext): number {
  return Math.max(needed, Math.ceil(Math.min(points * MAX_LEASE_SHARE, remaining * REMAINDER_SHARE, demand)));
}

/**
 * One limit in one node: leased points, and the last known state of the counter. A state machine without I/O; times are
 * monotonic milliseconds passed in by the caller.
 *
 * Because of latency a window ends at the counter somewhere between `#endsAt` and `#resetsAt`. Leased points are spent only
 * before the former, so never in another window; a denial lasts until the latter.
 *
 * From an outage of the counter to the end of the window a node is limited to its *share*: all known remaining points if it is
 * alone, else an equal part. It grants itself points of the share during the outage and acquires them afterwards, since the
 * counter may not know yet what other nodes granted themselves. Points spent during the outage are reported when the counter is
 * back; a counter that was reset gets the earlier ones again.
 */
export class LeasedWindow {
  readonly limit: Limit;
  readonly #leaseSize: (context: LeaseContext) => number;
  /** Sequence number; matches a result to the window it was requested in. */
  #window = 0;
  #endsAt = NEVER;
  #resetsAt = NEVER;
  /** Points held by this node. */
  #leased = 0;
  /** Upper bound of what the counter can grant. */
  #remaining: number;
  /** Points of admitted requests. */
  #consumed = 0;
  /** Points this node has added to the counter. */
  #reported = 0;
  /** Points granted by this node itself that the counter does not know of. */
  #unreported = 0;
  /** Further points this node may get in this window. */
  #share = UNLIMITED;
  /** When the last successful acquisition was sent. */
  #syncedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: Limit, size: (context: LeaseContext) => number = leaseSize) {
    this.limit = limit;
    this.#leaseSize = size;
    this.#remaining = limit.points;
  }

  /** Decides about a request without consuming points. */
  check(cost: number, now: number, counter: CounterHealth): WindowVerdict {
    this.#advance(now);
    if (cost > this.limit.points) return 'deny';
    if (this.#unreported > 0 && counter.available) return 'acquire';
    if (this.#leased >= cost) return 'allow';
    return this.#leased + this.#acquirable(now, counter) >= cost ? 'acquire' : 'deny';
  }

  #acquirable(now: number, counter: CounterHealth): number {
    const left = Math.min(this.#remaining, this.#share);
    const short = this.#unreported > 0 && isShortOutage(now, counter);
    return short ? Math.min(left, maxLease(this.limit.points) - this.#unreported) : left;
  }

  /** To be called synchronously after `allow`. */
  consume(cost: number): void {
    this.#leased -= cost;
    this.#consumed += cost;
  }

  /** To be called after `acquire`. @param waiting Cost of all waiting requests, this one included. */
  planAcquire(cost: number, waiting: number, now: number, counter: CounterHealth): AcquireRequest {
    const window = now - this.limit.seconds * 1000;
    const away = !counter.available || counter.upSince > Math.max(this.#syncedAt, window);
    const returned = Math.min(this.#leased, this.#unreported);
    const unreported = this.#unreported - returned;
    this.#leased -= returned;
    this.#share += returned;
    this.#remaining += returned;
    this.#unreported = 0;
    const { points } = this.limit;
    const needed = Math.max(1, cost - this.#leased);
    if (away) this.#limitToShare(this.#remaining, needed, counter);
    const remaining = Math.min(this.#remaining, this.#share);
    const context = { points, remaining, needed, demand: this.#consumed + waiting };
    // Until the counter knows what was spent during the outage, the remaining points are unknown and no request is denied.
    if (unreported + returned > 0) this.#remaining = points;
    const left = this.#endsAt - now;
    // A counter that was reset continues the running window, unless its end is too near.
    const seconds =
      unreported > 0 && left > 10 * CLOCK_DRIFT_MS && left < NEVER ? left / 1000 : this.limit.seconds;
    return {
      points: unreported + this.#leaseSize(context),
      unreported,
      seconds: Math.ceil(seconds),
      sentAt: now,
      window: this.#window,
      context,
    };
  }

  onAcquired(
    request: AcquireRequest,
    { total, endsInMs }: AcquireResult,
    now: number,
    counter: CounterHealth,
  ): void {
    const before = total - request.points;
    const ends = request.sentAt + endsInMs;
    const isSameWindow = this.#reported > 0 && request.window === this.#window;
    const another = isSameWindow && (before < this.#reported || ends > this.#resetsAt + CLOCK_DRIFT_MS);
    const wasReset = another && now < this.#endsAt - CLOCK_DRIFT_MS;
    if (another && !wasReset) this.#startWindow();
    if (wasReset) {
      // The window is running, yet the counter has fewer points than were reported: report all of them again.
      this.#unreported += Math.max(0, this.#reported - this.#leased);
      this.#leased = 0;
      this.#limitToShare(request.context.remaining, request.context.needed, counter);
      this.#reported = 0;
    }
    this.#syncedAt = request.sentAt;
    const first = this.#reported === 0;
    this.#endsAt = first ? ends : Math.max(this.#endsAt, ends);
    this.#resetsAt = first ? now + endsInMs : Math.min(this.#resetsAt, now + endsInMs);
    this.#reported += request.points;
    const valid = this.limit.points - before - request.unreported - this.#unreported;
    const lease = Math.min(Math.max(0, valid), request.points - request.unreported, this.#share);
    this.#leased += lease;
    this.#share -= lease;
    this.#remaining = Math.max(0, this.limit.points - total - this.#unreported);
  }

  onAcquireFailed(request: AcquireRequest, now: number, counter: CounterHealth): void {
    this.#advance(now);
    if (request.window !== this.#window) return;
    if (this.#endsAt === NEVER) {
      this.#endsAt = now + this.limit.seconds * 1000;
      this.#resetsAt = this.#endsAt;
    }
    const { remaining, needed, points } = request.context;
    this.#limitToShare(remaining, needed, counter);
    const left = Math.min(remaining, this.#share);
    // Other nodes may still reach the counter, and this one again soon.
    const most = isShortOutage(now, counter) ? Math.max(needed, maxLease(points) - request.unreported) : left;
    const granted = Math.min(left, most);
    this.#remaining = remaining - granted;
    this.#share -= granted;
    this.#leased += granted;
    this.#unreported += request.unreported + granted;
  }

  /** Holds until the end of the window; later calls have no effect. */
  #limitToShare(remaining: number, needed: number, { nodes }: CounterHealth): void {
    if (this.#share !== UNLIMITED) return;
    // Each other node may have acquired about one lease since.
    const since = this.#reported > 0 ? (nodes - 1) * maxLease(this.limit.points) : 0;
    this.#share = Math.max(Math.floor((remaining - since) / nodes), Math.min(remaining, needed));
  }

  /** Remaining points as far as this node knows, and time until the window ends. */
  view(now: number): { remaining: number; resetsInMs: number } {
    this.#advance(now);
    const ahead = this.#resetsAt === NEVER ? this.limit.seconds * 1000 : this.#resetsAt - now;
    return { remaining: this.#leased + Math.min(this.#remaining, this.#share), resetsInMs: ahead };
  }

  #advance(now: number): void {
    if (now >= this.#resetsAt) this.#startWindow();
    else if (now >= this.#endsAt) {
      this.#leased = 0;
      this.#unreported = 0;
    }
  }

  #startWindow(): void {
    this.#window += 1;
    this.#endsAt = NEVER;
    this.#resetsAt = NEVER;
    this.#leased = 0;
    this.#remaining = this.limit.points;
    this.#consumed = 0;
    this.#reported = 0;
    this.#unreported = 0;
    this.#share = UNLIMITED;
  }
}

/** A recent outage, with other nodes that may still reach the counter. */
function isShortOutage(now: number, { available, downSince, nodes }: CounterHealth): boolean {
  return !available && nodes > 1 && now - downSince < SHORT_OUTAGE_MS;
}
