import type { Context } from 'hono';
import * as z from 'zod';
import type { Network } from '../../compute/model.ts';
import type { NetworkDetail } from '../../compute/networks.ts';
import { createNetwork, deleteNetwork } from '../../compute/project-networks.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { name } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import { ownerOf } from './instances.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';

export const networkSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    external: z.boolean().describe('Floating IPs come from here.'),
    shared: z.boolean(),
    subnet_ids: z.array(z.string()),
    project_id: z.string(),
  })
  .meta({ id: 'Network' });

export const networkDetailSchema = networkSchema
  .extend({
    subnets: z.array(z.object({ id: z.string(), cidr: z.string(), gateway: z.string().nullable() })),
    routed: z.boolean().describe("One of the project's routers connects it."),
  })
  .meta({ id: 'NetworkDetail' });

/** Prefixes that Neutron takes with DHCP, and not 0/8, 127/8 and multicast, which it refuses. */
const CIDR =
  /^([1-9][0-9]?|1[01][0-9]|12[0-689]|1[3-9][0-9]|2[01][0-9]|22[0-3])\.[0-9.]+\/([89]|[12][0-9]|30)$/;
const CIDR_PROBLEM = 'must be an IPv4 network from /8 to /30, such as 10.0.0.0/24';

export const newNetworkSchema = z
  .strictObject({
    name,
    cidr: z.cidrv4({ error: CIDR_PROBLEM, abort: true }).regex(CIDR, { error: CIDR_PROBLEM }),
    routed: z
      .boolean()
      .default(true)
      .describe('Connected to the router of the project, which is made if it has none.'),
  })
  .meta({ id: 'NewNetwork' });

export const NETWORK_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/networks',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: networkSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/networks',
    scope: 'network:write',
    body: newNetworkSchema,
    status: 201,
    response: networkDetailSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/networks/{id}',
    scope: 'instances:read',
    status: 200,
    response: networkDetailSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/networks/{id}', scope: 'network:write', status: 204 }),
};

const list = pagedList((cloud) => cloud.listNetworks(), byNameAndId, encodeNetwork);

const get = resource('network', (cloud, id) => cloud.getNetwork(id), encodeNetworkDetail);

/** `/v1/networks`. */
export function networks(mount: Mount): void {
  mount
    .addRead(NETWORK_ROUTES.list, list)
    .add(NETWORK_ROUTES.create, create)
    .addRead(NETWORK_ROUTES.get, get)
    .add(NETWORK_ROUTES.delete, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const body = await decodeBody(c, NETWORK_ROUTES.create.body);
  const made = await createNetwork(c.var.cloud, body, ownerOf(c));
  c.header('Location', publicPath(c, `/v1/networks/${made.id}`));
  return respondJson(c, encodeNetworkDetail(made), 201);
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await deleteNetwork(c.var.cloud, pathId(c.req.param('id'), 'network'));
  return c.body(null, 204);
}

function encodeNetwork(network: Network): z.infer<typeof networkSchema> {
  return {
    id: network.id,
    name: network.name,
    status: network.status,
    external: network.external,
    shared: network.shared,
    subnet_ids: [...network.subnetIds],
    project_id: network.projectId,
  };
}

function encodeNetworkDetail(network: NetworkDetail): z.infer<typeof networkDetailSchema> {
  return {
    ...encodeNetwork(network),
    subnets: network.subnets.map(({ id, cidr, gateway }) => ({ id, cidr, gateway })),
    routed: network.interfaces.length > 0,
  };
}
