import * as z from 'zod';
import type { InstanceVolume } from '../../../src/compute/model.ts';
import { refusingStates } from '../cinder/refusal.ts';
import type { Service } from '../service.ts';
import { versionHeaders } from './microversion.ts';

const AttachmentsBody = z.object({
  volumeAttachments: z.array(
    z.object({
      volumeId: z.string(),
      device: z.string().nullish(),
      delete_on_termination: z.boolean().nullish(),
    }),
  ),
});

/** The version from which on Nova reports whether a volume is deleted with its server. */
export const DELETE_ON_TERMINATION = '2.79';

/** @param reportsDeletion Whether this Nova supports `DELETE_ON_TERMINATION`. */
export async function listServerVolumes(
  nova: Service,
  serverId: string,
  reportsDeletion: boolean,
): Promise<InstanceVolume[]> {
  const headers = reportsDeletion ? versionHeaders(DELETE_ON_TERMINATION) : {};
  const response = await nova.call('GET', pathOf(serverId), { headers });
  return nova.read(response, AttachmentsBody).volumeAttachments.map((attachment) => ({
    id: attachment.volumeId,
    device: attachment.device ?? null,
    deleteWithInstance: attachment.delete_on_termination ?? false,
  }));
}

export async function attachVolume(nova: Service, serverId: string, volumeId: string): Promise<void> {
  const body = { volumeAttachment: { volumeId } };
  await refusingStates(() => nova.call('POST', pathOf(serverId), { body }));
}

export async function detachVolume(nova: Service, serverId: string, volumeId: string): Promise<void> {
  await refusingStates(() => nova.call('DELETE', `${pathOf(serverId)}/${volumeId}`));
}

function pathOf(serverId: string): string {
  return `/servers/${serverId}/os-volume_attachments`;
}
