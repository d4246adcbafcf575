import type { Context } from 'hono';
import * as z from 'zod';
import {
  createFloatingIp,
  deleteFloatingIp,
  type FloatingIpTarget,
  updateFloatingIp,
} from '../../compute/floating-ips.ts';
import type { FloatingIp } from '../../compute/model.ts';
import { customerDescription } from '../../compute/ownership.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { description, uuid } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';

export const floatingIpSchema = z
  .object({
    id: z.string(),
    address: z.string(),
    status: z.string(),
    description: z.string(),
    instance_id: z.string().nullable(),
    port_id: z.string().nullable().describe('null: not associated.'),
    fixed_address: z.string().nullable(),
    network_id: z.string().describe('The external network it comes from.'),
    created: z.iso.datetime(),
  })
  .meta({ id: 'FloatingIp' });

const target = {
  instance_id: uuid
    .nullish()
    .describe('Associates it with the first port of this instance that a router reaches.'),
  port_id: uuid.nullish().describe('Associates it with this port of an instance.'),
};
const ONE_TARGET = { path: ['port_id'], error: 'must be left out when instance_id is given' };
const hasOneTarget = (body: { readonly instance_id?: unknown; readonly port_id?: unknown }) =>
  (body.instance_id ?? null) === null || (body.port_id ?? null) === null;

export const newFloatingIpSchema = z
  .strictObject({
    network_id: uuid.nullish().describe('An external network. Without it: the first that has an address.'),
    ...target,
    description: description.default(''),
  })
  .refine(hasOneTarget, ONE_TARGET)
  .meta({ id: 'NewFloatingIp' });

export const floatingIpChangeSchema = z
  .strictObject({ ...target, description: description.optional() })
  .refine(hasOneTarget, ONE_TARGET)
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    error: 'must have instance_id, port_id or description; null takes the address off its instance',
  })
  .meta({ id: 'FloatingIpChange', minProperties: 1 });

export const FLOATING_IP_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/floating_ips',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: floatingIpSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/floating_ips',
    scope: 'network:write',
    body: newFloatingIpSchema,
    status: 201,
    response: floatingIpSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/floating_ips/{id}',
    scope: 'instances:read',
    status: 200,
    response: floatingIpSchema,
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/floating_ips/{id}',
    scope: 'network:write',
    body: floatingIpChangeSchema,
    status: 200,
    response: floatingIpSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/floating_ips/{id}', scope: 'network:write', status: 204 }),
};

/** They have no names: sorted by address. */
const list = pagedList(
  (cloud) => cloud.listFloatingIps(),
  ({ address, id }) => [address, id],
  encodeFloatingIp,
  isSettling,
);

const get = resource('floating IP', (cloud, id) => cloud.getFloatingIp(id), encodeFloatingIp, isSettling);

/** `/v1/floating_ips`. */
export function floatingIps(mount: Mount): void {
  mount
    .addRead(FLOATING_IP_ROUTES.list, list)
    .add(FLOATING_IP_ROUTES.create, create)
    .addRead(FLOATING_IP_ROUTES.get, get)
    .add(FLOATING_IP_ROUTES.update, change)
    .add(FLOATING_IP_ROUTES.delete, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const body = await decodeBody(c, FLOATING_IP_ROUTES.create.body);
  const made = await createFloatingIp(c.var.cloud, {
    networkId: body.network_id ?? null,
    target: targetOf(body) ?? null,
    description: body.description,
  });
  c.header('Location', publicPath(c, `/v1/floating_ips/${made.id}`));
  return respondJson(c, encodeFloatingIp(made), 201);
}

async function change(c: Context<GatewayEnv>): Promise<Response> {
  const id = floatingIpId(c);
  const body = await decodeBody(c, FLOATING_IP_ROUTES.update.body);
  const at = targetOf(body);
  const changed = await updateFloatingIp(c.var.cloud, id, {
    ...(at !== undefined && { target: at }),
    ...(body.description !== undefined && { description: body.description }),
  });
  return respondJson(c, encodeFloatingIp(changed));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await deleteFloatingIp(c.var.cloud, floatingIpId(c));
  return c.body(null, 204);
}

function floatingIpId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'floating IP');
}

/** undefined: neither is mentioned. */
function targetOf({
  instance_id,
  port_id,
}: {
  readonly instance_id?: string | null | undefined;
  readonly port_id?: string | null | undefined;
}): FloatingIpTarget | undefined {
  if (instance_id) return { instanceId: instance_id };
  if (port_id) return { portId: port_id };
  return instance_id === null || port_id === null ? null : undefined;
}

/** The router follows an association in the background. */
function isSettling({ status, portId, portIsFree }: FloatingIp): boolean {
  return portIsFree || (status === 'ACTIVE') !== (portId !== null);
}

function encodeFloatingIp(floatingIp: FloatingIp): z.infer<typeof floatingIpSchema> {
  return {
    id: floatingIp.id,
    address: floatingIp.address,
    status: floatingIp.status,
    description: customerDescription(floatingIp),
    instance_id: floatingIp.instanceId,
    port_id: floatingIp.portId,
    fixed_address: floatingIp.fixedAddress,
    network_id: floatingIp.externalNetworkId,
    created: floatingIp.created,
  };
}
