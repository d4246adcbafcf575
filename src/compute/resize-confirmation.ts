/**
 * Resizes that the gateway confirms. The history binds a confirmation to its resize: one that the customer began later, or
 * elsewhere, is never confirmed.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { hasCode } from './errors.ts';
import type { Release, ReleaseOutcome } from './release.ts';

/** Then the customer has it locked, or the resize hangs. */
const GIVE_UP_AFTER_MS = 86_400_000;

/** One attempt. Rejects with the cloud's error. */
export async function attemptConfirmation(
  cloud: Cloud,
  { instanceId, confirms, settledAt }: Release,
  now: number,
): Promise<ReleaseOutcome> {
  if (instanceId === null || confirms === undefined || now > settledAt + GIVE_UP_AFTER_MS) return 'done';
  try {
    // Before the instance: an entry is written after the resize has begun.
    const [newest = null, before = null] = await resizesOf(cloud, instanceId);
    const { status, inTransition } = await cloud.getInstance(instanceId);
    if (newest === confirms.after) return now < settledAt ? 'waiting' : 'done';
    if (before !== confirms.after) return 'done';
    if (inTransition || status === 'RESIZE') return 'waiting';
    if (status !== 'VERIFY_RESIZE') return 'done';
    await cloud.act(instanceId, { action: 'confirm_resize' });
    return 'waiting';
  } catch (error) {
    if (hasCode(error, 'not_found')) return 'done';
    // Locked, or another request confirms or reverts it.
    if (hasCode(error, 'conflict', 'invalid')) return 'waiting';
    throw error;
  }
}

/** Their ids in the history, newest first. */
export async function resizesOf(cloud: Cloud, instanceId: string): Promise<string[]> {
  const history = await cloud.listHistory(instanceId);
  return history.filter(({ action }) => action === 'resize').map(({ id }) => id);
}
