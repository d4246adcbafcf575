/**
 * Cinder's volumes at microversion 3.0. Members that redu does not have are refused by name.
 *
 * @module
 */

import * as z from 'zod';
import { imageId } from '../../../compute/lookups.ts';
import type { Volume } from '../../../compute/volumes.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, shortText, text, uuid } from '../../../http/field-schemas.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';
import { emptyResponse, type NovaCall, type NovaHandler, parseId, unsupported } from './call.ts';
import { integer, unsupportedField } from './fields.ts';
import { isTrue } from './lists.ts';
import { cinderList, cinderTime } from './volume-list.ts';

const MAX_GB = 2_147_483_647;
const size = integer.refine((value) => value >= 1 && value <= MAX_GB, `must be from 1 to ${MAX_GB}`);
export const description = text.max(255).nullish();
/** Set to these, the members that redu does not have mean nothing. */
const NEUTRAL: ReadonlySet<unknown> = new Set([undefined, null, false, 'False', 'false']);

/** `name` may be null: clients that were given none send that. */
const newVolumeSchema = z.strictObject({
  volume: z.strictObject({
    name: z.union([name, z.literal('')]).nullish(),
    size,
    description,
    volume_type: shortText.nullish(),
    availability_zone: shortText.nullish(),
    imageRef: shortText.nullish(),
    snapshot_id: uuid.nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    source_volid: unsupportedField,
    source_replica: unsupportedField,
    consistencygroup_id: unsupportedField,
    group_id: unsupportedField,
    backup_id: unsupportedField,
    multiattach: unsupportedField,
    scheduler_hints: unsupportedField,
    // Older clients send these, and Cinder ignores them.
    status: z.unknown().optional(),
    attach_status: z.unknown().optional(),
    user_id: z.null().optional(),
    project_id: z.null().optional(),
  }),
  'OS-SCH-HNT:scheduler_hints': unsupportedField,
});
const changeSchema = z.strictObject({
  volume: z.strictObject({
    name: name.optional(),
    description,
    metadata: unsupportedField,
  }),
});
const actionSchema = z.looseObject({ 'os-extend': z.strictObject({ new_size: size }).optional() });
/** @throws ComputeError `not_implemented` for a member that is set. */
function refuse(members: Readonly<Record<string, unknown>>, what: string): void {
  const [beyond] = Object.entries(members).find(([, value]) => !NEUTRAL.has(value)) ?? [];
  if (beyond !== undefined) throw unsupported(`${what} with ${beyond}`);
}

export function refuseMetadata(metadata: object | null | undefined, what: string): void {
  if (Object.keys(metadata ?? {}).length > 0) throw unsupported(`${what} with metadata`);
}

export const listVolumes: NovaHandler = (call) =>
  cinderList(call, 'volumes', call.cloud.listVolumes(), (volume) => {
    const { id, name: called, links } = volumeView(call, volume);
    return { id, name: called, links };
  });

export const listVolumesWithDetail: NovaHandler = (call) =>
  cinderList(call, 'volumes', call.cloud.listVolumes(), (volume) => volumeView(call, volume));

export async function createVolume(call: NovaCall): Promise<Response> {
  const { c, cloud } = call;
  const { volume: given, ...hints } = await decodeBody(c, newVolumeSchema);
  const { name: called, description: about, volume_type, availability_zone, snapshot_id, ...rest } = given;
  const { size: sizeGb, imageRef, metadata, status: _, attach_status: __, ...others } = rest;
  refuse({ ...others, ...hints }, 'making volumes');
  refuseMetadata(metadata, 'making volumes');
  const volume = await cloud.createVolume({
    name: called || 'volume',
    sizeGb,
    description: about ?? null,
    volumeType: volume_type ?? null,
    availabilityZone: availability_zone ?? null,
    imageId: imageRef == null ? null : await imageId(cloud, imageRef),
    snapshotId: snapshot_id ?? null,
  });
  return c.json({ volume: volumeView(call, volume) }, 202);
}

export async function showVolume(call: NovaCall, segment = ''): Promise<Response> {
  return call.c.json({ volume: volumeView(call, await call.cloud.getVolume(volumeId(segment))) });
}

export async function updateVolume(call: NovaCall, segment = ''): Promise<Response> {
  const { metadata, name: called, description: about } = (await decodeBody(call.c, changeSchema)).volume;
  refuse({ metadata }, 'changing volumes');
  const id = volumeId(segment);
  const change = {
    ...(called !== undefined && { name: called }),
    ...(about !== undefined && { description: about ?? '' }),
  };
  const isEmpty = Object.keys(change).length === 0;
  const volume = await (isEmpty ? call.cloud.getVolume(id) : call.cloud.updateVolume(id, change));
  return call.c.json({ volume: volumeView(call, volume) });
}

export async function deleteVolume(call: NovaCall, segment = ''): Promise<Response> {
  for (const parameter of ['cascade', 'force']) {
    if (isTrue(call.query.get(parameter))) throw unsupported(`deleting volumes with ${parameter}`);
  }
  await call.cloud.deleteVolume(volumeId(segment));
  return emptyResponse(call, 202);
}

/** `os-extend`; Cinder's other actions are refused by name. */
export async function runVolumeAction(call: NovaCall, segment = ''): Promise<Response> {
  const id = volumeId(segment);
  const { 'os-extend': wanted, ...others } = await decodeBody(call.c, actionSchema);
  if (wanted === undefined) throw unsupported(`the volume action ${Object.keys(others).at(0) ?? '(none)'}`);
  await call.cloud.extendVolume(id, wanted.new_size);
  return emptyResponse(call, 202);
}

export async function listVolumeZones({ c, cloud }: NovaCall): Promise<Response> {
  const zones = await cloud.listAvailabilityZones();
  return c.json({
    availabilityZoneInfo: zones.map(({ name: zoneName, available }) => ({
      zoneName,
      zoneState: { available },
    })),
  });
}

function volumeId(segment: string): string {
  return parseId(segment, 'Volume');
}

function volumeView({ c, publicUrl }: NovaCall, volume: Volume) {
  const { projectId } = c.var.principal;
  const { prefix, version } = SERVICE_ENDPOINTS.volume;
  const path = `${projectId}/volumes/${volume.id}`;
  return {
    id: volume.id,
    name: volume.name,
    description: volume.description,
    status: volume.status,
    size: volume.sizeGb,
    volume_type: volume.volumeType,
    availability_zone: volume.availabilityZone,
    bootable: String(volume.isBootable),
    snapshot_id: volume.snapshotId,
    source_volid: null,
    created_at: cinderTime(volume.created),
    updated_at: null,
    metadata: {},
    attachments: volume.attachments.map(({ instanceId, device }) => ({
      id: volume.id,
      attachment_id: volume.id,
      volume_id: volume.id,
      server_id: instanceId,
      host_name: null,
      device,
    })),
    encrypted: false,
    multiattach: false,
    replication_status: null,
    consistencygroup_id: null,
    user_id: null,
    'os-vol-tenant-attr:tenant_id': projectId,
    ...(volume.imageId !== null && { volume_image_metadata: { image_id: volume.imageId } }),
    links: [
      { rel: 'self', href: `${publicUrl}${prefix}/${version}/${path}` },
      { rel: 'bookmark', href: `${publicUrl}${prefix}/${path}` },
    ],
  };
}
