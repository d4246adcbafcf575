import { monotonicMs, wallMs, wallTime } from '../clock.ts';
import type { Orphan } from '../compute/reconcile.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReconcileRun, ReconcileStore } from './reconcile-store.ts';

const RETENTION_MS = 30 * 86_400_000;
/** A run that has saved nothing for `RUN_LOST_AFTER_MS` was killed. */
const SAVE_INTERVAL_MS = 20_000;
export const RUN_LOST_AFTER_MS = 120_000;
const MAX_ERROR_LENGTH = 500;
/** One cause, such as a cloud that is down, may fail every project. */
const MAX_LOGGED_FAILURES = 10;

export interface RunPorts {
  readonly store: ReconcileStore;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What a run reports while it works. */
export class RunProgress {
  projects = 0;
  skipped = 0;
  failed = 0;
  released = 0;
  error: string | null = null;
  isStopped = false;
  readonly #ports: RunPorts;

  constructor(ports: RunPorts) {
    this.#ports = ports;
  }

  succeeded(region: string, orphans: readonly Orphan[]): void {
    this.projects += 1;
    this.released += orphans.length;
    for (const { kind } of orphans) this.#ports.metrics.count('reconcile_released', { kind, region });
  }

  fails(where: { readonly region?: string; readonly project: string }, error: unknown): void {
    this.projects += 1;
    this.failed += 1;
    this.error ??= (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_LENGTH);
    if (this.failed <= MAX_LOGGED_FAILURES) this.#ports.log.error('reconcile_failed', { ...where }, error);
  }
}

/**
 * Records the run that `work` does: its begin, its progress, and its outcome. A record that cannot be stored is logged, since
 * cleaning up matters more.
 */
export async function recordRun(
  ports: RunPorts,
  { id, startedBy, node }: Pick<ReconcileRun, 'id' | 'startedBy' | 'node'>,
  work: (progress: RunProgress) => Promise<void>,
): Promise<RunProgress> {
  const { store, log, metrics } = ports;
  const progress = new RunProgress(ports);
  const startedAt = wallTime();
  const began = monotonicMs();
  const save = async (outcome: ReconcileRun['outcome'] = null) => {
    const { projects, skipped, failed, released, error } = progress;
    const seenAt = wallTime();
    const finishedAt = outcome === null ? null : seenAt;
    const counts = { projects, skipped, failed, released, error };
    await store
      .save({ id, startedBy, node, startedAt, seenAt, finishedAt, outcome, ...counts })
      .catch((error: unknown) => log.warn('reconcile_run_not_recorded', {}, error));
  };
  await save();
  const saving = setInterval(() => save(), SAVE_INTERVAL_MS);
  try {
    await work(progress);
  } catch (error) {
    progress.fails({ project: 'all' }, error);
  } finally {
    clearInterval(saving);
  }
  const outcome = progress.isStopped ? 'stopped' : progress.failed > 0 ? 'failed' : 'completed';
  await save(outcome);
  await store.sweep(new Date(wallMs() - RETENTION_MS).toISOString()).catch(() => {});
  metrics.count('reconcile_runs', { outcome });
  const { projects, skipped, failed, released } = progress;
  const counts = { projects, skipped, failed, released, duration_ms: Math.round(monotonicMs() - began) };
  log.info('reconcile_finished', { started_by: startedBy, outcome, ...counts });
  return progress;
}
