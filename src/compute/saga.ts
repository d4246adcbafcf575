/**
 * Steps that are undone in reverse order when a later one fails.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { hasCode, INDETERMINATE_CODES } from './errors.ts';
import { type NewRelease, noReleases, type Releases } from './releases.ts';

/** Deadline of undo and cleanup, independent of the request's. */
export const CLEANUP_TIMEOUT_MS = 15_000;

export interface Undo {
  /**
   * Records the reversal of a completed step; `what` names it in the log.
   *
   * @param left Released in the background when `reverse` fails.
   * @returns Reverses and removes this step alone. Never rejects.
   */
  push(what: string, reverse: (cloud: Cloud) => Promise<void>, left?: NewRelease): () => Promise<void>;
  /** Drops all reversals: the completed steps are final. */
  commit(): void;
  /** What the step may have created is searched for in the background. */
  responseLost(left: NewRelease): void;
}

/** Runs a step and records `left` when its response is lost. */
export async function noteLostResponse<T>(undo: Undo, left: NewRelease, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isIndeterminate(error)) undo.responseLost(left);
    throw error;
  }
}

/** Whether it is unknown if the failed call was carried out. */
export function isIndeterminate(error: unknown): boolean {
  return hasCode(error, ...INDETERMINATE_CODES) && !error.notApplied;
}

/**
 * Runs `steps`; when it rejects, reverses them and passes the rejection on. A failed reversal is logged, does not stop the
 * others, and is repeated in the background.
 */
export async function undoable<T>(
  cloud: Pick<Cloud, 'log' | 'detached'>,
  steps: (undo: Undo) => Promise<T>,
  releases: Releases = noReleases,
): Promise<T> {
  const done: Step[] = [];
  const lost: NewRelease[] = [];
  const undo: Undo = {
    push(what, reverse, left) {
      const step = { what, reverse, left };
      done.push(step);
      return async () => {
        const at = done.indexOf(step);
        if (at < 0) return;
        for (const remaining of await reverseAll(cloud, done.splice(at, 1))) {
          releases.check(cloud.detached(CLEANUP_TIMEOUT_MS), async () => remaining);
        }
      };
    },
    commit: () => done.splice(0),
    responseLost: (left) => lost.push(left),
  };
  try {
    return await steps(undo);
  } catch (error) {
    const remaining = await reverseAll(cloud, done.reverse());
    const detached = cloud.detached(CLEANUP_TIMEOUT_MS);
    for (const left of [...lost, ...remaining]) releases.check(detached, async () => left);
    throw error;
  }
}

/** Longer than all upstream calls of a request may take, so that another process does not undo a create in flight. */
const INTERRUPTED_AFTER_MS = 35_000;

/** Runs `steps` with what they make on record: if this process ends meanwhile, another one releases what no server serves. */
export async function recorded<T>(
  cloud: Cloud,
  made: NewRelease,
  releases: Releases,
  steps: () => Promise<T>,
): Promise<T> {
  const times = { settlesInMs: INTERRUPTED_AFTER_MS, dueInMs: INTERRUPTED_AFTER_MS };
  const planned = await releases.plan(cloud, { ...made, ...times });
  try {
    return await steps();
  } finally {
    await releases.cancel(planned);
  }
}

interface Step {
  readonly what: string;
  readonly reverse: (cloud: Cloud) => Promise<void>;
  readonly left: NewRelease | undefined;
}

/** Resolves with what is left of steps whose reversal failed. */
async function reverseAll(
  cloud: Pick<Cloud, 'log' | 'detached'>,
  steps: readonly Step[],
): Promise<readonly NewRelease[]> {
  const detached = cloud.detached(CLEANUP_TIMEOUT_MS);
  const remaining: NewRelease[] = [];
  for (const { what, reverse, left } of steps) {
    try {
      await reverse(detached);
    } catch (failure) {
      cloud.log.error('cleanup_failed', { what }, failure);
      if (left !== undefined) remaining.push(left);
    }
  }
  return remaining;
}
