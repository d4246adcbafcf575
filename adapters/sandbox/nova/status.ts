/** @module From vm_state and task_state to the status word, as nova.api.openstack.common has it. */

import type { Server } from './model.ts';

const DEFAULTS: Record<string, string> = {
  active: 'ACTIVE',
  building: 'BUILD',
  stopped: 'SHUTOFF',
  resized: 'VERIFY_RESIZE',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  rescued: 'RESCUE',
  error: 'ERROR',
  deleted: 'DELETED',
  'soft-delete': 'SOFT_DELETED',
  shelved: 'SHELVED',
  shelved_offloaded: 'SHELVED_OFFLOADED',
};

const RESIZING = ['resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish'];
const REBUILDING = ['rebuilding', 'rebuild_block_device_mapping', 'rebuild_spawning'];
const REBOOTING = ['rebooting', 'reboot_pending', 'reboot_started'];
const REBOOTING_HARD = ['rebooting_hard', 'reboot_pending_hard', 'reboot_started_hard'];

/** The status word of a server. */
export function statusOf(server: Server): string {
  const { vmState, taskState } = server;
  if (taskState) {
    if (REBUILDING.includes(taskState) && ['active', 'stopped', 'error'].includes(vmState)) return 'REBUILD';
    if (RESIZING.includes(taskState) && ['active', 'stopped'].includes(vmState)) return 'RESIZE';
    if (REBOOTING.includes(taskState) && vmState === 'active') return 'REBOOT';
    if (REBOOTING_HARD.includes(taskState)) return 'HARD_REBOOT';
    if (taskState === 'updating_password' && vmState === 'active') return 'PASSWORD';
    if (taskState === 'resize_reverting' && vmState === 'resized') return 'REVERT_RESIZE';
  }
  return DEFAULTS[vmState] ?? 'UNKNOWN';
}

/** The word a server would have without a task; a filter by it finds the server during the task too. */
export function statusAtRest(server: Server): string {
  return DEFAULTS[server.vmState] ?? 'UNKNOWN';
}

/** All words a filter may name. */
export const STATUSES = new Set([
  ...Object.values(DEFAULTS),
  'REBUILD',
  'RESIZE',
  'REBOOT',
  'HARD_REBOOT',
  'PASSWORD',
  'REVERT_RESIZE',
  'MIGRATING',
]);
