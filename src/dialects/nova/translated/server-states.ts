/**
 * A server's status and state in the words of Nova's extension `OS-EXT-STS`, and so that `stateOf` finds the state again.
 *
 * @module
 */

import type { InstanceState, InstanceStatus } from '../../../compute/states.ts';

/** Nova's `power_state`. */
const NONE = 0;
const RUNNING = 1;
const PAUSED = 3;
const SHUTDOWN = 4;

const STATUS_STATES: Readonly<Record<InstanceStatus, readonly [vmState: string, powerState: number]>> = {
  ACTIVE: ['active', RUNNING],
  SHUTOFF: ['stopped', SHUTDOWN],
  BUILD: ['building', NONE],
  REBOOT: ['active', RUNNING],
  HARD_REBOOT: ['active', RUNNING],
  REBUILD: ['active', RUNNING],
  RESIZE: ['active', RUNNING],
  VERIFY_RESIZE: ['resized', RUNNING],
  REVERT_RESIZE: ['resized', RUNNING],
  MIGRATING: ['active', RUNNING],
  PASSWORD: ['active', RUNNING],
  PAUSED: ['paused', PAUSED],
  SUSPENDED: ['suspended', SHUTDOWN],
  RESCUE: ['rescued', RUNNING],
  SHELVED: ['shelved', SHUTDOWN],
  SHELVED_OFFLOADED: ['shelved_offloaded', SHUTDOWN],
  ERROR: ['error', NONE],
  DELETED: ['deleted', NONE],
  SOFT_DELETED: ['soft-delete', SHUTDOWN],
  UNKNOWN: ['unknown', NONE],
};

/** Of several tasks that lead to a state, the one that is the longest part of the way. */
const TASKS: Readonly<Partial<Record<InstanceState, string>>> = {
  provisioning: 'spawning',
  starting: 'powering-on',
  stopping: 'powering-off',
  rebooting: 'rebooting',
  rebuilding: 'rebuilding',
  resizing: 'resize_migrating',
  reverting: 'resize_reverting',
  migrating: 'migrating',
  deleting: 'deleting',
};

export interface ServerStates {
  readonly status: InstanceStatus;
  readonly vmState: string;
  /** null when the state does not pass by itself. */
  readonly taskState: string | null;
  readonly powerState: number;
}

/** A status that Nova does not know, from a cloud that has more words, is `UNKNOWN`. */
export function serverStates(word: string, state: InstanceState): ServerStates {
  const status = Object.hasOwn(STATUS_STATES, word) ? (word as InstanceStatus) : 'UNKNOWN';
  const [vmState, powerState] = STATUS_STATES[status];
  const taskState = status === 'HARD_REBOOT' && state === 'rebooting' ? 'rebooting_hard' : TASKS[state];
  return { status, vmState, taskState: taskState ?? null, powerState };
}
