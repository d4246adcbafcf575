import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../compute/model.ts';
import type { NewSecurityGroupRule } from '../../../compute/security-groups.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, text, uuid } from '../../../http/field-schemas.ts';
import { hasPorts, isIcmp, protocolSchema } from '../../../http/protocols.ts';
import { emptyResponse, findOrThrow, type NovaCall, parseId, unsupported } from './call.ts';
import { integer, unsupportedField } from './fields.ts';
import { neutronList } from './lists.ts';

const MAX_PORT = 65_535;
const KIND = 'Security group';

const newGroupSchema = z.strictObject({
  security_group: z.strictObject({
    name,
    description: text.max(255).optional(),
    stateful: unsupportedField,
    project_id: unsupportedField,
    tenant_id: unsupportedField,
  }),
});

const groupChangeSchema = z.strictObject({
  security_group: z.strictObject({
    name: name.optional(),
    description: text.max(255).optional(),
    stateful: unsupportedField,
  }),
});

const port = integer
  .refine((value) => value >= 0 && value <= MAX_PORT, `must be from 0 to ${MAX_PORT}`)
  .nullish();
/** `203.0.113.9` means `203.0.113.9/32`, as with Neutron. */
const prefix = z
  .union([
    z.ipv4().transform((address) => `${address}/32`),
    z.ipv6().transform((address) => `${address}/128`),
    z.cidrv4(),
    z.cidrv6(),
  ])
  .nullish();
const ethertypeSchema = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['ipv4', 'ipv6']))
  .transform((family) => (family === 'ipv6' ? ('IPv6' as const) : ('IPv4' as const)));
const newRuleSchema = z.strictObject({
  security_group_rule: z.strictObject({
    security_group_id: uuid,
    direction: z.enum(['ingress', 'egress']),
    ethertype: ethertypeSchema.optional(),
    protocol: z
      .union([z.string(), z.int().transform(String)])
      .pipe(protocolSchema)
      .nullish(),
    port_range_min: port,
    port_range_max: port,
    remote_ip_prefix: prefix,
    description: text.max(255).nullish(),
    remote_group_id: uuid.nullish(),
    remote_address_group_id: unsupportedField,
    project_id: unsupportedField,
    tenant_id: unsupportedField,
  }),
});
type NewRule = z.output<typeof newRuleSchema>['security_group_rule'];

export async function listSecurityGroups(call: NovaCall): Promise<Response> {
  const groups = (await call.cloud.listSecurityGroups()).map(groupView);
  return neutronList(call, 'security_groups', groups, ['stateful', 'shared']);
}

export async function createSecurityGroup({ c, cloud }: NovaCall): Promise<Response> {
  const { security_group: given } = await decodeBody(c, newGroupSchema);
  const { name: wanted, description = '', stateful = true } = given;
  rejectOtherProject(c, given, 'a security group');
  if (stateful !== true) throw unsupported('a security group with stateful other than true');
  return c.json({ security_group: groupView(await cloud.createSecurityGroup(wanted, description)) }, 201);
}

export async function showSecurityGroup({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ security_group: groupView(await cloud.getSecurityGroup(parseId(segment, KIND))) });
}

