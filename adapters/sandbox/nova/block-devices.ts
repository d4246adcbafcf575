/** @module What a server has of Cinder: the volumes it boots from and those attached later. */

import { addVolume } from '../cinder/create-volume.ts';
import { change, destroyVolume } from '../cinder/lifecycle.ts';
import type { Source, Volume } from '../cinder/model.ts';
import type { Cloud } from '../cloud.ts';
import { sees } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { type Fields, isFields, parseJson } from '../http.ts';
import type { NovaCall } from './call.ts';
import { badRequest } from './faults.ts';
import type { BlockDevice, Server } from './model.ts';

/** The devices of a server that are volumes, of the request or of the image, checked. @throws Fault 400 */
export function wantedDevices(call: NovaCall, given: Fields, image: Image | null): BlockDevice[] {
  const ofImage = parseJson(image?.properties.block_device_mapping ?? '[]');
  const all = [given.block_device_mapping_v2 ?? [], ofImage].flat().filter(isFields);
  const mappings = all.filter((mapping) => destinationOf(mapping) === 'volume');
  if (image === null && !mappings.some((mapping) => Number(mapping.boot_index) === 0)) {
    throw badRequest(
      'Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.',
    );
  }
  const devices: BlockDevice[] = [];
  for (const mapping of mappings) {
    const bootIndex = typeof mapping.boot_index === 'number' ? mapping.boot_index : null;
    devices.push({
      id: crypto.randomUUID(),
      attachmentId: crypto.randomUUID(),
      device: bootIndex === 0 ? '/dev/sda' : freeName(devices),
      bootIndex,
      deleteOnTermination: mapping.delete_on_termination === true,
      tag: typeof mapping.tag === 'string' ? mapping.tag : null,
      ...contentOf(call, mapping, bootIndex),
    });
  }
  return devices;
}

function destinationOf({ destination_type, source_type = 'volume' }: Fields): unknown {
  return destination_type ?? (source_type === 'volume' || source_type === 'snapshot' ? 'volume' : 'local');
}

type Content = Pick<BlockDevice, 'volumeId' | 'content'>;

/** A volume that exists, or what the boot makes one of. */
function contentOf(call: NovaCall, mapping: Fields, bootIndex: number | null): Content {
  const { source_type: type = 'volume', volume_size: size } = mapping;
  const id = String(mapping.uuid ?? mapping.snapshot_id ?? '');
  const fresh = (source: Source, sizeGiB: unknown): Content => ({
    volumeId: null,
    content: { ...source, sizeGiB: Number(sizeGiB) },
  });
  const missing = () => badRequest(`Block Device Mapping is Invalid: failed to get ${type} ${id}.`);
  const { volumes, snapshots } = call.cloud.blockStorage;
  if (type === 'blank') {
    if (size) return fresh({}, size);
    throw badRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size");
  }
  if (type === 'image') {
    const image = call.cloud.images.get(id);
    if (!image || !sees(call.principal, image)) throw missing();
    if (!size)
      throw badRequest("Images with destination_type 'volume' need to have a non-zero size specified");
    return fresh({ image }, size);
  }
  const found = (type === 'snapshot' ? snapshots : volumes).get(id);
  if (found?.projectId !== call.principal.projectId) throw missing();
  if (type === 'snapshot') {
    const { bootable = false, imageMetadata = null } =
      volumes.get((found as { volumeId?: string }).volumeId ?? '') ?? {};
    return fresh({ snapshotId: id, bootable, imageMetadata }, size ?? found.sizeGiB);
  }
  const volume = found as Volume;
  if (bootIndex === 0 && !volume.bootable) throw badRequest(`Block Device ${id} is not bootable.`);
  requireAvailable(volume);
  return { volumeId: id, content: null };
}

/** @throws Fault 400 as Nova passes Cinder's refusal on */
export function requireAvailable(volume: Volume): void {
  if (volume.status === 'available') return;
  throw invalidVolume(
    `Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${volume.status}.`,
  );
}

/** Cinder's refusal as Nova prints it. */
export function invalidVolume(reason: string) {
  const tail = `(HTTP 400) (Request-ID: req-${crypto.randomUUID()})`;
  return badRequest(`Invalid volume: Invalid input received: Invalid volume: ${reason} ${tail}`);
}

/** The next free device name; a wished one as the hypervisor names its disks. */
export function freeName(devices: readonly BlockDevice[], wish?: string): string {
  const names = devices.map(({ device }) => device);
  const name = wish?.replace(/^(\/dev\/)?[a-z]+([a-z])$/, '/dev/sd$2');
  if (name !== undefined) {
    if (names.includes(name)) throw badRequest(`The supplied device path (${name}) is in use.`);
    return name;
  }
  const letter = [...'bcdefghijklmnopqrstuvwxyz'].find((one) => !names.includes(`/dev/sd${one}`)) ?? 'z';
  return `/dev/sd${letter}`;
}

export function isVolumeBacked(server: Server): boolean {
  return server.devices.some(({ bootIndex }) => bootIndex === 0);
}

/** Takes the volumes that a new server is to have. */
export function reserve(cloud: Cloud, server: Server): void {
  for (const volume of volumesOf(cloud, server)) change(cloud, volume, { status: 'reserved' });
}

/** Makes the volumes of a boot. @throws Fault 413 of Cinder */
export function makeVolumes(cloud: Cloud, server: Server): void {
  for (const device of server.devices) {
    if (device.content === null) continue;
    const isBlank = !device.content.image && !device.content.snapshotId;
    const name = isBlank ? `${server.id}-blank-vol` : '';
    device.volumeId = addVolume(cloud, server, { ...device.content, name, description: '' }).id;
    device.content = null;
  }
}

export function attachVolumes(cloud: Cloud, server: Server): void {
  for (const device of server.devices) attachVolume(cloud, server, device);
}

/** The end of an attachment: the volume is in use. */
export function attachVolume(cloud: Cloud, server: Server, device: BlockDevice): void {
  const volume = cloud.blockStorage.volumes.get(device.volumeId ?? '');
  if (!volume) return;
  const attachment = {
    id: device.attachmentId,
    serverId: server.id,
    device: device.device,
    attachedAt: cloud.timeline.now(),
  };
  change(cloud, volume, { status: 'in-use', attachments: [attachment] });
}

/** Gives a volume back; when its server has gone, deletes it if it was to go with it. */
export function release(cloud: Cloud, server: Server, device: BlockDevice, isGone: boolean): void {
  server.devices = server.devices.filter((other) => other !== device);
  const volume = cloud.blockStorage.volumes.get(device.volumeId ?? '');
  if (!volume) return;
  change(cloud, volume, { status: 'available', attachments: [] });
  if (isGone && device.deleteOnTermination) destroyVolume(cloud, volume);
}

export function releaseAll(cloud: Cloud, server: Server): void {
  for (const device of server.devices) release(cloud, server, device, true);
}

function volumesOf(cloud: Cloud, server: Server): Volume[] {
  return server.devices.flatMap(({ volumeId }) => cloud.blockStorage.volumes.get(volumeId ?? '') ?? []);
}

/** The volume a server boots from. */
export function rootVolume(cloud: Cloud, server: Server): Volume | undefined {
  const root = server.devices.find(({ bootIndex }) => bootIndex === 0);
  return cloud.blockStorage.volumes.get(root?.volumeId ?? '');
}
