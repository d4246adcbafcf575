import type { Counter, Taken } from './counter.ts';
import { largestLease, leaseSize, type Situation } from './lease.ts';

/** What may be spent in a window. */
export interface Limit {
  readonly points: number;
  readonly seconds: number;
}

/** What a node knows of the counter without asking. */
export type Presence = Pick<Counter, 'available' | 'lostAt' | 'backAt' | 'nodes'>;

/** A take that is on its way to the counter. */
export interface Take {
  /** Everything to add to the counter: what is wanted, and what was spent without it. */
  readonly points: number;
  readonly owed: number;
  /** Length of the window, should this take begin one. */
  readonly seconds: number;
  readonly sentAt: number;
  readonly window: number;
  readonly situation: Situation;
}

export type Verdict = 'granted' | 'refused' | 'ask';

const NEVER = Number.POSITIVE_INFINITY;
/** Of all that is left. */
const ALL = Number.POSITIVE_INFINITY;
/** A counter that was away for less, milliseconds, was so perhaps for this node alone: it is tried every 250. */
const BLIP = 500;
/** Clocks of this machine and of the counter may drift apart by so much in a window, milliseconds. */
const DRIFT = 50;

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
export class Account {
  readonly limit: Limit;
  readonly #size: (situation: Situation) => number;
  /** Numbers the windows, so that an answer finds its own. */
  #window = 0;
  #endsAt = NEVER;
  #resetsAt = NEVER;
  /** Points in hand. */
  #held = 0;
  /** What the counter can give at most. */
  #known: number;
  /** What this node has admitted. */
  #spent = 0;
  /** What it has added to the counter. */
  #told = 0;
  /** What it granted itself, and the counter has not heard of. */
  #owed = 0;
  /** What may come to this node in this window, beside what it holds. */
  #part = ALL;
  /** When the last question was asked that the counter has answered. */
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(limit: Limit, size: (situation: Situation) => number = leaseSize) {
    this.limit = limit;
    this.#size = size;
    this.#known = limit.points;
  }

