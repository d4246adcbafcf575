/** @module os-volume_attachments: the volumes of a server, attached and detached while it exists. */

import { findVolume } from '../cinder/call.ts';
import { change } from '../cinder/lifecycle.ts';
import { empty, type Fields, json } from '../http.ts';
import { attachVolume, freeName, invalidVolume, release, requireAvailable } from './block-devices.ts';
import { bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, conflict, notFound } from './faults.ts';
import { findServer, refuseLocked, requireState } from './find-server.ts';
import { noteAction, noteEnd } from './lifecycle.ts';
import type { BlockDevice, Server } from './model.ts';
import type { Schema } from './schema.ts';
import { enveloped } from './schemas.ts';

const SHELVED = ['shelved', 'shelved_offloaded'];
const ATTACHABLE = ['active', 'paused', 'stopped', 'resized', 'soft-delete', ...SHELVED];
const DETACHABLE = [...ATTACHABLE, 'suspended'];

/** GET /servers/{id}/os-volume_attachments */
export function listAttachments(call: NovaCall, id: string): Response {
  const server = findServer(call, id);
  const attached = server.devices.filter(({ volumeId }) => volumeId !== null);
  return json(200, { volumeAttachments: attached.map((device) => view(call, server, device)) });
}

/** GET /servers/{id}/os-volume_attachments/{volume} */
export function showAttachment(call: NovaCall, id: string, volumeId: string): Response {
  const server = findServer(call, id);
  return json(200, { volumeAttachment: view(call, server, deviceOf(server, volumeId)) });
}

function view({ minor }: NovaCall, server: Server, device: BlockDevice): Fields {
  const { volumeId } = device;
  return {
    ...(minor < 89 && { id: volumeId }),
    volumeId,
    serverId: server.id,
    device: device.device,
    ...(minor >= 70 && { tag: device.tag }),
    ...(minor >= 79 && { delete_on_termination: device.deleteOnTermination }),
    ...(minor >= 89 && { attachment_id: device.attachmentId, bdm_uuid: device.id }),
  };
}

function deviceOf(server: Server, volumeId: string): BlockDevice {
  const device = server.devices.find((candidate) => candidate.volumeId === volumeId);
  if (!device) throw notFound(`Instance ${server.id} is not attached to volume ${volumeId}`);
  return device;
}

function attachmentSchema(minor: number): Schema {
  return enveloped('volumeAttachment', {
    type: 'object',
    properties: {
      volumeId: { type: 'string', format: 'uuid' },
      device: { type: ['string', 'null'], pattern: '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$' },
      ...(minor >= 49 && { tag: { type: 'string', minLength: 1, maxLength: 60 } }),
      ...(minor >= 79 && { delete_on_termination: { type: 'boolean' } }),
    },
    required: ['volumeId'],
    closed: true,
  });
}

/** POST /servers/{id}/os-volume_attachments; in use some time after the response. */
export function createAttachment(call: NovaCall, id: string): Response {
  const { cloud, minor } = call;
  const given = inner(bodyOf(call, attachmentSchema(minor)), 'volumeAttachment');
  const server = findServer(call, id);
  const volume = findVolume(call, String(given.volumeId));
  refuseLocked(call, server);
  requireState(server, 'attach_volume', ATTACHABLE);
  const holders = [...cloud.compute.servers.values()].filter(
    (other) => other.deletedAt === null && other.devices.some((device) => device.volumeId === volume.id),
  );
  if (holders.length > 0) {
    const ids = holders.map((holder) => holder.id).join(', ');
    throw badRequest(`Invalid volume: volume ${volume.id} is already attached to instances: ${ids}`);
  }
  requireAvailable(volume);
  const device: BlockDevice = {
    id: crypto.randomUUID(),
    attachmentId: crypto.randomUUID(),
    volumeId: volume.id,
    content: null,
    device: freeName(server.devices, typeof given.device === 'string' ? given.device : undefined),
    bootIndex: null,
    deleteOnTermination: given.delete_on_termination === true,
    tag: typeof given.tag === 'string' ? given.tag : null,
  };
  server.devices = [...server.devices, device];
  noteAction(cloud, server, 'attach_volume', call.requestId, call.principal.userId);
  change(cloud, volume, { status: 'reserved' });
  cloud.timeline.after(0.2 * cloud.bootMilliseconds, () => {
    if (server.devices.includes(device) && volume.status === 'reserved') attachVolume(cloud, server, device);
    noteEnd(cloud, server);
  });
  if (minor >= 101) return empty(202, { 'Content-Type': 'application/json' });
  return json(200, { volumeAttachment: { id: volume.id, ...view(call, server, device) } });
}

/** DELETE /servers/{id}/os-volume_attachments/{volume}; detached some time after the response. */
export function deleteAttachment(call: NovaCall, id: string, volumeId: string): Response {
  const { cloud } = call;
  const server = findServer(call, id);
  if (SHELVED.includes(server.vmState) && call.minor < 20)
    throw conflict(`Cannot 'detach_volume' instance ${id} while it is in vm_state ${server.vmState}`);
  const volume = findVolume(call, volumeId);
  const device = deviceOf(server, volumeId);
  if (device.bootIndex === 0) throw badRequest('Cannot detach a root device volume');
  refuseLocked(call, server);
  requireState(server, 'detach_volume', DETACHABLE);
  if (volume.status !== 'in-use') {
    throw invalidVolume(
      "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
    );
  }
  noteAction(cloud, server, 'detach_volume', call.requestId, call.principal.userId);
  change(cloud, volume, { status: 'detaching' });
  cloud.timeline.after(0.2 * cloud.bootMilliseconds, () => {
    if (server.devices.includes(device)) release(cloud, server, device, false);
    noteEnd(cloud, server);
  });
  return empty(202, { 'Content-Type': 'application/json' });
}
