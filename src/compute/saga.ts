/**
 * Several steps that hold together: when a later one fails, the earlier ones are undone, the last first.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { hasCode, INDETERMINATE_CODES } from './errors.ts';
import { type NewRelease, noReleases, type Releases } from './pending-releases.ts';

/** Milliseconds that undoing or tidying up may take, whatever the request's own deadline. */
export const CLEANUP_TIMEOUT_MS = 15_000;

/** The undo stack of one saga. */
export interface Undo {
  /**
   * Records how to reverse a step that has just been done. `what` names it for the log. The cloud that `reverse` gets has a
   * deadline of its own: the request's may be what ended the saga.
   *
   * @param left What is released in the background when `reverse` fails.
   * @returns Reverses that step alone, now, and forgets it: for a step that turned out to lead nowhere. Never rejects.
   */
  push(what: string, reverse: (cloud: Cloud) => Promise<void>, left?: NewRelease): () => Promise<void>;
  /** Forgets all that was recorded: from here on it stays, whatever happens. */
  commit(): void;
  /** The response of a step was lost, so it is searched for in the background what that step may have made. */
  responseLost(left: NewRelease): void;
}

/** A step whose response may be lost: then it is not known whether it made something. */
export async function noteLostResponse<T>(undo: Undo, left: NewRelease, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isIndeterminate(error)) undo.responseLost(left);
    throw error;
  }
}

/** Nobody knows whether a call that ended with this error was carried out. */
export function isIndeterminate(error: unknown): boolean {
  return hasCode(error, ...INDETERMINATE_CODES) && !error.notApplied;
}

/**
 * Runs `steps`. When it rejects, everything recorded is reversed in reverse order and the rejection passed on unchanged;
 * a reversal that fails is logged, does not stop the others, and is repeated in the background.
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

interface Step {
  readonly what: string;
  readonly reverse: (cloud: Cloud) => Promise<void>;
  readonly left: NewRelease | undefined;
}

/** Reverses the steps in this order, and answers what is left of those whose reversal failed. */
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
