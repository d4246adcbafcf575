import { monotonicMs, wallTime } from '../../clock.ts';
import { beatAfter, beatAfterFailures, LEAD_BEAT, SHORTEST_BEAT } from './beat.ts';
import { changesBetween, type Shown, type ShownInstances } from './changes.ts';
import type { OpenLog } from './event-log.ts';

/** A project's instances at one moment. */
export interface Look {
  readonly shown: ShownInstances;
  /** Some are in transition. */
  readonly passing: boolean;
}

export interface LookoutParts {
  /** The log to write to, opened when it is not. */
  readonly log: () => Promise<OpenLog>;
  /** Rejects as `Cloud.listInstances`. */
  readonly look: () => Promise<Look>;
  /** These are about to be told. Never rejects. */
  readonly announce: (instanceIds: readonly string[]) => Promise<void>;
  readonly gone: (last: Shown) => Shown;
  /** Each time that it is known anew how things stand: whether others look, or what has failed. */
  readonly settled: (error: unknown) => void;
  /** What an answer may be old, milliseconds. */
  readonly maxAge: number;
}

/**
 * Looks at a project's instances again and again, as long as this gateway leads its log, and writes down what is different. Asks
 * now and then whether it is to lead.
 */
export class Lookout {
  readonly #parts: LookoutParts;
  /** What the log has come to; null when another may have written. */
  #shown: ShownInstances | null = null;
  #leads = false;
  #failures = 0;
  #isRunning = false;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Monotonic milliseconds. */
  #nextLook = 0;
  #nextRound = 0;
  #lookedAt = 0;
  #hurries = 0;

  constructor(parts: LookoutParts) {
    this.#parts = parts;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Something is different: looks at once, or soon after the look that is under way. */
  hurry(): void {
    this.#hurries += 1;
    this.#nextLook = this.#lookedAt + SHORTEST_BEAT;
    this.#plan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#isRunning || this.#isClosed) return;
    clearTimeout(this.#timer);
    const wait = Math.min(this.#nextLook, this.#nextRound) - monotonicMs();
    this.#timer = setTimeout(() => void this.#run(), Math.max(wait, 0));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const hurries = this.#hurries;
    try {
      const isKnown = await this.#round();
      this.#nextRound = monotonicMs() + LEAD_BEAT;
      if (isKnown) this.#settle(null);
    } catch (error) {
      // Until then it does not say that it leads either: another may have more luck.
      this.#nextRound = monotonicMs() + beatAfterFailures(this.#failures);
      this.#nextLook = this.#nextRound;
      // What was being written is there or not.
      this.#shown = null;
      this.#settle(error);
    }
    this.#isRunning = false;
    if (hurries !== this.#hurries) this.#nextLook = monotonicMs() + SHORTEST_BEAT;
    this.#plan();
  }

  #settle(error: unknown): void {
    this.#failures = error === null ? 0 : this.#failures + 1;
    if (!this.#isClosed) this.#parts.settled(error);
  }

  /** Whether it is known anew how things stand. */
  async #round(): Promise<boolean> {
    const log = await this.#parts.log();
    const leading = await log.lead();
    this.#leads = leading !== 'no';
    if (leading !== 'still') this.#shown = null;
    const isDue = leading === 'anew' || monotonicMs() >= this.#nextLook;
    if (!this.#leads) this.#nextLook = Number.POSITIVE_INFINITY;
    else if (isDue) await this.#look(log);
    return isDue || !this.#leads;
  }

  async #look(log: OpenLog): Promise<void> {
    this.#shown ??= await log.shown();
    const { shown, passing } = await this.#parts.look();
    this.#lookedAt = monotonicMs();
    this.#nextLook = this.#lookedAt + beatAfter(passing, this.#parts.maxAge);
    this.#shown = (await this.#write(log, this.#shown, shown)) ? shown : null;
  }

  /** Whether this gateway still led. */
  async #write(log: OpenLog, before: ShownInstances | null, after: ShownInstances): Promise<boolean> {
    if (before === null) {
      await this.#parts.announce([]);
      return log.begin(after);
    }
    const at = wallTime();
    const changes = changesBetween(before, after, at, this.#parts.gone);
    if (changes.length === 0) return true;
    await this.#parts.announce(changes.map(({ instanceId }) => instanceId));
    return log.add(changes);
  }
}
