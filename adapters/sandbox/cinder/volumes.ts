/** @module Volumes: list, show, change, extend, delete. */

import type { Cloud } from '../cloud.ts';
import { empty, type Fields, isFields, json, own, parseJson } from '../http.ts';
import { badRequest } from '../nova/faults.ts';
import { enveloped } from '../nova/schemas.ts';
import { microseconds } from '../timeline.ts';
import { bodyOf, type CinderCall, findVolume, pageReply, SIZE, TEXT, textOf } from './call.ts';
import { change, destroyVolume, pass, snapshotsOf } from './lifecycle.ts';
import { DEFAULT_TYPE, type Volume } from './model.ts';
import { requireRoom } from './quotas.ts';

const VOLUME_CHANGES = enveloped('volume', {
  type: 'object',
  properties: {
    name: TEXT,
    description: TEXT,
    display_name: TEXT,
    display_description: TEXT,
    metadata: { type: ['object', 'null'] },
  },
  closed: true,
});

/** As POST and PUT show it. */
export function volumeView(cloud: Cloud, volume: Volume): Fields {
  const base = `${cloud.baseUrl}/volume`;
  const path = `${volume.projectId}/volumes/${volume.id}`;
  return {
    id: volume.id,
    status: volume.status,
    size: volume.sizeGiB,
    availability_zone: 'nova',
    created_at: microseconds(volume.createdAt),
    updated_at: volume.updatedAt === null ? null : microseconds(volume.updatedAt),
    name: volume.name,
    description: volume.description,
    volume_type: DEFAULT_TYPE,
    snapshot_id: volume.snapshotId,
    source_volid: volume.sourceId,
    metadata: volume.metadata,
    links: [
      { rel: 'self', href: `${base}/v3/${path}` },
      { rel: 'bookmark', href: `${base}/${path}` },
    ],
    user_id: volume.userId,
    bootable: String(volume.bootable),
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: false,
    attachments: volume.attachments.map((attachment) => ({
      id: volume.id,
      attachment_id: attachment.id,
      volume_id: volume.id,
      server_id: attachment.serverId,
      host_name: null,
      device: attachment.device,
      attached_at: microseconds(attachment.attachedAt),
    })),
  };
}

/** As GET shows it; POST and PUT lack what extensions add. */
function extendedView(cloud: Cloud, volume: Volume): Fields {
  return {
    ...volumeView(cloud, volume),
    'os-vol-tenant-attr:tenant_id': volume.projectId,
    ...(volume.imageMetadata && { volume_image_metadata: volume.imageMetadata }),
  };
}

/** GET /volumes */
export function listVolumes(call: CinderCall): Response {
  return pageReply(call, 'volumes', 'Volume', call.cloud.blockStorage.volumes.values(), (volume) => {
    const { id: volumeId, name, links } = volumeView(call.cloud, volume);
    return { id: volumeId, name, links };
  });
}

/** GET /volumes/detail */
export function listVolumesWithDetail(call: CinderCall): Response {
  const { cloud } = call;
  return pageReply(call, 'volumes', 'Volume', cloud.blockStorage.volumes.values(), (volume) =>
    extendedView(cloud, volume),
  );
}

/** GET /volumes/{id} */
export function showVolume(call: CinderCall, volumeId: string): Response {
  return json(200, { volume: extendedView(call.cloud, findVolume(call, volumeId)) });
}

/** PUT /volumes/{id} */
export function updateVolume(call: CinderCall, volumeId: string): Response {
  const given = bodyOf(call, VOLUME_CHANGES, 'volume');
  const volume = findVolume(call, volumeId);
  const { name = given.display_name, description = given.display_description } = given;
  change(call.cloud, volume, {
    ...(name !== undefined && { name: textOf(name) }),
    ...(description !== undefined && { description: textOf(description) }),
  });
  return json(200, { volume: volumeView(call.cloud, volume) });
}

const DELETABLE = ['available', 'error', 'error_restoring', 'error_extending', 'error_managing'];

/** DELETE /volumes/{id} */
export function deleteVolume(call: CinderCall, volumeId: string): Response {
  const { cloud } = call;
  const volume = findVolume(call, volumeId);
  if (!DELETABLE.includes(volume.status) || snapshotsOf(cloud, volumeId).length > 0) {
    throw badRequest(
      `Invalid volume: Volume status must be ${DELETABLE.join(' or ')} and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.`,
    );
  }
  destroyVolume(cloud, volume);
  return empty(202, { 'Content-Type': 'text/html; charset=UTF-8' });
}

/** POST /volumes/{id}/action */
export function actOnVolume(call: CinderCall, volumeId: string): Response {
  const body = call.text === '' ? undefined : parseJson(call.text);
  const [action = ''] = isFields(body) ? Object.keys(body) : [];
  const act = own(ACTIONS, action);
  if (!act) {
    throw badRequest(
      `There is no such action: ${action}. Verify the request body and Content-Type header and try again.`,
    );
  }
  act(call, volumeId);
  return empty(202, { 'Content-Type': 'application/json' });
}

const ACTIONS: Record<string, (call: CinderCall, volumeId: string) => void> = {
  'os-extend': extend,
  'os-set_bootable': (call, volumeId) => {
    const schema = enveloped('os-set_bootable', {
      type: 'object',
      properties: { bootable: {} },
      required: ['bootable'],
    });
    const given = bodyOf(call, schema, 'os-set_bootable');
    change(call.cloud, findVolume(call, volumeId), { bootable: /^true$/i.test(String(given.bootable)) });
  },
};

/** One that is in use grows from 3.42 on. */
function extend(call: CinderCall, volumeId: string): void {
  const { cloud } = call;
  const properties = { new_size: SIZE };
  const schema = enveloped('os-extend', { type: 'object', properties, required: ['new_size'], closed: true });
  const sizeGiB = Number(bodyOf(call, schema, 'os-extend').new_size);
  const volume = findVolume(call, volumeId);
  const states = call.minor >= 42 ? ['available', 'in-use'] : ['available'];
  if (sizeGiB <= volume.sizeGiB) {
    throw badRequest(
      `Invalid input received: New size for extend must be greater than current size. (current: ${volume.sizeGiB}, extended: ${sizeGiB}).`,
    );
  }
  const before = volume.status;
  if (!states.includes(before)) {
    const wanted = call.minor >= 42 ? "'in-use' or 'available'" : "'{'status': 'available'}'";
    throw badRequest(
      `Invalid volume: Volume ${volumeId} status must be ${wanted} to extend, currently ${before}.`,
    );
  }
  requireRoom(cloud, volume.projectId, sizeGiB - volume.sizeGiB);
  pass(cloud, volume, 0.1, 'extending', () => change(cloud, volume, { status: before, sizeGiB }));
}
