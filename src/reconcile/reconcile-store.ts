/**
 * The port for runs of `reconcile` and for the lease that lets one node at a time begin one. Its conformance suite is
 * `test/conformance/reconcile-store.ts`. A resolved write survives the process; times are as `Date.toISOString` prints them; an
 * unreachable database rejects with `ComputeError` `unavailable`.
 */

/** `schedule`: the gateway itself; `cron`: the platform's cron trigger; `command`: an operator. */
export const STARTED_BY = ['schedule', 'cron', 'command'] as const;
/** `failed`: at least one project could not be reconciled; `stopped`: the gateway stopped, or another node took over. */
export const OUTCOMES = ['completed', 'failed', 'stopped'] as const;

export interface ReconcileRun {
  readonly id: string;
  readonly startedBy: (typeof STARTED_BY)[number];
  /** Name of the machine, or `edge`. */
  readonly node: string;
  readonly startedAt: string;
  /** Last progress; a run without an outcome that made none for minutes was killed. */
  readonly seenAt: string;
  readonly finishedAt: string | null;
  readonly outcome: (typeof OUTCOMES)[number] | null;
  /** Reconciled projects, failed ones included. */
  readonly projects: number;
  /** Projects in which the service account has no role. */
  readonly skipped: number;
  readonly failed: number;
  /** Resources released. */
  readonly released: number;
  /** The first failure; never a secret. */
  readonly error: string | null;
}

export type RunPosition = Pick<ReconcileRun, 'startedAt' | 'id'>;

export interface LeaseClaim {
  /** Unique to the run. */
  readonly holder: string;
  readonly now: string;
  readonly until: string;
  /** A lease beyond this is not believed: a clock or the interval was changed. */
  readonly latest: string;
}

export interface ReconcileStore {
  /**
   * Takes the lease if it is free, ended at `now` or is `holder`'s; else false. `holder` may also move the end of its lease, up to
   * the time when the next run is due.
   */
  claim(claim: LeaseClaim): Promise<boolean>;
  /** Inserts or replaces. */
  save(run: ReconcileRun): Promise<void>;
  /** Newest first; `before` is the last run of the previous page. */
  list(window: {
    readonly limit: number;
    readonly before: RunPosition | null;
  }): Promise<readonly ReconcileRun[]>;
  /** Deletes runs that started before `before`. */
  sweep(before: string): Promise<void>;
}

/** For a gateway that knows of no runs. */
export const NO_RECONCILE_STORE: Pick<ReconcileStore, 'list'> = { list: async () => [] };
