import { type Context, Hono } from 'hono';
import { requireScope } from '../../access/scopes.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import type { Cached } from '../../traffic/cache/cached.ts';
import { byNameAndId, pagedList } from './paged-list.ts';
import { pathId } from './path-id.ts';
import { encodeRule, encodeSecurityGroup, toNewRule } from './security-group-rules.ts';
import { newRuleSchema, newSecurityGroupSchema } from './security-group-schemas.ts';

/** `/v1/security_groups`. */
export function securityGroups(cached: Cached): Hono<GatewayEnv> {
  const read = requireScope('instances:read');
  const write = requireScope('network:write');
  return new Hono<GatewayEnv>()
    .get(
      '/',
      read,
      cached(pagedList((cloud) => cloud.listSecurityGroups(), byNameAndId, encodeSecurityGroup)),
    )
    .post('/', write, create)
    .get('/:id', read, cached(show))
    .delete('/:id', write, remove)
    .post('/:id/rules', write, createRule)
    .delete('/:id/rules/:rule_id', write, removeRule);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const { name, description } = await decodeBody(c, newSecurityGroupSchema);
  const group = await c.var.cloud.createSecurityGroup(name, description);
  c.header('Location', `/v1/security_groups/${group.id}`);
  return c.json(encodeSecurityGroup(group), 201);
}

async function show(c: Context<GatewayEnv>): Promise<Response> {
  return c.json(encodeSecurityGroup(await c.var.cloud.getSecurityGroup(groupId(c))));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteSecurityGroup(groupId(c));
  return c.body(null, 204);
}

async function createRule(c: Context<GatewayEnv>): Promise<Response> {
  const id = groupId(c);
  const rule = toNewRule(await decodeBody(c, newRuleSchema));
  return c.json(encodeRule(await c.var.cloud.createSecurityGroupRule(id, rule)), 201);
}

async function removeRule(c: Context<GatewayEnv>): Promise<Response> {
  const id = groupId(c);
  await c.var.cloud.deleteSecurityGroupRule(id, pathId(c, 'rule_id', 'rule'));
  return c.body(null, 204);
}

function groupId(c: Context<GatewayEnv>): string {
  return pathId(c, 'id', 'security group');
}
