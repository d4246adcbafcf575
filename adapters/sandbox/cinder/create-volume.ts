/** @module New volumes: empty, or of an image, a snapshot, another volume. */

import type { Cloud } from '../cloud.ts';
import { sees } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { type Fields, isFields, json } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { badRequest, notFound } from '../nova/faults.ts';
import type { Schema } from '../nova/schema.ts';
import { bodyOf, type CinderCall, findOwn, findVolume, SIZE, TEXT, textOf } from './call.ts';
import { change } from './lifecycle.ts';
import { DEFAULT_TYPE, type Source, type Volume } from './model.ts';
import { requireRoom } from './quotas.ts';
import { volumeView } from './volumes.ts';

const UUID_OR_NULL: Schema = { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] };
const NEW_VOLUME = {
  type: 'object',
  properties: {
    volume: {
      type: 'object',
      properties: {
        name: TEXT,
        description: TEXT,
        size: { ...SIZE, type: ['integer', 'string', 'null'] },
        volume_type: TEXT,
        availability_zone: TEXT,
        imageRef: TEXT,
        snapshot_id: UUID_OR_NULL,
        source_volid: UUID_OR_NULL,
        metadata: { type: ['object', 'null'] },
      },
    },
  },
  required: ['volume'],
} satisfies Schema;

/** POST /volumes */
export function createVolume(call: CinderCall): Response {
  const { cloud, principal } = call;
  const given = bodyOf(call, NEW_VOLUME, 'volume');
  const source = sourceOf(call, given);
  if (given.size === undefined || given.size === null) {
    if (source.sizeGiB === undefined)
      throw badRequest(
        'The server could not comply with the request since it is either malformed or otherwise incorrect.',
      );
  }
  const type = textOf(given.volume_type);
  if (type !== null && type !== DEFAULT_TYPE && type !== cloud.blockStorage.typeId)
    throw notFound(`Volume type with name ${type} could not be found.`);
  const zone = textOf(given.availability_zone);
  if (zone !== null && zone !== 'nova') throw badRequest(`Availability zone '${zone}' is invalid.`);
  const sizeGiB = Number(given.size ?? source.sizeGiB);
  if (source.sizeGiB !== undefined && sizeGiB < source.sizeGiB) {
    const of = source.snapshotId ? 'snapshot' : 'source volume';
    throw badRequest(
      `Invalid input received: Volume size '${sizeGiB}'GB cannot be smaller than the ${of} size ${source.sizeGiB}GB. They must be >= original ${of} size.`,
    );
  }
  if (source.image && sizeGiB < source.image.minDisk) {
    throw badRequest(
      `Invalid input received: Volume size ${sizeGiB}GB cannot be smaller than the image minDisk size ${source.image.minDisk}GB.`,
    );
  }
  const volume = addVolume(cloud, principal, {
    name: textOf(given.name),
    description: textOf(given.description),
    sizeGiB,
    ...source,
  });
  volume.metadata = isFields(given.metadata) ? given.metadata : {};
  return json(202, { volume: volumeView(cloud, volume) });
}

function sourceOf(call: CinderCall, given: Fields): Source {
  if (typeof given.snapshot_id === 'string') {
    const { snapshots, volumes } = call.cloud.blockStorage;
    const snapshot = findOwn(call, snapshots, given.snapshot_id, 'Snapshot');
    if (snapshot.status !== 'available') {
      const message = `Invalid snapshot: Originating snapshot status must be one of 'available' values`;
      throw badRequest(message);
    }
    const origin = volumes.get(snapshot.volumeId);
    const { imageMetadata = null, bootable = false } = origin ?? {};
    return { snapshotId: snapshot.id, sizeGiB: snapshot.sizeGiB, bootable, imageMetadata };
  }
  if (typeof given.source_volid === 'string') {
    const { id: sourceId, sizeGiB, bootable, imageMetadata } = findVolume(call, given.source_volid);
    return { sourceId, sizeGiB, bootable, imageMetadata };
  }
  if (typeof given.imageRef !== 'string') return {};
  const image = call.cloud.images.get(given.imageRef);
  if (!image || !sees(call.principal, image))
    throw badRequest('Invalid image identifier or unable to access requested image.');
  if (image.status !== 'active') throw badRequest(`Invalid input received: Image ${image.id} is not active.`);
  return { image };
}

/** Makes a volume, `creating` and then `available`. @throws Fault 413 */
export function addVolume(
  cloud: Cloud,
  owner: Pick<Principal, 'projectId' | 'userId'>,
  wanted: Source & Pick<Volume, 'name' | 'description' | 'sizeGiB'>,
): Volume {
  requireRoom(cloud, owner.projectId, wanted.sizeGiB, 'volumes');
  const volume: Volume = {
    id: crypto.randomUUID(),
    projectId: owner.projectId,
    userId: owner.userId,
    name: wanted.name,
    description: wanted.description,
    sizeGiB: wanted.sizeGiB,
    status: 'creating',
    bootable: false,
    snapshotId: wanted.snapshotId ?? null,
    sourceId: wanted.sourceId ?? null,
    metadata: {},
    imageMetadata: null,
    attachments: [],
    createdAt: cloud.timeline.now(),
    updatedAt: null,
  };
  cloud.blockStorage.volumes.set(volume.id, volume);
  const { image } = wanted;
  cloud.timeline.after((image ? 0.3 : 0.1) * cloud.bootMilliseconds, () => {
    if (volume.status !== 'creating') return;
    change(cloud, volume, {
      status: 'available',
      bootable: image !== undefined || wanted.bootable === true,
      imageMetadata: image ? metadataOf(image) : (wanted.imageMetadata ?? null),
    });
  });
  return volume;
}

function metadataOf(image: Image): Record<string, string> {
  return {
    signature_verified: 'False',
    ...image.properties,
    image_id: image.id,
    image_name: image.name ?? '',
    checksum: image.checksum,
    container_format: image.containerFormat ?? '',
    disk_format: image.diskFormat ?? '',
    min_disk: String(image.minDisk),
    min_ram: String(image.minRam),
    size: String(image.size),
  };
}
