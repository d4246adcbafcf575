import { backoff } from '../../async.ts';
import { monotonicMs, wallTime } from '../../clock.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../../compute/states.ts';
import type { Change, InstanceSnapshot, LogHandle, ProjectSnapshot } from './event-log.ts';

const MIN_POLL_INTERVAL_MS = 250;
const MAX_POLL_INTERVAL_MS = 30_000;
/** With the response cache switched off. */
const UNCACHED_POLL_INTERVAL_MS = 2_500;
/** Followers try to acquire, and the leader renews, the leader lease this often. */
const LEASE_RENEW_INTERVAL_MS = 2_000;
const RETRY = { initialMs: TRANSITIONAL_MAX_AGE_MS, maxMs: MAX_POLL_INTERVAL_MS, jitter: 0 };

export interface PollResult {
  readonly snapshot: ProjectSnapshot;
  readonly hasTransitional: boolean;
}

export interface PollerDeps {
  /** Opens the log unless it is open. */
  readonly openLog: () => Promise<LogHandle>;
  /** Rejects as `Cloud.listInstances`. */
  readonly poll: () => Promise<PollResult>;
  /** Invalidates cached reads, before the changes are published. Never rejects. */
  readonly invalidate: (instanceIds: readonly string[]) => Promise<void>;
  readonly asDeleted: (last: InstanceSnapshot) => InstanceSnapshot;
  /** Called after each poll, and each time this gateway is found to be a follower; with the error if that failed, else null. */
  readonly onPollSettled: (error: unknown) => void;
  /** Lifetime of cached responses. */
  readonly maxAgeMs: number;
}

/** Polls a project's instances while this gateway holds the leader lease, and appends differences to the event log. */
export class InstancePoller {
  readonly #deps: PollerDeps;
  /** The state after the log's last entry; null if another gateway may have appended. */
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

  /** Polls as soon as the minimum interval allows. */
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
      // The lease is not renewed either, so that a gateway that reaches the cloud can take over.
      this.#nextRenewalAt = monotonicMs() + backoff(this.#failures + 1, RETRY);
      this.#nextPollAt = this.#nextRenewalAt;
      // An append may have happened or not.
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

  /** False if no poll was due. */
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

  /** False if this gateway is no longer the leader. */
  async #publish(log: LogHandle, before: ProjectSnapshot | null, after: ProjectSnapshot): Promise<boolean> {
    if (before === null) {
      await this.#deps.invalidate([]);
      return log.begin(after);
    }
    const changes = diffSnapshots(before, after, wallTime(), this.#deps.asDeleted);
    if (changes.length === 0) return true;
    await this.#deps.invalidate(changes.map(({ instanceId }) => instanceId));
    return log.append(changes);
  }
}

/** A shorter interval than the lifetime of cached lists would see nothing new. */
export function nextPollDelay(hasTransitional: boolean, maxAgeMs: number): number {
  if (hasTransitional) return TRANSITIONAL_MAX_AGE_MS;
  const idleDelay = maxAgeMs > 0 ? maxAgeMs / 2 : UNCACHED_POLL_INTERVAL_MS;
  return Math.min(Math.max(idleDelay, TRANSITIONAL_MAX_AGE_MS), MAX_POLL_INTERVAL_MS);
}

/** Deleted instances first, then changed ones, then created ones with the oldest first. @param after Newest first. */
export function diffSnapshots(
  before: ProjectSnapshot,
  after: ProjectSnapshot,
  at: string,
  asDeleted: (last: InstanceSnapshot) => InstanceSnapshot,
): Change[] {
  const deleted: Change[] = [];
  const changed: Change[] = [];
  for (const [instanceId, last] of before) {
    const snapshot = after.get(instanceId);
    const previousState = last.state;
    if (snapshot === undefined) {
      deleted.push({ kind: 'deleted', instanceId, snapshot: asDeleted(last), previousState, at });
    } else if (snapshot.text !== last.text) {
      const kind = snapshot.state === last.state ? 'updated' : 'state_changed';
      changed.push({ kind, instanceId, snapshot, previousState, at });
    }
  }
  const created = [...after]
    .filter(([instanceId]) => !before.has(instanceId))
    .map(
      ([instanceId, snapshot]): Change => ({
        kind: 'created',
        instanceId,
        snapshot,
        previousState: null,
        at,
      }),
    )
    .reverse();
  return [...deleted, ...changed, ...created];
}