  /** What is to be done about a request that costs `cost`. Spends nothing. */
  judge(cost: number, now: number, counter: Presence): Verdict {
    this.#turn(now);
    if (cost > this.limit.points) return 'refused';
    if (this.#owed > 0 && counter.available) return 'ask';
    if (this.#held >= cost) return 'granted';
    return this.#held + this.#obtainable(now, counter) >= cost ? 'ask' : 'refused';
  }

  #obtainable(now: number, counter: Presence): number {
    const left = Math.min(this.#known, this.#part);
    const short = this.#owed > 0 && isBlip(now, counter);
    return short ? Math.min(left, largestLease(this.limit.points) - this.#owed) : left;
  }

  /** After `granted`, and before anything else happens. */
  spend(cost: number): void {
    this.#held -= cost;
    this.#spent += cost;
  }

  /**
   * After `ask`.
   *
   * @param waiting The cost of all requests that wait for points, this one's included.
   */
  ask(cost: number, waiting: number, now: number, counter: Presence): Take {
    const window = now - this.limit.seconds * 1000;
    const away = !counter.available || counter.backAt > Math.max(this.#heardAt, window);
    const returned = Math.min(this.#held, this.#owed);
    const owed = this.#owed - returned;
    this.#held -= returned;
    this.#part += returned;
    this.#known += returned;
    this.#owed = 0;
    const { points } = this.limit;
    const need = Math.max(1, cost - this.#held);
    if (away) this.#keepToPart(this.#known, need, counter);
    const known = Math.min(this.#known, this.#part);
    const situation = { points, known, need, demand: this.#spent + waiting };
    // Nobody knows what is left until the counter has heard what was spent without it; until then nobody is refused.
    if (owed + returned > 0) this.#known = points;
    const left = this.#endsAt - now;
    // A counter that lost its memory is given the end of the window that runs, unless that is too near to be sure of.
    const seconds = owed > 0 && left > 10 * DRIFT && left < NEVER ? left / 1000 : this.limit.seconds;
    return {
      points: owed + this.#size(situation),
      owed,
      seconds: Math.ceil(seconds),
      sentAt: now,
      window: this.#window,
      situation,
    };
  }

  /** The counter has answered. */
  answered(take: Take, { total, endsIn }: Taken, now: number, counter: Presence): void {
    const before = total - take.points;
    const ends = take.sentAt + endsIn;
    const known = this.#told > 0 && take.window === this.#window;
    const another = known && (before < this.#told || ends > this.#resetsAt + DRIFT);
    const forgotten = another && now < this.#endsAt - DRIFT;
    if (another && !forgotten) this.#begin();
    if (forgotten) {
      // The window runs, yet the counter knows less than it was told: all of it is to be told again.
      this.#owed += Math.max(0, this.#told - this.#held);
      this.#held = 0;
      this.#keepToPart(take.situation.known, take.situation.need, counter);
      this.#told = 0;
    }
    this.#heardAt = take.sentAt;
    const first = this.#told === 0;
    this.#endsAt = first ? ends : Math.max(this.#endsAt, ends);
    this.#resetsAt = first ? now + endsIn : Math.min(this.#resetsAt, now + endsIn);
    this.#told += take.points;
    const valid = this.limit.points - before - take.owed - this.#owed;
    const lease = Math.min(Math.max(0, valid), take.points - take.owed, this.#part);
    this.#held += lease;
    this.#part -= lease;
    this.#known = Math.max(0, this.limit.points - total - this.#owed);
  }

  /** The counter has not answered. */
  unanswered(take: Take, now: number, counter: Presence): void {
    this.#turn(now);
    if (take.window !== this.#window) return;
    if (this.#endsAt === NEVER) {
      this.#endsAt = now + this.limit.seconds * 1000;
      this.#resetsAt = this.#endsAt;
    }
    const { known, need, points } = take.situation;
    this.#keepToPart(known, need, counter);
    const left = Math.min(known, this.#part);
    // Others may still be served by the counter, and this node be back in a moment.
    const most = isBlip(now, counter) ? Math.max(need, largestLease(points) - take.owed) : left;
    const granted = Math.min(left, most);
    this.#known = known - granted;
    this.#part -= granted;
    this.#held += granted;
    this.#owed += take.owed + granted;
  }

  /** From here to the end of the window; once it does, it does. */
  #keepToPart(known: number, need: number, { nodes }: Presence): void {
    if (this.#part !== ALL) return;
    // What it knows is old by what each neighbour took since, a lease or so.
    const since = this.#told > 0 ? (nodes - 1) * largestLease(this.limit.points) : 0;
    this.#part = Math.max(Math.floor((known - since) / nodes), Math.min(known, need));
  }

  /** What this node believes to be left, and milliseconds until the window ends. */
  view(now: number): { remaining: number; resetsIn: number } {
    this.#turn(now);
    const ahead = this.#resetsAt === NEVER ? this.limit.seconds * 1000 : this.#resetsAt - now;
    return { remaining: this.#held + Math.min(this.#known, this.#part), resetsIn: ahead };
  }

  #turn(now: number): void {
    if (now >= this.#resetsAt) this.#begin();
    else if (now >= this.#endsAt) {
      this.#held = 0;
      this.#owed = 0;
    }
  }

  #begin(): void {
    this.#window += 1;
    this.#endsAt = NEVER;
    this.#resetsAt = NEVER;
    this.#held = 0;
    this.#known = this.limit.points;
    this.#spent = 0;
    this.#told = 0;
    this.#owed = 0;
    this.#part = ALL;
  }
}

/** Whether a node among several has lost the counter only just now. */
function isBlip(now: number, { available, lostAt, nodes }: Presence): boolean {
  return !available && nodes > 1 && now - lostAt < BLIP;
}
