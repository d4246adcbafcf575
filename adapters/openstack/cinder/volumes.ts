import * as z from 'zod';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { NewVolume, Volume } from '../../../src/compute/volumes.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { refusingStates } from './refusal.ts';

/** `bootable` is a text. The project is missing in responses of POST and PUT. */
const Body = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  size: z.number(),
  status: z.string(),
  volume_type: z.string().nullish(),
  bootable: z.union([z.string(), z.boolean()]).nullish(),
  availability_zone: z.string().nullish(),
  snapshot_id: z.string().nullish(),
  created_at: z.string(),
  attachments: z.array(z.object({ server_id: z.string(), device: z.string().nullish() })).nullish(),
  volume_image_metadata: z.object({ image_id: z.string().nullish() }).nullish(),
  'os-vol-tenant-attr:tenant_id': z.string().nullish(),
});
const VolumeBody = z.object({ volume: Body });

export async function listVolumes(cinder: Service): Promise<Volume[]> {
  return (await allPages(cinder, '/volumes/detail', 'volumes', Body)).map(volumeFrom);
}

/** @param projectId Its project: Cinder shows administrators those of all. */
export async function getVolume(cinder: Service, id: string, projectId: string): Promise<Volume> {
  const { volume } = await cinder.get(`/volumes/${id}`, VolumeBody);
  if ((volume['os-vol-tenant-attr:tenant_id'] ?? projectId) === projectId) return volumeFrom(volume);
  throw new ComputeError('not_found', `Volume ${id} could not be found.`);
}

export async function createVolume(cinder: Service, wanted: NewVolume): Promise<Volume> {
  const volume = {
    name: wanted.name,
    size: wanted.sizeGb,
    ...(wanted.description !== null && { description: wanted.description }),
    ...(wanted.volumeType !== null && { volume_type: wanted.volumeType }),
    ...(wanted.availabilityZone !== null && { availability_zone: wanted.availabilityZone }),
    ...(wanted.imageId !== null && { imageRef: wanted.imageId }),
    ...(wanted.snapshotId !== null && { snapshot_id: wanted.snapshotId }),
  };
  const created = await refusingStates(() => cinder.post('/volumes', { volume }, VolumeBody));
  return { ...volumeFrom(created.volume), imageId: wanted.imageId };
}

/** A type or a snapshot that does not exist is 404 at Cinder. */
export function invalidReference(error: unknown): unknown {
  return isUpstream(error, 'itemNotFound') || hasCode(error, 'not_found')
    ? new ComputeError('invalid', (error as ComputeError).message, { cause: (error as ComputeError).cause })
    : error;
}

export async function updateVolume(
  cinder: Service,
  id: string,
  change: { readonly name?: string; readonly description?: string },
): Promise<void> {
  await cinder.call('PUT', `/volumes/${id}`, { body: { volume: change } });
}

/** Cinder refuses to delete what it is deleting. @param find Reads the volume. */
export async function deleteVolume(
  cinder: Service,
  id: string,
  find: () => Promise<{ readonly status: string }>,
): Promise<void> {
  await whileDeleting(() => cinder.call('DELETE', `/volumes/${id}`), find);
}

/** @throws ComputeError `conflict` unless it is being deleted already. */
export async function whileDeleting(
  remove: () => Promise<unknown>,
  find: () => Promise<{ readonly status: string }>,
): Promise<void> {
  try {
    await refusingStates(remove);
  } catch (error) {
    if (!hasCode(error, 'conflict') || (await find()).status !== 'deleting') throw error;
  }
}

/** From this microversion on, a volume that is in use can grow. */
const EXTENDS_IN_USE = { 'openstack-api-version': 'volume 3.42' };

export async function extendVolume(
  cinder: Service,
  id: string,
  sizeGb: number,
  isInUse: boolean,
): Promise<void> {
  const body = { 'os-extend': { new_size: sizeGb } };
  const headers = isInUse ? EXTENDS_IN_USE : {};
  await refusingStates(() => cinder.call('POST', `/volumes/${id}/action`, { body, headers }));
}

function volumeFrom(volume: z.infer<typeof Body>): Volume {
  return {
    id: volume.id,
    name: volume.name ?? '',
    description: volume.description ?? '',
    sizeGb: volume.size,
    status: volume.status,
    volumeType: volume.volume_type ?? null,
    isBootable: String(volume.bootable) === 'true',
    availabilityZone: volume.availability_zone ?? null,
    snapshotId: volume.snapshot_id ?? null,
    imageId: volume.volume_image_metadata?.image_id ?? null,
    attachments: (volume.attachments ?? []).map(({ server_id, device }) => ({
      instanceId: server_id,
      device: device ?? null,
    })),
    created: instantFrom(volume.created_at),
  };
}

/** Cinder's times have microseconds and no zone: they are UTC. */
export function instantFrom(text: string): string {
  return `${text.slice(0, 19)}Z`;
}
