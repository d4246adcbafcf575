import type { AcquireResult, Counter } from './counter.ts';
import { type LeaseContext, leaseSize, maxLease } from './lease.ts';

/** What may be spent in a window. */
export interface Limit {
  readonly points: number;
  readonly seconds: number;
}

/** What a node knows of the counter without asking. */
export type CounterHealth = Pick<Counter, 'available' | 'downSince' | 'upSince' | 'nodes'>;

/** A take that is on its way to the counter. */
export interface AcquireRequest {
  /** Everything to add to the counter: what is wanted, and what was spent without it. */
  readonly points: number;
  readonly unreported: number;
  /** Length of the window, should this take begin one. */
  readonly seconds: number;
  readonly sentAt: number;
  readonly window: number;
  readonly context: LeaseContext;
}

export type WindowVerdict = 'allow' | 'deny' | 'acquire';

const NEVER = Number.POSITIVE_INFINITY;
/** Of all that is left. */
const UNLIMITED = Number.POSITIVE_INFINITY;
/** A counter that was away for less, milliseconds, was so perhaps for this node alone: it is tried every 250. */
const SHORT_OUTAGE_MS = 500;
/** Clocks of this machine and of the counter may drift apart by so much in a window, milliseconds. */
const CLOCK_DRIFT_MS = 50;

/**
 * One limit as one node sees it: the points in hand, and what is known of the counter. A state machine without I/O and
 * without a clock: times are monotonic milliseconds that the caller passes in.
 *
 * A window ends at the counter between `#endsAt` and `#resetsAt`, for an answer takes time. Points are spent before the
 * former only, so never in a window they were not taken in; a refusal lasts until the latter.
 *
 * From the moment the counter fails it to the end of the window, a node keeps to its *part*: all that it knows to be left when
 * it is alone, an equal part when it has neighbours. While the counter is away it grants itself points of it; when it is back,
 * it takes them from there. It gets no more even then, for what others granted themselves the counter may not have heard of
 * yet. What it granted itself and spent is told to the counter when it is back; and when the counter has lost its memory
 * meanwhile, so is what it was told before. `docs/architecture.md` has what follows from this.
 */
export class LeasedWindow {
  readonly limit: Limit;
  readonly #leaseSize: (context: LeaseContext) => number;
  /** Numbers the windows, so that an answer finds its own. */
  #window = 0;
  #endsAt = NEVER;
  #resetsAt = NEVER;
  /** Points in hand. */
  #leased = 0;
  /** What the counter can give at most. */
  #remaining: number;
  /** What this node has admitted. */
  #consumed = 0;
  /** What it has added to the counter. */
  #reported = 0;
  /** What it granted itself, and the counter has not heard of. */
  #unreported = 0;
  /** What may come to this node in this window, beside what it holds. */
  #share = UNLIMITED;
  /** When the last question was asked that the counter has answered. */
  #syncedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: Limit, size: (context: LeaseContext) => number = leaseSize) {
    this.limit = limit;
    this.#leaseSize = size;
    this.#remaining = limit.points;
  }

  /** What is to be done about a request that costs `cost`. Spends nothing. */
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

  /** After `granted`, and before anything else happens. */
  consume(cost: number): void {
    this.#leased -= cost;
    this.#consumed += cost;
  }

  /**
   * After `ask`.
   *
   * @param waiting The cost of all requests that wait for points, this one's included.
   */
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
    // Nobody knows what is left until the counter has heard what was spent without it; until then nobody is refused.
    if (unreported + returned > 0) this.#remaining = points;
    const left = this.#endsAt - now;
    // A counter that lost its memory is given the end of the window that runs, unless that is too near to be sure of.
    const seconds =
      unreported > 0 && left > 10 * CLOCK_DRIFT_MS && left < NEVER ? left / 1000 : this.limit.seconds;
    return {
      points: unreported + this.#leaseSize(context),
      unreported: unreported,
      seconds: Math.ceil(seconds),
      sentAt: now,
      window: this.#window,
      context: context,
    };
  }

  /** The counter has answered. */
  onAcquired(
    request: AcquireRequest,
    { total, endsInMs: endsIn }: AcquireResult,
    now: number,
    counter: CounterHealth,
  ): void {
    const before = total - request.points;
    const ends = request.sentAt + endsIn;
    const remaining = this.#reported > 0 && request.window === this.#window;
    const another = remaining && (before < this.#reported || ends > this.#resetsAt + CLOCK_DRIFT_MS);
    const forgotten = another && now < this.#endsAt - CLOCK_DRIFT_MS;
    if (another && !forgotten) this.#startWindow();
    if (forgotten) {
      // The window runs, yet the counter knows less than it was told: all of it is to be told again.
      this.#unreported += Math.max(0, this.#reported - this.#leased);
      this.#leased = 0;
      this.#limitToShare(request.context.remaining, request.context.needed, counter);
      this.#reported = 0;
    }
    this.#syncedAt = request.sentAt;
    const first = this.#reported === 0;
    this.#endsAt = first ? ends : Math.max(this.#endsAt, ends);
    this.#resetsAt = first ? now + endsIn : Math.min(this.#resetsAt, now + endsIn);
    this.#reported += request.points;
    const valid = this.limit.points - before - request.unreported - this.#unreported;
    const lease = Math.min(Math.max(0, valid), request.points - request.unreported, this.#share);
    this.#leased += lease;
    this.#share -= lease;
    this.#remaining = Math.max(0, this.limit.points - total - this.#unreported);
  }

  /** The counter has not answered. */
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
    // Others may still be served by the counter, and this node be back in a moment.
    const most = isShortOutage(now, counter) ? Math.max(needed, maxLease(points) - request.unreported) : left;
    const granted = Math.min(left, most);
    this.#remaining = remaining - granted;
    this.#share -= granted;
    this.#leased += granted;
    this.#unreported += request.unreported + granted;
  }

  /** From here to the end of the window; once it does, it does. */
  #limitToShare(remaining: number, needed: number, { nodes }: CounterHealth): void {
    if (this.#share !== UNLIMITED) return;
    // What it knows is old by what each neighbour took since, a lease or so.
    const since = this.#reported > 0 ? (nodes - 1) * maxLease(this.limit.points) : 0;
    this.#share = Math.max(Math.floor((remaining - since) / nodes), Math.min(remaining, needed));
  }

  /** What this node believes to be left, and milliseconds until the window ends. */
  view(now: number): { remaining: number; resetsIn: number } {
    this.#advance(now);
    const ahead = this.#resetsAt === NEVER ? this.limit.seconds * 1000 : this.#resetsAt - now;
    return { remaining: this.#leased + Math.min(this.#remaining, this.#share), resetsIn: ahead };
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

/** Whether a node among several has lost the counter only just now. */
function isShortOutage(now: number, { available, downSince: lostAt, nodes }: CounterHealth): boolean {
  return !available && nodes > 1 && now - lostAt < SHORT_OUTAGE_MS;
}
