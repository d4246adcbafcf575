import type { Context } from 'hono';
import * as z from 'zod';
import { SERVER_GROUP_POLICIES, type ServerGroup } from '../../compute/model.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { name } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';

export const serverGroupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    policy: z.enum(SERVER_GROUP_POLICIES),
    member_ids: z.array(z.string()).describe('The instances in it.'),
  })
  .meta({ id: 'ServerGroup' });

export const newServerGroupSchema = z
  .strictObject({ name, policy: z.enum(SERVER_GROUP_POLICIES) })
  .meta({ id: 'NewServerGroup' });

export const SERVER_GROUP_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/server_groups',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: serverGroupSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/server_groups',
    scope: 'instances:write',
    body: newServerGroupSchema,
    status: 201,
    response: serverGroupSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/server_groups/{id}',
    scope: 'instances:read',
    status: 200,
    response: serverGroupSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/server_groups/{id}', scope: 'instances:write', status: 204 }),
};

const list = pagedList((cloud) => cloud.listServerGroups(), byNameAndId, encodeServerGroup);

const get = resource('server group', (cloud, id) => cloud.getServerGroup(id), encodeServerGroup);

/** `/v1/server_groups`. */
export function serverGroups(mount: Mount): void {
  mount
    .addRead(SERVER_GROUP_ROUTES.list, list)
    .add(SERVER_GROUP_ROUTES.create, create)
    .addRead(SERVER_GROUP_ROUTES.get, get)
    .add(SERVER_GROUP_ROUTES.delete, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const body = await decodeBody(c, SERVER_GROUP_ROUTES.create.body);
  const group = await c.var.cloud.createServerGroup(body.name, body.policy);
  c.header('Location', publicPath(c, `/v1/server_groups/${group.id}`));
  return respondJson(c, encodeServerGroup(group), 201);
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteServerGroup(groupId(c));
  return c.body(null, 204);
}

function groupId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'server group');
}

function encodeServerGroup(group: ServerGroup): z.infer<typeof serverGroupSchema> {
  return { id: group.id, name: group.name, policy: group.policy, member_ids: [...group.memberIds] };
}
