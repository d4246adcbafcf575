/**
 * Several steps that hold together: when a later one fails, the earlier ones are undone, the last first.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';

/** Milliseconds that undoing or tidying up may take, whatever the request's own deadline. */
export const TIDY_MILLISECONDS = 15_000;

/** The undo stack of one saga. */
export interface Undo {
  /**
   * Records how to reverse a step that has just been done. `what` names it for the log. The cloud that `reverse` gets has a
   * deadline of its own: the request's may be what ended the saga.
   */
  push(what: string, reverse: (cloud: Cloud) => Promise<void>): void;
  /**
   * Forgets all that was recorded: from here on it stays, whatever happens. For when everything succeeded, and for when
   * nobody knows whether the last step did; what that leaves behind is `reconcile`'s.
   */
  keep(): void;
}

/**
 * Runs `steps`. When it rejects, everything recorded is reversed in reverse order and the rejection passed on unchanged;
 * a reversal that fails is logged and does not stop the others.
 */
export async function undoable<T>(
  cloud: Pick<Cloud, 'log' | 'detached'>,
  steps: (undo: Undo) => Promise<T>,
): Promise<T> {
  const done: { what: string; reverse: (cloud: Cloud) => Promise<void> }[] = [];
  const undo: Undo = {
    push: (what, reverse) => done.push({ what, reverse }),
    keep: () => done.splice(0),
  };
  try {
    return await steps(undo);
  } catch (error) {
    const detached = cloud.detached(TIDY_MILLISECONDS);
    for (const { what, reverse } of done.reverse()) {
      try {
        await reverse(detached);
      } catch (failure) {
        cloud.log.error('left_behind', { what }, failure);
      }
    }
    throw error;
  }
}
