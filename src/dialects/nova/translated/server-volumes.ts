import * as z from 'zod';
import type { InstanceVolume } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { emptyResponse, findOrThrow, type NovaCall, parseId, serverId, unsupported } from './call.ts';
import { assertMembers } from './microversions.ts';

const attachmentSchema = z.strictObject({
  volumeAttachment: z.strictObject({
    volumeId: uuid,
    device: z.string().nullish(),
    tag: z.string().optional(),
    delete_on_termination: z.boolean().optional(),
  }),
});

export async function listAttachments(call: NovaCall, segment = ''): Promise<Response> {
  const { c, cloud } = call;
  const id = serverId(segment);
  const volumes = await cloud.listInstanceVolumes(id);
  return c.json({ volumeAttachments: volumes.map((volume) => attachmentView(call, id, volume)) });
}

export async function showAttachment(call: NovaCall, segment = '', volume = ''): Promise<Response> {
  const { c, cloud } = call;
  const id = serverId(segment);
  const attached = findOrThrow(
    await cloud.listInstanceVolumes(id),
    (one) => one.id === volume,
    'Volume',
    volume,
  );
  return c.json({ volumeAttachment: attachmentView(call, id, attached) });
}

/** The cloud chooses the device, as Nova's drivers do. */
export async function createAttachment(call: NovaCall, segment = ''): Promise<Response> {
  const { c, cloud } = call;
  const id = serverId(segment);
  const { volumeAttachment: given } = await decodeBody(c, attachmentSchema);
  assertMembers(given, { tag: [49], delete_on_termination: [79] }, call.minor, 'volumeAttachment');
  const { volumeId, device, tag, delete_on_termination } = given;
  if (device) throw unsupported('attaching volumes with a device');
  if (tag !== undefined) throw unsupported('attaching volumes with a tag');
  if (delete_on_termination) throw unsupported('attaching volumes with delete_on_termination');
  await cloud.attachVolume(id, volumeId);
  // The volume is attached: a list that fails only leaves the device unknown.
  const volumes = await cloud.listInstanceVolumes(id).catch(() => []);
  const attached = volumes.find((one) => one.id === volumeId);
  const volume = attached ?? { id: volumeId, device: null, deleteWithInstance: false };
  return c.json({ volumeAttachment: attachmentView(call, id, volume) });
}

export async function deleteAttachment(call: NovaCall, segment = '', volume = ''): Promise<Response> {
  const id = serverId(segment);
  await call.cloud.detachVolume(id, parseId(volume, 'Volume'));
  return emptyResponse(call, 202);
}

function attachmentView(
  { minor }: NovaCall,
  serverId: string,
  { id, device, deleteWithInstance }: InstanceVolume,
) {
  return {
    id,
    volumeId: id,
    serverId,
    device,
    ...(minor >= 70 && { tag: null }),
    ...(minor >= 79 && { delete_on_termination: deleteWithInstance }),
  };
}
