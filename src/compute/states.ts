/**
 * Maps Nova's `status` and task to one state.
 *
 * @module
 */

/** Every `status` that Nova documents. */
const STATE_OF_STATUS = {
  ACTIVE: 'active',
  SHUTOFF: 'stopped',
  BUILD: 'provisioning',
  REBOOT: 'rebooting',
  HARD_REBOOT: 'rebooting',
  REBUILD: 'rebuilding',
  RESIZE: 'resizing',
  VERIFY_RESIZE: 'resized',
  REVERT_RESIZE: 'reverting',
  MIGRATING: 'migrating',
  PASSWORD: 'active',
  PAUSED: 'paused',
  SUSPENDED: 'suspended',
  RESCUE: 'rescued',
  SHELVED: 'shelved',
  SHELVED_OFFLOADED: 'shelved',
  ERROR: 'error',
  DELETED: 'deleted',
  SOFT_DELETED: 'deleted',
  UNKNOWN: 'unknown',
} as const;

/** Tasks more precise than the status, by name or, with `*`, by its beginning. The first match wins. */
export const STATE_OF_TASK = {
  'powering-off': 'stopping',
  'powering-on': 'starting',
  deleting: 'deleting',
  'soft-deleting': 'deleting',
  restoring: 'restoring',
  pausing: 'pausing',
  unpausing: 'unpausing',
  suspending: 'suspending',
  resuming: 'resuming',
  'shelving*': 'shelving',
  unshelving: 'unshelving',
  rescuing: 'rescuing',
  unrescuing: 'unrescuing',
  'rebuild*': 'rebuilding',
  resize_reverting: 'reverting',
  'resize_*': 'resizing',
  'image_*': 'snapshotting',
  migrating: 'migrating',
  'reboot*': 'rebooting',
} as const;
const TASK_PATTERNS = Object.entries(STATE_OF_TASK);

export type InstanceStatus = keyof typeof STATE_OF_STATUS;
export type InstanceState =
  | (typeof STATE_OF_STATUS)[InstanceStatus]
  | (typeof STATE_OF_TASK)[keyof typeof STATE_OF_TASK];

/** Statuses that a list can be filtered by. */
export const INSTANCE_STATUSES = Object.keys(STATE_OF_STATUS) as InstanceStatus[];

/**
 * @param status Nova's `status`, in capitals.
 * @param task Nova's `OS-EXT-STS:task_state`, null without one.
 */
export function stateOf(status: string, task: string | null): InstanceState {
  // A task that no state names leaves the status as it is.
  if (task === 'spawning' && status.startsWith('SHELVED')) return 'unshelving';
  const inFlight = TASK_PATTERNS.find(([name]) =>
    name.endsWith('*') ? task?.startsWith(name.slice(0, -1)) : task === name,
  );
  if (inFlight !== undefined) return inFlight[1];
  if (Object.hasOwn(STATE_OF_STATUS, status)) return STATE_OF_STATUS[status as InstanceStatus];
  return 'unknown';
}

/** Maximum age of data that contains an instance in a transitional state. */
export const TRANSITIONAL_MAX_AGE_MS = 1_000;

/** States that end by themselves. */
const TRANSITIONAL_STATES: ReadonlySet<InstanceState> = new Set<InstanceState>([
  'provisioning',
  ...Object.values(STATE_OF_TASK),
]);

export function isTransitional(state: InstanceState): boolean {
  return TRANSITIONAL_STATES.has(state);
}

const STATES: ReadonlySet<string> = new Set([
  ...Object.values(STATE_OF_STATUS),
  ...Object.values(STATE_OF_TASK),
]);

/** The state as another redu API names it; an unknown one follows the status. */
export function stateFrom(word: string, status: string): InstanceState {
  return STATES.has(word) ? (word as InstanceState) : stateOf(status, null);
}
