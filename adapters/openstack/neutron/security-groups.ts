import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../src/compute/model.ts';
import type { NewSecurityGroupRule, SecurityGroupChange } from '../../../src/compute/security-groups.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { orNone } from './extensions.ts';

const Rule = z.object({
  id: z.string(),
  security_group_id: z.string(),
  direction: z.enum(['ingress', 'egress']),
  ethertype: z.enum(['IPv4', 'IPv6']),
  protocol: z.union([z.string(), z.number().transform(String)]).nullish(),
  port_range_min: z.number().nullish(),
  port_range_max: z.number().nullish(),
  remote_ip_prefix: z.string().nullish(),
  remote_group_id: z.string().nullish(),
  remote_address_group_id: z.string().nullish(),
  description: z.string().nullish(),
});
const Group = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullish(),
  project_id: z.string(),
  stateful: z.boolean().nullish(),
  shared: z.boolean().nullish(),
  created_at: z.string().nullish(),
  security_group_rules: z.array(Rule).nullish(),
});
const GroupBody = z.object({ security_group: Group });
const RuleBody = z.object({ security_group_rule: Rule });

/** @param projectId Only its groups and those shared with it; null for every group the token may see. */
export async function listSecurityGroups(
  neutron: Service,
  projectId: string | null,
): Promise<SecurityGroup[]> {
  const listed = await orNone(allPages(neutron, '/security-groups', 'security_groups', Group));
  const groups = listed.map(groupFrom);
  return projectId === null
    ? groups
    : groups.filter((group) => group.projectId === projectId || group.shared);
}

/** @param projectId Its project, or one it is shared with: Neutron shows administrators those of all. */
export async function getSecurityGroup(
  neutron: Service,
  id: string,
  projectId: string,
): Promise<SecurityGroup> {
  const group = groupFrom((await neutron.get(`/security-groups/${id}`, GroupBody)).security_group);
  if (group.projectId === projectId || group.shared) return group;
  throw new ComputeError('not_found', `Security group ${id} does not exist`);
}

/** @throws ComputeError `forbidden` for a group of another project, which Neutron of before 2024 lets others add rules to. */
export function assertOwnGroup(group: SecurityGroup, projectId: string): SecurityGroup {
  if (group.projectId === projectId) return group;
  throw new ComputeError(
    'forbidden',
    `Security group ${group.id} is shared by another project, which alone can change it.`,
  );
}

export async function createSecurityGroup(
  neutron: Service,
  name: string,
  description: string,
): Promise<SecurityGroup> {
  const body = { security_group: { name, description } };
  return groupFrom((await neutron.post('/security-groups', body, GroupBody)).security_group);
}

export async function updateSecurityGroup(
  neutron: Service,
  id: string,
  change: SecurityGroupChange,
): Promise<SecurityGroup> {
  const body = { security_group: change };
  return groupFrom(
    neutron.read(await neutron.call('PUT', `/security-groups/${id}`, { body }), GroupBody).security_group,
  );
}

export async function deleteSecurityGroup(neutron: Service, id: string): Promise<void> {
  await neutron.call('DELETE', `/security-groups/${id}`);
}

export async function createSecurityGroupRule(
  neutron: Service,
  groupId: string,
  rule: NewSecurityGroupRule,
): Promise<SecurityGroupRule> {
  const body = {
    security_group_rule: {
      security_group_id: groupId,
      direction: rule.direction,
      ethertype: rule.ethertype,
      protocol: rule.protocol,
      port_range_min: rule.portMin,
      port_range_max: rule.portMax,
      remote_ip_prefix: rule.remotePrefix,
      remote_group_id: rule.remoteGroupId ?? null,
      // An extension that a cloud may not have.
      ...(rule.description && { description: rule.description }),
    },
  };
  return ruleFrom((await neutron.post('/security-group-rules', body, RuleBody)).security_group_rule);
}

/** @throws ComputeError `not_found` */
export function assertHasRule({ id, rules }: SecurityGroup, ruleId: string): void {
  if (rules.some((rule) => rule.id === ruleId)) return;
  throw new ComputeError('not_found', `Security group ${id} has no rule ${ruleId}.`);
}

export async function deleteSecurityGroupRule(neutron: Service, ruleId: string): Promise<void> {
  await neutron.call('DELETE', `/security-group-rules/${ruleId}`);
}

function groupFrom(group: z.infer<typeof Group>): SecurityGroup {
  return {
    id: group.id,
    name: group.name,
    description: group.description ?? '',
    projectId: group.project_id,
    stateful: group.stateful ?? true,
    shared: group.shared ?? false,
    created: group.created_at ?? '',
    rules: (group.security_group_rules ?? []).map(ruleFrom),
  };
}

function ruleFrom(rule: z.infer<typeof Rule>): SecurityGroupRule {
  return {
    id: rule.id,
    securityGroupId: rule.security_group_id,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol ?? null,
    portMin: rule.port_range_min ?? null,
    portMax: rule.port_range_max ?? null,
    remotePrefix: rule.remote_ip_prefix ?? null,
    remoteGroupId: rule.remote_group_id ?? null,
    ...(rule.remote_address_group_id && { remoteAddressGroupId: rule.remote_address_group_id }),
    description: rule.description ?? '',
  };
}
