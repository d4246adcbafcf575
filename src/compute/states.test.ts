import { describe, expect, test } from 'vitest';
import { INSTANCE_STATUSES, stateOf } from './states.ts';

describe('state', () => {
  test.each([
    ['ACTIVE', null, 'active'],
    ['SHUTOFF', null, 'stopped'],
    ['BUILD', 'spawning', 'provisioning'],
    ['REBOOT', 'rebooting', 'rebooting'],
    ['HARD_REBOOT', 'rebooting_hard', 'rebooting'],
    ['REBUILD', 'rebuilding', 'rebuilding'],
    ['RESIZE', 'resize_prep', 'resizing'],
    ['VERIFY_RESIZE', null, 'resized'],
    ['REVERT_RESIZE', 'resize_reverting', 'reverting'],
    ['MIGRATING', 'migrating', 'migrating'],
    ['PASSWORD', 'updating_password', 'active'],
    ['PAUSED', null, 'paused'],
    ['SUSPENDED', null, 'suspended'],
    ['RESCUE', null, 'rescued'],
    ['SHELVED', 'shelving_offloading', 'shelving'],
    ['SHELVED_OFFLOADED', null, 'shelved'],
    ['ERROR', null, 'error'],
    ['DELETED', null, 'deleted'],
    ['SOFT_DELETED', null, 'deleted'],
    ['UNKNOWN', null, 'unknown'],
    ['A_WORD_OF_TOMORROW', null, 'unknown'],
    ['constructor', null, 'unknown'],
    ['ACTIVE', 'powering-off', 'stopping'],
    ['SHUTOFF', 'powering-on', 'starting'],
    ['ACTIVE', 'deleting', 'deleting'],
    ['ERROR', 'deleting', 'deleting'],
    ['ACTIVE', 'soft-deleting', 'deleting'],
    ['ACTIVE', 'image_uploading', 'snapshotting'],
    ['SHUTOFF', 'image_snapshot_pending', 'snapshotting'],
    ['ACTIVE', 'shelving_image_pending_upload', 'shelving'],
    ['SHELVED_OFFLOADED', 'unshelving', 'unshelving'],
    ['SHELVED_OFFLOADED', 'spawning', 'unshelving'],
    ['SHELVED', 'spawning', 'unshelving'],
    ['ACTIVE', 'pausing', 'pausing'],
    ['PAUSED', 'unpausing', 'unpausing'],
    ['ACTIVE', 'suspending', 'suspending'],
    ['SUSPENDED', 'resuming', 'resuming'],
    ['ACTIVE', 'rescuing', 'rescuing'],
    ['RESCUE', 'unrescuing', 'unrescuing'],
    ['SHUTOFF', 'rebuild_block_device_mapping', 'rebuilding'],
    ['VERIFY_RESIZE', 'resize_confirming', 'resizing'],
    ['ACTIVE', 'migrating', 'migrating'],
    ['PAUSED', 'reboot_pending_hard', 'rebooting'],
    ['SOFT_DELETED', 'restoring', 'restoring'],
    ['ACTIVE', 'a_task_of_tomorrow', 'active'],
    ['ACTIVE', 'constructor', 'active'],
  ])('status %s with task %s is %s', (status, task, state) => {
    expect(stateOf(status, task)).toBe(state);
  });

  test('every status that lists can be filtered by has a state', () => {
    expect(INSTANCE_STATUSES.filter((status) => stateOf(status, null) === 'unknown')).toEqual(['UNKNOWN']);
  });
});
