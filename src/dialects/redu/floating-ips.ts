import * as z from 'zod';
import type { FloatingIp } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { pagedList } from './paged-list.ts';

export const floatingIpSchema = z
  .object({
    id: z.string(),
    address: z.string(),
    status: z.string(),
    instance_id: z.string().nullable(),
    port_id: z.string().nullable().describe('null when it leads nowhere.'),
    fixed_address: z.string().nullable(),
    network_id: z.string().describe('The external network it comes from.'),
    created: z.iso.datetime(),
  })
  .meta({ id: 'FloatingIp' });

export const FLOATING_IPS = route({
  method: 'GET',
  path: '/v1/floating_ips',
  scope: 'instances:read',
  query: pageQuerySchema,
  status: 200,
  response: { page: floatingIpSchema },
});

/** `GET /v1/floating_ips`. They have no names: sorted by address. */
export const listFloatingIps = pagedList(
  (cloud) => cloud.listFloatingIps(),
  ({ address, id }) => [address, id],
  encodeFloatingIp,
);

function encodeFloatingIp(floatingIp: FloatingIp): z.infer<typeof floatingIpSchema> {
  return {
    id: floatingIp.id,
    address: floatingIp.address,
    status: floatingIp.status,
    instance_id: floatingIp.instanceId,
    port_id: floatingIp.portId,
    fixed_address: floatingIp.fixedAddress,
    network_id: floatingIp.externalNetworkId,
    created: floatingIp.created,
  };
}
