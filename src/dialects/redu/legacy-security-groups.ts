import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';

/** A security group as Neutron prints it, which is how the legacy path answers. */
export function encodeNeutronGroup(group: SecurityGroup): object {
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

function encodeNeutronRule(rule: SecurityGroupRule, projectId: string): object {
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
    tenant_id: projectId,
    project_id: projectId,
  };
}
