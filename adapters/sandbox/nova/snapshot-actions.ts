/** @module Actions that make an image of a server: snapshots, and shelving, which also takes it off its host. */

import { addSnapshot } from '../cinder/snapshots.ts';
import { newImage } from '../glance/model.ts';
import { empty, type Fields, json } from '../http.ts';
import { begin } from './begin.ts';
import { isVolumeBacked } from './block-devices.ts';
import { adminOnly, type NovaCall } from './call.ts';
import { badRequest } from './faults.ts';
import { change, POWER, runTask, type Stage } from './lifecycle.ts';
import type { Server } from './model.ts';
import { requireMetadataRoom } from './quotas.ts';

const IMAGED = ['active', 'stopped', 'paused', 'suspended'];

/** A snapshot: the image exists immediately as queued, and is active when the task ends. */
export function createImage(call: NovaCall, server: Server, given: Fields): Response {
  const tasks = ['image_snapshot', 'image_snapshot_pending', 'image_uploading'];
  return makeImage(call, server, given, { what: 'createImage', tasks, properties: {} });
}

/** A snapshot that replaces the oldest of its type: so many are retained as `rotation` has, with 0 not even the new one. */
export function createBackup(call: NovaCall, server: Server, given: Fields): Response {
  if (isVolumeBacked(server)) throw badRequest('Backup is not supported for volume-backed instances.');
  const properties = { image_type: 'backup', backup_type: String(given.backup_type) };
  const tasks = ['image_backup', 'image_pending_upload', 'image_uploading'];
  return makeImage(call, server, given, { what: 'createBackup', tasks, properties }, () => {
    const ofThatType = [...call.cloud.images.values()]
      .filter(
        (image) =>
          image.properties.instance_uuid === server.id &&
          image.properties.image_type === 'backup' &&
          image.properties.backup_type === properties.backup_type,
      )
      .reverse();
    for (const { id } of ofThatType.slice(Number(given.rotation))) call.cloud.images.delete(id);
  });
}

interface ImageKind {
  readonly what: string;
  readonly tasks: readonly string[];
  readonly properties: Record<string, string>;
}

function makeImage(
  call: NovaCall,
  server: Server,
  given: Fields,
  { what, tasks, properties }: ImageKind,
  end: () => void = () => {},
): Response {
  const { cloud } = call;
  const metadata = (given.metadata ?? {}) as Record<string, string>;
  requireMetadataRoom(cloud, server.projectId, metadata);
  let imageId = '';
  if (isVolumeBacked(server)) return imageOfVolumes(call, server, String(given.name), metadata);
  const [begun = '', pending = '', uploading = ''] = tasks;
  const stages: Stage[] = [
    [0.2, begun],
    [0.2, pending],
    [0.4, uploading, () => save(call, imageId)],
  ];
  begin(call, server, { what, states: IMAGED, despiteLock: true }, stages, () => {
    activate(call, imageId);
    change(cloud, server, { taskState: null });
    end();
  });
  imageId = queueImage(call, server, String(given.name), { ...metadata, ...properties });
  return imageReply(call, imageId);
}

function imageReply(call: NovaCall, imageId: string): Response {
  const { cloud } = call;
  if (call.minor >= 45) return json(202, { image_id: imageId });
  // Two slashes, as Nova prints it.
  return empty(202, {
    Location: `${cloud.baseUrl}/image//images/${imageId}`,
    'Content-Type': 'text/html; charset=UTF-8',
  });
}

/** An image without data that names snapshots of the volumes. */
function imageOfVolumes(
  call: NovaCall,
  server: Server,
  name: string,
  metadata: Record<string, string>,
): Response {
  const { cloud } = call;
  const rule = { what: 'createImage', states: IMAGED, despiteLock: true };
  begin(call, server, rule, [[0, 'image_snapshot_pending']], () =>
    change(cloud, server, { taskState: null }),
  );
  const mappings = server.devices.flatMap((device) => {
    const volume = cloud.blockStorage.volumes.get(device.volumeId ?? '');
    if (!volume) return [];
    const snapshot = addSnapshot(cloud, volume, `snapshot for ${name}`, null);
    return {
      boot_index: device.bootIndex,
      source_type: 'snapshot',
      destination_type: 'volume',
      snapshot_id: snapshot.id,
      volume_size: volume.sizeGiB,
      device_name: device.device,
      delete_on_termination: false,
    };
  });
  const mapping = {
    bdm_v2: 'True',
    block_device_mapping: JSON.stringify(mappings),
    root_device_name: '/dev/sda',
  };
  const imageId = queueImage(call, server, name, { ...metadata, ...mapping });
  const image = cloud.images.get(imageId);
  if (image) {
    Object.assign(image, { status: 'active', size: 0 });
    for (const name of ['image_type', 'instance_uuid', 'user_id']) delete image.properties[name];
  }
  return imageReply(call, imageId);
}

