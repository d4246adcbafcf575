import * as z from 'zod';
import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';

const neutronRuleSchema = z
  .object({
    id: z.string(),
    security_group_id: z.string(),
    direction: z.string(),
    ethertype: z.string(),
    protocol: z.string().nullable(),
    port_range_min: z.int().nullable(),
    port_range_max: z.int().nullable(),
    remote_ip_prefix: z.string().nullable(),
    remote_group_id: z.string().nullable(),
    remote_address_group_id: z.string().optional(),
    description: z.string(),
    tenant_id: z.string(),
    project_id: z.string(),
  })
  .meta({ id: 'LegacySecurityGroupRule' });

export const neutronGroupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    stateful: z.boolean(),
    shared: z.boolean(),
    tenant_id: z.string(),
    project_id: z.string(),
    created_at: z.string(),
    security_group_rules: z.array(neutronRuleSchema),
  })
  .meta({ id: 'LegacySecurityGroup' });

/** A security group in Neutron's format, as the legacy path returns it. */
export function encodeNeutronGroup(group: SecurityGroup): z.infer<typeof neutronGroupSchema> {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    stateful: group.stateful,
    shared: group.shared,
    tenant_id: group.projectId,
    project_id: group.projectId,
    created_at: group.created,
    security_group_rules: group.rules.map((rule) => encodeNeutronRule(rule, group.projectId)),
  };
}

function encodeNeutronRule(rule: SecurityGroupRule, projectId: string): z.infer<typeof neutronRuleSchema> {
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
    ...(rule.remoteAddressGroupId && { remote_address_group_id: rule.remoteAddressGroupId }),
    description: rule.description,
    tenant_id: projectId,
    project_id: projectId,
  };
}
