import * as z from 'zod';
import type { InstanceVolume } from '../../../src/compute/model.ts';
import { refusingStates } from '../cinder/refusal.ts';
import type { Nova } from './nova.ts';
import { getServer } from './servers.ts';

const AttachmentsBody = z.object({
  volumeAttachments: z.array(
    z.object({
      volumeId: z.string(),
      device: z.string().nullish(),
      delete_on_termination: z.boolean().nullish(),
    }),
  ),
});

export async function listServerVolumes(nova: Nova, serverId: string): Promise<InstanceVolume[]> {
  const service = nova.using('deletedAttachments');
  const { volumeAttachments } = await service.get(pathOf(serverId), AttachmentsBody);
  // The server itself has it since 2.3.
  const ofServer = volumeAttachments.some(({ delete_on_termination: known }) => known === undefined)
    ? (await getServer(nova, serverId, null)).volumes
    : [];
  return volumeAttachments.map(({ volumeId, device, delete_on_termination }) => ({
    id: volumeId,
    device: device ?? null,
    deleteWithInstance:
      delete_on_termination ?? ofServer.find(({ id }) => id === volumeId)?.deleteWithInstance ?? false,
  }));
}

export async function attachVolume(nova: Nova, serverId: string, volumeId: string): Promise<void> {
  const body = { volumeAttachment: { volumeId } };
  await refusingStates(() => nova.using('volumesOfShelved').call('POST', pathOf(serverId), { body }));
}

export async function detachVolume(nova: Nova, serverId: string, volumeId: string): Promise<void> {
  await refusingStates(() =>
    nova.using('volumesOfShelved').call('DELETE', `${pathOf(serverId)}/${volumeId}`),
  );
}

function pathOf(serverId: string): string {
  return `/servers/${serverId}/os-volume_attachments`;
}