function queueImage(call: NovaCall, server: Server, name: string, metadata: Record<string, string>): string {
  const { cloud } = call;
  const base = cloud.images.get(server.imageId ?? '');
  const { identity } = cloud;
  const image = newImage({
    name,
    owner: server.projectId,
    createdAt: cloud.timeline.now(),
    status: 'queued',
    visibility: 'private',
    diskFormat: null,
    containerFormat: null,
    size: null,
    minDisk: server.flavor.diskGiB,
    minRam: base?.minRam ?? 0,
    properties: {
      ...base?.properties,
      base_image_ref: base?.properties.base_image_ref ?? server.imageId ?? '',
      owner_user_name: identity.users.get(call.principal.userId)?.name ?? '',
      owner_project_name: identity.projects.get(server.projectId)?.name ?? '',
      boot_roles: call.principal.roles.join(','),
      instance_uuid: server.id,
      user_id: call.principal.userId,
      image_type: 'snapshot',
      ...metadata,
    },
  });
  cloud.images.set(image.id, image);
  return image.id;
}

function save(call: NovaCall, imageId: string): void {
  const image = call.cloud.images.get(imageId);
  if (image) image.status = 'saving';
}

function activate(call: NovaCall, imageId: string): void {
  const image = call.cloud.images.get(imageId);
  const stored = { status: 'active', size: 65536, diskFormat: 'raw', containerFormat: 'bare' };
  if (image) Object.assign(image, { ...stored, updatedAt: call.cloud.timeline.now() });
}

/** Stores the server as an image and frees its host. Its ports and addresses stay. */
export function shelve(call: NovaCall, server: Server): undefined {
  const { cloud } = call;
  let imageId = '';
  if (isVolumeBacked(server)) {
    return begin(call, server, { what: 'shelve', states: IMAGED }, [[0.2, 'shelving']], () => {
      change(cloud, server, { powerState: POWER.shutdown });
      offload(call, server);
    });
  }
  const stages: Stage[] = [
    [0.2, 'shelving'],
    [0.2, 'shelving_image_uploading', () => save(call, imageId)],
  ];
  begin(call, server, { what: 'shelve', states: IMAGED }, stages, () => {
    activate(call, imageId);
    change(cloud, server, { vmState: 'shelved', shelvedImageId: imageId, powerState: POWER.shutdown });
    offload(call, server);
  });
  imageId = queueImage(call, server, `${server.name}-shelved`, {});
  return undefined;
}

/** Takes a shelved server off its host; the sandbox also does that unasked, as Nova by default. */
export function shelveOffload(call: NovaCall, server: Server): undefined {
  adminOnly(call, 'os-shelve:shelve_offload');
  return begin(call, server, { what: 'shelveOffload', states: ['shelved'] }, [], () => offload(call, server));
}

function offload(call: NovaCall, server: Server): void {
  runTask(call.cloud, server, [[0.1, 'shelving_offloading']], () =>
    change(call.cloud, server, { vmState: 'shelved_offloaded', taskState: null, host: null, zone: '' }),
  );
}

/** Restores a shelved server and deletes its image. */
export function unshelve(call: NovaCall, server: Server): undefined {
  const { cloud } = call;
  const rule = { what: 'unshelve', states: ['shelved', 'shelved_offloaded'] };
  const stages: Stage[] = [
    [0.2, 'unshelving'],
    [0.4, 'spawning'],
  ];
  return begin(call, server, rule, stages, () => {
    if (server.shelvedImageId) cloud.images.delete(server.shelvedImageId);
    const place = { host: cloud.compute.host.name, zone: 'nova', launchedAt: cloud.timeline.now() };
    const running = { vmState: 'active', taskState: null, powerState: POWER.running };
    change(cloud, server, { ...place, ...running, shelvedImageId: null });
  });
}
