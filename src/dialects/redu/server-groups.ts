import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { requireScope } from '../../access/scopes.ts';
import { SERVER_GROUP_POLICIES, type ServerGroup } from '../../compute/model.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { name } from '../../http/field-schemas.ts';
import type { Cached } from '../../traffic/cache/cached.ts';
import { byNameAndId, pagedList } from './paged-list.ts';
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

/** `/v1/server_groups`. */
export function serverGroups(cached: Cached): Hono<GatewayEnv> {
  const read = requireScope('instances:read');
  const write = requireScope('instances:write');
  return new Hono<GatewayEnv>()
    .get('/', read, cached(pagedList((cloud) => cloud.listServerGroups(), byNameAndId, encodeServerGroup)))
    .post('/', write, create)
    .get('/:id', read, cached(show))
    .delete('/:id', write, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const body = await decodeBody(c, newServerGroupSchema);
  const group = await c.var.cloud.createServerGroup(body.name, body.policy);
  c.header('Location', `/v1/server_groups/${group.id}`);
  return c.json(encodeServerGroup(group), 201);
}

async function show(c: Context<GatewayEnv>): Promise<Response> {
  return c.json(encodeServerGroup(await c.var.cloud.getServerGroup(groupId(c))));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteServerGroup(groupId(c));
  return c.body(null, 204);
}

function groupId(c: Context<GatewayEnv>): string {
  return pathId(c, 'id', 'server group');
}

function encodeServerGroup(group: ServerGroup): z.infer<typeof serverGroupSchema> {
  return { id: group.id, name: group.name, policy: group.policy, member_ids: [...group.memberIds] };
}
