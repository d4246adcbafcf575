import * as z from 'zod';
import type { NewSecurityGroupRule } from '../../../compute/cloud.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../compute/model.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, text, uuid } from '../../../http/field-schemas.ts';
import { idIn, lacks, type NovaCall, nothing, oneOf } from './call.ts';
import { listed } from './networks.ts';

const MAX_PORT = 65_535;
const KIND = 'Security group';

const newGroupSchema = z.object({
  security_group: z.object({ name, description: text.max(255).optional() }),
});

const port = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number),
  ])
  .refine((value) => value >= 0 && value <= MAX_PORT, `must be from 0 to ${MAX_PORT}`)
  .nullish();
const newRuleSchema = z.object({
  security_group_rule: z.object({
    security_group_id: uuid,
    direction: z.enum(['ingress', 'egress']),
    ethertype: z.enum(['IPv4', 'IPv6']).optional(),
    protocol: z.union([z.string().max(40), z.int().transform(String)]).nullish(),
    port_range_min: port,
    port_range_max: port,
    remote_ip_prefix: z.union([z.cidrv4(), z.cidrv6()]).nullish(),
    remote_group_id: z.string().nullish(),
  }),
});

/** `GET /v2.0/security-groups`. */
export async function listSecurityGroups(call: NovaCall): Promise<Response> {
  return listed(call, 'security_groups', (await call.cloud.listSecurityGroups()).map(groupView));
}

/** `POST /v2.0/security-groups`. */
export async function createSecurityGroup({ c, cloud }: NovaCall): Promise<Response> {
  const { name: wanted, description = '' } = (await decodeBody(c, newGroupSchema)).security_group;
  return c.json({ security_group: groupView(await cloud.createSecurityGroup(wanted, description)) }, 201);
}

/** `GET /v2.0/security-groups/{id}`. */
export async function showSecurityGroup({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ security_group: groupView(await cloud.getSecurityGroup(idIn(segment, KIND))) });
}

/** `DELETE /v2.0/security-groups/{id}`. */
export async function deleteSecurityGroup(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteSecurityGroup(idIn(segment, KIND));
  return nothing(call, 204);
}

/** `GET /v2.0/security-group-rules`. */
export async function listRules(call: NovaCall): Promise<Response> {
  return listed(call, 'security_group_rules', await everyRule(call));
}

/** `GET /v2.0/security-group-rules/{id}`. */
export async function showRule(call: NovaCall, id = ''): Promise<Response> {
  return call.c.json({
    security_group_rule: oneOf(await everyRule(call), (rule) => rule.id === id, 'Rule', id),
  });
}

/** `POST /v2.0/security-group-rules`. */
export async function createRule({ c, cloud }: NovaCall): Promise<Response> {
  const { security_group_rule: wanted } = await decodeBody(c, newRuleSchema);
  if (wanted.remote_group_id != null) throw lacks('a rule about another security group');
  const prefix = wanted.remote_ip_prefix ?? null;
  const rule: NewSecurityGroupRule = {
    direction: wanted.direction,
    ethertype: wanted.ethertype ?? (prefix?.includes(':') ? 'IPv6' : 'IPv4'),
    protocol: wanted.protocol ?? null,
    portMin: wanted.port_range_min ?? null,
    portMax: wanted.port_range_max ?? wanted.port_range_min ?? null,
    remotePrefix: prefix,
  };
  const made = await cloud.createSecurityGroupRule(wanted.security_group_id, rule);
  return c.json({ security_group_rule: ruleView(made, c.var.principal.projectId) }, 201);
}

/** `DELETE /v2.0/security-group-rules/{id}`. */
export async function deleteRule(call: NovaCall, id = ''): Promise<Response> {
  const rule = oneOf(await everyRule(call), (one) => one.id === id, 'Rule', id);
  await call.cloud.deleteSecurityGroupRule(rule.security_group_id, rule.id);
  return nothing(call, 204);
}

async function everyRule({ cloud }: NovaCall) {
  return (await cloud.listSecurityGroups()).flatMap((group) => groupView(group).security_group_rules);
}

function groupView(group: SecurityGroup) {
  const { id, description, projectId, stateful, shared } = group;
  return {
    id,
    name: group.name,
    description,
    stateful,
    shared,
    project_id: projectId,
    tenant_id: projectId,
    security_group_rules: group.rules.map((rule) => ruleView(rule, projectId)),
  };
}

function ruleView(rule: SecurityGroupRule, projectId: string) {
  return {
    id: rule.id,
    security_group_id: rule.securityGroupId,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol,
    port_range_min: rule.portMin,
    port_range_max: rule.portMax,
    remote_ip_prefix: rule.remotePrefix,
    remote_group_id: rule.remoteGroupId,
    description: rule.description,
    project_id: projectId,
    tenant_id: projectId,
  };
}
