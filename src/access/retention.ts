import { monotonicMs, wallMs } from '../clock.ts';

const INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

/** Deletes what has expired; never rejects. @param daysAgo The time so many days before now, in ISO 8601. */
export type Sweep = (daysAgo: (days: number) => string) => Promise<void>;

/** Runs the sweeps, at most once a minute. */
export function retention(sweeps: readonly Sweep[]): () => Promise<void> {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async function sweep() {
    if (monotonicMs() - sweptAt < INTERVAL_MS) return;
    sweptAt = monotonicMs();
    const now = wallMs();
    const daysAgo = (days: number) => new Date(now - days * DAY_MS).toISOString();
    await Promise.all(sweeps.map((run) => run(daysAgo)));
  };
}
