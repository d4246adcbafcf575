import * as z from 'zod';
import type { AttachedNetwork, NewAttachment } from '../../../src/compute/cloud.ts';
import type { Nova } from './nova.ts';

const AttachmentBody = z.object({
  interfaceAttachment: z.object({
    port_id: z.string(),
    net_id: z.string(),
    fixed_ips: z.array(z.object({ ip_address: z.string() })).nullish(),
  }),
});

/** Responds once the host has plugged it, which takes seconds. */
export async function attachInterface(
  nova: Nova,
  serverId: string,
  { attachment, address }: NewAttachment,
): Promise<AttachedNetwork> {
  const interfaceAttachment =
    attachment.kind === 'port'
      ? { port_id: attachment.portId }
      : {
          net_id: attachment.networkId,
          ...(address !== null && { fixed_ips: [{ ip_address: address }] }),
        };
  const path = `/servers/${serverId}/os-interface`;
  const response = await nova.using().post(path, { interfaceAttachment }, AttachmentBody);
  const { port_id, net_id, fixed_ips } = response.interfaceAttachment;
  const addresses = (fixed_ips ?? []).map(({ ip_address }) => ip_address);
  return { portId: port_id, networkId: net_id, addresses };
}

export async function detachInterface(nova: Nova, serverId: string, portId: string): Promise<void> {
  await nova.using().call('DELETE', `/servers/${serverId}/os-interface/${portId}`);
}
