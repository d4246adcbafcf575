/** @module Snapshots of volumes. */

import type { Cloud } from '../cloud.ts';
import { empty, type Fields, isFields, json } from '../http.ts';
import { badRequest } from '../nova/faults.ts';
import type { Schema } from '../nova/schema.ts';
import { enveloped } from '../nova/schemas.ts';
import { microseconds } from '../timeline.ts';
import { bodyOf, type CinderCall, findOwn, findVolume, pageReply, TEXT, textOf } from './call.ts';
import { change, pass } from './lifecycle.ts';
import type { Snapshot, Volume } from './model.ts';
import { requireRoom } from './quotas.ts';

const NEW_SNAPSHOT: Schema = {
  type: 'object',
  properties: {
    snapshot: {
      type: 'object',
      properties: {
        volume_id: { anyOf: [{ type: 'string', format: 'uuid' }] },
        name: TEXT,
        description: TEXT,
        metadata: { type: ['object', 'null'] },
      },
      required: ['volume_id'],
    },
  },
  required: ['snapshot'],
};
const SNAPSHOT_CHANGES = enveloped('snapshot', {
  type: 'object',
  properties: { name: TEXT, description: TEXT },
});

const find = (call: CinderCall, id: string): Snapshot =>
  findOwn(call, call.cloud.blockStorage.snapshots, id, 'Snapshot');

function view(snapshot: Snapshot): Fields {
  return {
    id: snapshot.id,
    created_at: microseconds(snapshot.createdAt),
    updated_at: snapshot.updatedAt === null ? null : microseconds(snapshot.updatedAt),
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volumeId,
    status: snapshot.status,
    size: snapshot.sizeGiB,
    metadata: snapshot.metadata,
  };
}

function extendedView(snapshot: Snapshot): Fields {
  return {
    ...view(snapshot),
    'os-extended-snapshot-attributes:project_id': snapshot.projectId,
    'os-extended-snapshot-attributes:progress': snapshot.status === 'creating' ? '0%' : '100%',
  };
}

/** GET /snapshots */
export function listSnapshots(call: CinderCall): Response {
  return pageReply(call, 'snapshots', 'Snapshot', call.cloud.blockStorage.snapshots.values(), view);
}

/** GET /snapshots/detail */
export function listSnapshotsWithDetail(call: CinderCall): Response {
  return pageReply(call, 'snapshots', 'Snapshot', call.cloud.blockStorage.snapshots.values(), extendedView);
}

/** GET /snapshots/{id} */
export function showSnapshot(call: CinderCall, id: string): Response {
  return json(200, { snapshot: extendedView(find(call, id)) });
}

/** POST /snapshots; of a volume in use only with `force`, from 3.66 on always. */
export function createSnapshot(call: CinderCall): Response {
  const given = bodyOf(call, NEW_SNAPSHOT, 'snapshot');
  const volume = findVolume(call, String(given.volume_id));
  const isForced = call.minor >= 66 || /^(true|1|yes|on)$/i.test(String(given.force));
  const states = isForced ? ['available', 'in-use'] : ['available'];
  if (!states.includes(volume.status)) {
    throw badRequest(
      `Invalid volume: Volume ${volume.id} status must be ${states.join(' or ')}, but current status is: ${volume.status}.`,
    );
  }
  const snapshot = addSnapshot(call.cloud, volume, textOf(given.name), textOf(given.description));
  snapshot.metadata = isFields(given.metadata) ? given.metadata : {};
  return json(202, { snapshot: view(snapshot) });
}

/** Makes a snapshot, `creating` and then `available`. @throws Fault 413 */
export function addSnapshot(
  cloud: Cloud,
  volume: Volume,
  name: string | null,
  description: string | null,
): Snapshot {
  requireRoom(cloud, volume.projectId, volume.sizeGiB, 'snapshots');
  const snapshot: Snapshot = {
    id: crypto.randomUUID(),
    projectId: volume.projectId,
    volumeId: volume.id,
    name,
    description,
    sizeGiB: volume.sizeGiB,
    status: 'creating',
    metadata: {},
    createdAt: cloud.timeline.now(),
    updatedAt: null,
  };
  cloud.blockStorage.snapshots.set(snapshot.id, snapshot);
  cloud.timeline.after(0.1 * cloud.bootMilliseconds, () => {
    if (snapshot.status === 'creating') change(cloud, snapshot, { status: 'available' });
  });
  return snapshot;
}

/** PUT /snapshots/{id} */
export function updateSnapshot(call: CinderCall, id: string): Response {
  const given = bodyOf(call, SNAPSHOT_CHANGES, 'snapshot');
  const snapshot = find(call, id);
  change(call.cloud, snapshot, {
    ...(given.name !== undefined && { name: textOf(given.name) }),
    ...(given.description !== undefined && { description: textOf(given.description) }),
  });
  return json(200, { snapshot: view(snapshot) });
}

/** DELETE /snapshots/{id} */
export function deleteSnapshot(call: CinderCall, id: string): Response {
  const { cloud } = call;
  const snapshot = find(call, id);
  if (!['available', 'error'].includes(snapshot.status)) {
    throw badRequest(
      'Invalid snapshot: Snapshot status must be available or error and must not be part of a group.',
    );
  }
  pass(cloud, snapshot, 0.1, 'deleting', () => cloud.blockStorage.snapshots.delete(id));
  return empty(202, { 'Content-Type': 'text/html; charset=UTF-8' });
}
