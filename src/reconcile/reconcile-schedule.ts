import { sleep, withTimeout } from '../async.ts';
import { monotonicMs, wallMs } from '../clock.ts';
import { type ReconcilePorts, reconcileProjects } from './reconcile-projects.ts';
import { type RunPorts, recordRun } from './record-run.ts';

export interface ScheduleOptions {
  readonly intervalMs: number;
  /** Name of this machine, for the record. */
  readonly node: string;
  /** For tests: a lease that its holder does not renew ends after this. */
  readonly leaseMs?: number;
}

const LEASE_MS = 60_000;
/** Nodes that start together take their turns at different times. */
const MAX_FIRST_DELAY_MS = 10_000;
const MAX_POLL_MS = 30_000;
/** The random share of an interval, so that gateways on one cloud do not run in step. */
const JITTER = 0.1;
/** A stopping gateway waits so long for the project in progress. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Reconciles every `intervalMs`, on one of the nodes that share a database. The lease is the schedule: its holder renews it during a
 * run and then sets its end to the time when the next run is due. The lease of a killed holder ends within a minute.
 */
export class ReconcileSchedule {
  readonly #ports: ReconcilePorts & RunPorts;
  readonly #options: Required<ScheduleOptions>;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(ports: ReconcilePorts & RunPorts, options: ScheduleOptions) {
    this.#ports = ports;
    this.#options = { leaseMs: LEASE_MS, ...options };
  }

  start(): void {
    const { intervalMs, leaseMs } = this.#options;
    const pollMs = Math.min(MAX_POLL_MS, intervalMs / 2, leaseMs / 2);
    const { signal } = this.#stopping;
    const pause = (maxMs: number) => sleep(maxMs * Math.random(), signal);
    const loop = async () => {
      await pause(Math.min(MAX_FIRST_DELAY_MS, intervalMs / 4));
      for (;;) {
        await this.#runIfDue();
        await sleep(pollMs / 2, signal);
        await pause(pollMs / 2);
      }
    };
    // Ends by the abort of a pause.
    this.#loop = loop().catch(() => {});
  }

  /** Whether a run was cut off. */
  stop(): Promise<boolean> {
    this.#stopping.abort();
    return withTimeout(
      this.#loop.then(() => false),
      STOP_TIMEOUT_MS,
      () => true,
    );
  }

  async #runIfDue(): Promise<void> {
    const { intervalMs, leaseMs, node } = this.#options;
    const id = crypto.randomUUID();
    if (this.#stopping.signal.aborted || (await this.#claim(id, leaseMs)) !== 'held') return;
    const startedAt = monotonicMs();
    const lost = new AbortController();
    let endsAt = startedAt + leaseMs;
    let renewal: Promise<void> = Promise.resolve();
    const renew = async () => {
      const claimedAt = monotonicMs();
      const claimed = await this.#claim(id, leaseMs);
      if (claimed === 'held') endsAt = claimedAt + leaseMs;
      // A database that fails gives the lease to no other node before its end.
      else if (claimed === 'refused' || monotonicMs() >= endsAt) lost.abort();
    };
    const renewing = setInterval(() => {
      renewal = renew();
    }, leaseMs / 3);
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
    const run = { id, startedBy: 'schedule', node } as const;
    const { isStopped } = await recordRun(this.#ports, run, (progress) =>
      reconcileProjects(this.#ports, progress, signal),
    );
    clearInterval(renewing);
    await renewal;
    if (lost.signal.aborted) return;
    const isDueIn = intervalMs * (1 - JITTER * Math.random()) - (monotonicMs() - startedAt);
    await this.#claim(id, isStopped ? 0 : Math.max(0, isDueIn));
  }

  /** `unknown`: the database fails, which is reported elsewhere. */
  #claim(holder: string, durationMs: number): Promise<'held' | 'refused' | 'unknown'> {
    const now = wallMs();
    const at = (ms: number) => new Date(ms).toISOString();
    // Clocks of nodes may differ by as much as the interval.
    const latest = now + 2 * Math.max(this.#options.intervalMs, this.#options.leaseMs);
    return this.#ports.store
      .claim({ holder, now: at(now), until: at(now + durationMs), latest: at(latest) })
      .then((isHeld) => (isHeld ? ('held' as const) : ('refused' as const)))
      .catch(() => 'unknown' as const);
  }
}
