import type { Context } from 'hono';
import { attachSecurityGroup, detachSecurityGroup } from '../../compute/instance-groups.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';
import { encodeRule, encodeSecurityGroup, toNewRule } from './security-group-rules.ts';
import {
  newRuleSchema,
  newSecurityGroupSchema,
  ruleSchema,
  securityGroupChangeSchema,
  securityGroupSchema,
} from './security-group-schemas.ts';

export const SECURITY_GROUP_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/security_groups',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: securityGroupSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/security_groups',
    scope: 'network:write',
    body: newSecurityGroupSchema,
    status: 201,
    response: securityGroupSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/security_groups/{id}',
    scope: 'instances:read',
    status: 200,
    response: securityGroupSchema,
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/security_groups/{id}',
    scope: 'network:write',
    body: securityGroupChangeSchema,
    status: 200,
    response: securityGroupSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/security_groups/{id}', scope: 'network:write', status: 204 }),
  addRule: route({
    method: 'POST',
    path: '/v1/security_groups/{id}/rules',
    scope: 'network:write',
    body: newRuleSchema,
    status: 201,
    response: ruleSchema,
  }),
  deleteRule: route({
    method: 'DELETE',
    path: '/v1/security_groups/{id}/rules/{rule_id}',
    scope: 'network:write',
    status: 204,
  }),
  attach: route({
    method: 'PUT',
    path: '/v1/instances/{id}/security_groups/{group_id}',
    scope: 'instances:write',
    status: 204,
  }),
  detach: route({
    method: 'DELETE',
    path: '/v1/instances/{id}/security_groups/{group_id}',
    scope: 'instances:write',
    status: 204,
  }),
};

const list = pagedList((cloud) => cloud.listSecurityGroups(), byNameAndId, encodeSecurityGroup);

const get = resource('security group', (cloud, id) => cloud.getSecurityGroup(id), encodeSecurityGroup);

/** `/v1/security_groups`. */
export function securityGroups(mount: Mount): void {
  mount
    .addRead(SECURITY_GROUP_ROUTES.list, list)
    .add(SECURITY_GROUP_ROUTES.create, create)
    .addRead(SECURITY_GROUP_ROUTES.get, get)
    .add(SECURITY_GROUP_ROUTES.update, update)
    .add(SECURITY_GROUP_ROUTES.delete, remove)
    .add(SECURITY_GROUP_ROUTES.addRule, createRule)
    .add(SECURITY_GROUP_ROUTES.deleteRule, removeRule)
    .add(SECURITY_GROUP_ROUTES.attach, (c) => changeInstance(c, attachSecurityGroup))
    .add(SECURITY_GROUP_ROUTES.detach, (c) => changeInstance(c, detachSecurityGroup));
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const { name, description } = await decodeBody(c, SECURITY_GROUP_ROUTES.create.body);
  const group = await c.var.cloud.createSecurityGroup(name, description);
  c.header('Location', publicPath(c, `/v1/security_groups/${group.id}`));
  return respondJson(c, encodeSecurityGroup(group), 201);
}

async function update(c: Context<GatewayEnv>): Promise<Response> {
  const id = groupId(c);
  const { name, description } = await decodeBody(c, SECURITY_GROUP_ROUTES.update.body);
  const change = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
  return respondJson(c, encodeSecurityGroup(await c.var.cloud.updateSecurityGroup(id, change)));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteSecurityGroup(groupId(c));
  return c.body(null, 204);
}

async function createRule(c: Context<GatewayEnv>): Promise<Response> {
  const id = groupId(c);
  const rule = toNewRule(await decodeBody(c, SECURITY_GROUP_ROUTES.addRule.body));
  return respondJson(c, encodeRule(await c.var.cloud.createSecurityGroupRule(id, rule)), 201);
}

async function removeRule(c: Context<GatewayEnv>): Promise<Response> {
  const id = groupId(c);
  await c.var.cloud.deleteSecurityGroupRule(id, pathId(c.req.param('rule_id'), 'rule'));
  return c.body(null, 204);
}

async function changeInstance(c: Context<GatewayEnv>, change: typeof attachSecurityGroup): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  const group = pathId(c.req.param('group_id'), 'security group');
  // Its update time does not change.
  c.var.trace.instanceChanged(id);
  await change(c.var.cloud, id, group, c.var.releases);
  return c.body(null, 204);
}

function groupId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'security group');
}
