import type { Context } from 'hono';
import * as z from 'zod';
import type { AttachedNetwork } from '../../compute/cloud.ts';
import { attachNetwork, detachNetwork, listInstanceNetworks } from '../../compute/instance-networks.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody, decodeParameters } from '../../http/decode.ts';
import { uuid } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { type PageWindow, page } from '../../http/page.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';
import type { Mount } from './mount.ts';
import { pathId } from './path-id.ts';
import { acceptedSchema } from './volumes.ts';

export const attachedNetworkSchema = z
  .object({ port_id: z.string(), network_id: z.string(), addresses: z.array(z.string()) })
  .meta({ id: 'AttachedNetwork' });

export const newAttachmentSchema = z
  .strictObject({
    network_id: uuid.nullish().describe('A new port on this network.'),
    port_id: uuid.nullish().describe('An existing port that nothing uses.'),
    address: z
      .union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' })
      .nullish()
      .describe('With network_id: this address of the network. Without it: a free one.'),
  })
  .refine((body) => (body.network_id ?? null) !== null || (body.port_id ?? null) !== null, {
    path: ['network_id'],
    error: 'is required, or port_id',
  })
  .refine((body) => (body.network_id ?? null) === null || (body.port_id ?? null) === null, {
    path: ['port_id'],
    error: 'must be left out when network_id is given',
  })
  .refine((body) => (body.address ?? null) === null || (body.network_id ?? null) !== null, {
    path: ['address'],
    error: 'needs network_id: a port has its own',
  })
  .meta({ id: 'NewAttachment' });

export const INSTANCE_NETWORK_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/instances/{id}/networks',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: attachedNetworkSchema },
  }),
  attach: route({
    method: 'POST',
    path: '/v1/instances/{id}/networks',
    scope: 'instances:write',
    body: newAttachmentSchema,
    status: 202,
    response: attachedNetworkSchema,
  }),
  detach: route({
    method: 'DELETE',
    path: '/v1/instances/{id}/networks/{port_id}',
    scope: 'instances:write',
    status: 202,
    response: acceptedSchema,
  }),
};

/** The cloud attaches and detaches in the background, which no write announces. */
const list: Read<{ readonly id: string; readonly window: PageWindow }, readonly AttachedNetwork[]> = {
  input: (request) => ({
    id: pathId(request.param('id'), 'instance'),
    window: decodeParameters(request.query, pageQuerySchema),
  }),
  load: (cloud, { id }) => listInstanceNetworks(cloud, id),
  render(all, { window }) {
    const { items, next_cursor } = page(all, window, ({ networkId, portId }) => [networkId, portId]);
    return {
      body: JSON.stringify({ items: items.map(encodeAttachedNetwork), next_cursor }),
      transitional: true,
    };
  },
};

/** `/v1/instances/{id}/networks`. */
export function instanceNetworks(mount: Mount): void {
  mount
    .addRead(INSTANCE_NETWORK_ROUTES.list, list)
    .add(INSTANCE_NETWORK_ROUTES.attach, attach)
    .add(INSTANCE_NETWORK_ROUTES.detach, detach);
}

async function attach(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  const { network_id, port_id, address } = await decodeBody(c, INSTANCE_NETWORK_ROUTES.attach.body);
  const attached = await attachNetwork(c.var.cloud, id, {
    attachment: network_id
      ? { kind: 'network', networkId: network_id }
      : { kind: 'port', portId: port_id ?? '' },
    address: address ?? null,
  });
  return respondJson(c, encodeAttachedNetwork(attached), 202);
}

async function detach(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  await detachNetwork(c.var.cloud, id, pathId(c.req.param('port_id'), 'port'), c.var.releases);
  return respondJson(c, {}, 202);
}

function encodeAttachedNetwork(attached: AttachedNetwork): z.infer<typeof attachedNetworkSchema> {
  return {
    port_id: attached.portId,
    network_id: attached.networkId,
    addresses: [...attached.addresses],
  };
}
