import * as z from 'zod';
import type { InstanceVolume } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { emptyResponse, findOrThrow, type NovaCall, parseId, serverId, unsupported } from './call.ts';

/** `POST os-volume_attachments` at microversion 2.1. */
const attachmentSchema = z.strictObject({
  volumeAttachment: z.strictObject({ volumeId: uuid, device: z.string().nullish() }),
});

export async function listAttachments({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const volumes = await cloud.listInstanceVolumes(id);
  return c.json({ volumeAttachments: volumes.map((volume) => attachmentView(id, volume)) });
}

export async function showAttachment({ c, cloud }: NovaCall, segment = '', volume = ''): Promise<Response> {
  const id = serverId(segment);
  const attached = findOrThrow(
    await cloud.listInstanceVolumes(id),
    (one) => one.id === volume,
    'Volume',
    volume,
  );
  return c.json({ volumeAttachment: attachmentView(id, attached) });
}

/** The cloud chooses the device, as Nova's drivers do. */
export async function createAttachment({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { volumeId, device } = (await decodeBody(c, attachmentSchema)).volumeAttachment;
  if (device) throw unsupported('attaching volumes with a device');
  await cloud.attachVolume(id, volumeId);
  const attached = (await cloud.listInstanceVolumes(id)).find((one) => one.id === volumeId);
  const volume = attached ?? { id: volumeId, device: null, deleteWithInstance: false };
  return c.json({ volumeAttachment: attachmentView(id, volume) });
}

export async function deleteAttachment(call: NovaCall, segment = '', volume = ''): Promise<Response> {
  const id = serverId(segment);
  await call.cloud.detachVolume(id, parseId(volume, 'Volume'));
  return emptyResponse(call, 202);
}

function attachmentView(serverId: string, { id, device }: InstanceVolume) {
  return { id, volumeId: id, serverId, device };
}
