import { monotonicMs, wallTime } from '../../clock.ts';
import { diffSnapshots, type InstanceSnapshot, type ProjectSnapshot } from './changes.ts';
import type { LogHandle } from './event-log.ts';
import {
  backoffDelay,
  LEASE_RENEW_INTERVAL_MS,
  MIN_POLL_INTERVAL_MS,
  nextPollDelay,
} from './poll-interval.ts';

/** A project's instances at one moment. */
export interface PollResult {
  readonly snapshot: ProjectSnapshot;
  /** Some are in transition. */
  readonly hasTransitional: boolean;
}

export interface PollerDeps {
  /** The log to write to, opened when it is not. */
  readonly openLog: () => Promise<LogHandle>;
  /** Rejects as `Cloud.listInstances`. */
  readonly poll: () => Promise<PollResult>;
  /** These are about to be told. Never rejects. */
  readonly invalidate: (instanceIds: readonly string[]) => Promise<void>;
  readonly asDeleted: (last: InstanceSnapshot) => InstanceSnapshot;
  /** Each time that it is known anew how things stand: whether others look, or what has failed. */
  readonly onPollSettled: (error: unknown) => void;
  /** What an answer may be old, milliseconds. */
  readonly maxAgeMs: number;
}

/**
 * Looks at a project's instances again and again, as long as this gateway leads its log, and writes down what is different. Asks
 * now and then whether it is to lead.
 */
export class InstancePoller {
  readonly #deps: PollerDeps;
  /** What the log has come to; null when another may have written. */
  #snapshot: ProjectSnapshot | null = null;
  #isLeader = false;
  #failures = 0;
  #isRunning = false;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Monotonic milliseconds. */
  #nextPollAt = 0;
  #nextRenewalAt = 0;
  #polledAt = 0;
  #wakeUps = 0;

  constructor(deps: PollerDeps) {
    this.#deps = deps;
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Something is different: looks at once, or soon after the look that is under way. */
  wake(): void {
    this.#wakeUps += 1;
    this.#nextPollAt = this.#polledAt + MIN_POLL_INTERVAL_MS;
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isRunning || this.#isClosed) return;
    clearTimeout(this.#timer);
    const wait = Math.min(this.#nextPollAt, this.#nextRenewalAt) - monotonicMs();
    this.#timer = setTimeout(() => void this.#tick(), Math.max(wait, 0));
  }

  async #tick(): Promise<void> {
    this.#isRunning = true;
    const wakeUps = this.#wakeUps;
    try {
      const isSettled = await this.#renewAndPoll();
      this.#nextRenewalAt = monotonicMs() + LEASE_RENEW_INTERVAL_MS;
      if (isSettled) this.#settled(null);
    } catch (error) {
      // Until then it does not say that it leads either: another may have more luck.
      this.#nextRenewalAt = monotonicMs() + backoffDelay(this.#failures);
      this.#nextPollAt = this.#nextRenewalAt;
      // What was being written is there or not.
      this.#snapshot = null;
      this.#settled(error);
    }
    this.#isRunning = false;
    if (wakeUps !== this.#wakeUps) this.#nextPollAt = monotonicMs() + MIN_POLL_INTERVAL_MS;
    this.#schedule();
  }

  #settled(error: unknown): void {
    this.#failures = error === null ? 0 : this.#failures + 1;
    if (!this.#isClosed) this.#deps.onPollSettled(error);
  }

  /** Whether it is known anew how things stand. */
  async #renewAndPoll(): Promise<boolean> {
    const log = await this.#deps.openLog();
    const status = await log.tryLead();
    this.#isLeader = status !== 'follower';
    if (status !== 'leader') this.#snapshot = null;
    const isDue = status === 'elected' || monotonicMs() >= this.#nextPollAt;
    if (!this.#isLeader) this.#nextPollAt = Number.POSITIVE_INFINITY;
    else if (isDue) await this.#poll(log);
    return isDue || !this.#isLeader;
  }

  async #poll(log: LogHandle): Promise<void> {
    this.#snapshot ??= await log.snapshot();
    const { snapshot, hasTransitional } = await this.#deps.poll();
    this.#polledAt = monotonicMs();
    this.#nextPollAt = this.#polledAt + nextPollDelay(hasTransitional, this.#deps.maxAgeMs);
    this.#snapshot = (await this.#publish(log, this.#snapshot, snapshot)) ? snapshot : null;
  }

  /** Whether this gateway still led. */
  async #publish(log: LogHandle, before: ProjectSnapshot | null, after: ProjectSnapshot): Promise<boolean> {
    if (before === null) {
      await this.#deps.invalidate([]);
      return log.begin(after);
    }
    const at = wallTime();
    const changes = diffSnapshots(before, after, at, this.#deps.asDeleted);
    if (changes.length === 0) return true;
    await this.#deps.invalidate(changes.map(({ instanceId }) => instanceId));
    return log.append(changes);
  }
}
