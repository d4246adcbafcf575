/**
 * Nova's `os-interface`: the networks of a server.
 *
 * @module
 */

import * as z from 'zod';
import type { AttachedNetwork } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { attachNetwork, detachNetwork, listInstanceNetworks } from '../../../compute/instance-networks.ts';
import { decodeBody } from '../../../http/decode.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { emptyResponse, findOrThrow, type NovaCall, parseId, serverId, unsupported } from './call.ts';
import { unsupportedField } from './fields.ts';
import { assertMembers } from './microversions.ts';

const attachmentSchema = z.strictObject({
  interfaceAttachment: z.strictObject({
    net_id: uuid.optional(),
    port_id: uuid.optional(),
    fixed_ips: z
      .array(z.strictObject({ ip_address: z.union([z.ipv4(), z.ipv6()]) }))
      .length(1)
      .optional(),
    tag: unsupportedField,
  }),
});

export async function listInterfaces({ c, cloud, minor }: NovaCall, segment = ''): Promise<Response> {
  const attached = await listInstanceNetworks(cloud, serverId(segment));
  return c.json({ interfaceAttachments: attached.map((one) => view(one, minor)) });
}

export async function showInterface(
  { c, cloud, minor }: NovaCall,
  segment = '',
  portId = '',
): Promise<Response> {
  const attached = await listInstanceNetworks(cloud, serverId(segment));
  const found = findOrThrow(attached, (one) => one.portId === portId.toLowerCase(), 'Port id', portId);
  return c.json({ interfaceAttachment: view(found, minor) });
}

export async function attachInterface({ c, cloud, minor }: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { interfaceAttachment: given } = await decodeBody(c, attachmentSchema);
  assertMembers(given, { tag: [49] }, minor, 'interfaceAttachment');
  if (given.tag !== undefined) throw unsupported('an interface with a tag');
  const { net_id, port_id, fixed_ips } = given;
  if (net_id !== undefined && port_id !== undefined) {
    throw ComputeError.field('interfaceAttachment.port_id', 'must be left out when net_id is given');
  }
  if (fixed_ips !== undefined && net_id === undefined) {
    throw ComputeError.field('interfaceAttachment.fixed_ips', 'needs net_id');
  }
  if (net_id === undefined && port_id === undefined)
    throw unsupported('an interface without net_id or port_id');
  const attached = await attachNetwork(cloud, id, {
    attachment:
      port_id === undefined
        ? { kind: 'network', networkId: net_id ?? '' }
        : { kind: 'port', portId: port_id },
    address: fixed_ips?.[0]?.ip_address ?? null,
  });
  return c.json({ interfaceAttachment: view(attached, minor) });
}

export async function detachInterface(call: NovaCall, segment = '', portId = ''): Promise<Response> {
  const { cloud, c } = call;
  await detachNetwork(cloud, serverId(segment), parseId(portId, 'Port id'), c.var.releases);
  return emptyResponse(call, 202);
}

/** redu reports neither subnet nor MAC address nor state. */
function view({ portId, networkId, addresses }: AttachedNetwork, minor: number) {
  return {
    port_id: portId,
    net_id: networkId,
    fixed_ips: addresses.map((address) => ({ ip_address: address })),
    ...(minor >= 70 && { tag: null }),
  };
}