export async function updateSecurityGroup({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = parseId(segment, KIND);
  const {
    name: wanted,
    description,
    stateful = true,
  } = (await decodeBody(c, groupChangeSchema)).security_group;
  if (stateful !== true) throw unsupported('a security group with stateful other than true');
  const change = {
    ...(wanted !== undefined && { name: wanted }),
    ...(description !== undefined && { description }),
  };
  const isEmpty = Object.keys(change).length === 0;
  const group = await (isEmpty ? cloud.getSecurityGroup(id) : cloud.updateSecurityGroup(id, change));
  return c.json({ security_group: groupView(group) });
}

export async function deleteSecurityGroup(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteSecurityGroup(parseId(segment, KIND));
  return emptyResponse(call, 204);
}

export async function listRules(call: NovaCall): Promise<Response> {
  return neutronList(call, 'security_group_rules', await allRules(call), [
    'remote_address_group_id',
    'remote_group_id',
  ]);
}

export async function showRule(call: NovaCall, id = ''): Promise<Response> {
  return call.c.json({
    security_group_rule: findOrThrow(await allRules(call), (rule) => rule.id === id, 'Rule', id),
  });
}

export async function createRule({ c, cloud }: NovaCall): Promise<Response> {
  const { security_group_rule: wanted } = await decodeBody(c, newRuleSchema);
  rejectOtherProject(c, wanted, 'a security group rule');
  if (wanted.remote_address_group_id != null)
    throw unsupported('a security group rule with remote_address_group_id');
  if (wanted.remote_group_id != null && wanted.remote_ip_prefix != null) {
    const message = 'Only one of remote_ip_prefix or remote_group_id may be provided.';
    throw ComputeError.field('security_group_rule.remote_group_id', message);
  }
  const made = await cloud.createSecurityGroupRule(wanted.security_group_id, toNewRule(wanted));
  return c.json({ security_group_rule: ruleView(made, c.var.principal.projectId) }, 201);
}

function toNewRule(wanted: NewRule): NewSecurityGroupRule {
  const { protocol = null, port_range_min: min = null, port_range_max: max = null } = wanted;
  assertPortRange(protocol, min, max);
  const remotePrefix = wanted.remote_ip_prefix ?? null;
  const family = remotePrefix?.includes(':') ? 'IPv6' : 'IPv4';
  const { ethertype = 'IPv4', description } = wanted;
  if (remotePrefix !== null && family !== ethertype) {
    const message = `Conflicting value ethertype ${ethertype} for CIDR ${remotePrefix}`;
    throw ComputeError.field('security_group_rule.ethertype', message);
  }
  return {
    direction: wanted.direction,
    ethertype,
    protocol,
    portMin: min,
    portMax: max,
    remotePrefix,
    ...(wanted.remote_group_id && { remoteGroupId: wanted.remote_group_id }),
    ...(description && { description }),
  };
}

/** Neutron's rules for `port_range_min` and `port_range_max`, which are type and code for ICMP. */
function assertPortRange(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return;
  const refuse = (message: string) => ComputeError.field('security_group_rule.port_range_min', message);
  if (protocol === null) throw refuse('needs a protocol');
  if (isIcmp(protocol)) {
    if (min === null) throw refuse('is required with port_range_max: the ICMP type of that code');
    if (min > 255 || (max ?? 0) > 255) throw refuse('must be an ICMP type from 0 to 255');
    return;
  }
  if (!hasPorts(protocol)) throw refuse(`must be null: ${protocol} has no ports`);
  if (min === null || max === null || min < 1 || min > max)
    throw refuse('must be from 1 to port_range_max; both are required');
}

/** @throws ComputeError `not_implemented` for any project but the token's. */
function rejectOtherProject(
  c: NovaCall['c'],
  given: { readonly project_id?: unknown; readonly tenant_id?: unknown },
  kind: string,
): void {
  const { projectId } = c.var.principal;
  for (const member of ['project_id', 'tenant_id'] as const) {
    const named = given[member];
    if (named != null && named !== projectId)
      throw unsupported(`${kind} with the ${member} of another project`);
  }
}

export async function deleteRule(call: NovaCall, id = ''): Promise<Response> {
  const rule = findOrThrow(await allRules(call), (one) => one.id === id, 'Rule', id);
  await call.cloud.deleteSecurityGroupRule(rule.security_group_id, rule.id);
  return emptyResponse(call, 204);
}

async function allRules({ cloud }: NovaCall) {
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
    remote_address_group_id: rule.remoteAddressGroupId ?? null,
    description: rule.description,
    project_id: projectId,
    tenant_id: projectId,
  };
}
