/** @module Nova's window on Neutron's security groups: those of a server, and until 2.35 those of the project. */

import { type Fields, json } from '../http.ts';
import type { SecurityGroup, SecurityGroupRule } from '../neutron/model.ts';
import type { NovaCall } from './call.ts';
import { goneAtThisVersion, notFound } from './faults.ts';
import { findServer } from './find-server.ts';
import { portsOf } from './network-info.ts';

/** GET /servers/{id}/os-security-groups */
export function listServerSecurityGroups(call: NovaCall, id: string): Response {
  const { groups } = call.cloud.networking;
  const ids = new Set(portsOf(call.cloud, findServer(call, id).id).flatMap((port) => port.securityGroupIds));
  const found = [...ids].flatMap((groupId) => groups.get(groupId) ?? []);
  return json(200, { security_groups: found.map((group) => view(call, group)) });
}

/** GET /os-security-groups; the `openstack` client still looks names up here. */
export function listSecurityGroups(call: NovaCall): Response {
  return json(200, { security_groups: ownGroups(call).map((group) => view(call, group)) });
}

/** GET /os-security-groups/{id} */
export function showSecurityGroup(call: NovaCall, id: string): Response {
  const group = ownGroups(call).find((candidate) => candidate.id === id);
  if (!group) throw notFound(`Security group ${id} could not be found.`);
  return json(200, { security_group: view(call, group) });
}

function ownGroups(call: NovaCall): SecurityGroup[] {
  if (call.minor >= 36) throw goneAtThisVersion();
  const all = [...call.cloud.networking.groups.values()];
  return all.filter((group) => group.projectId === call.principal.projectId);
}

function view(call: NovaCall, group: SecurityGroup): Fields {
  const incoming = [...call.cloud.networking.rules.values()].filter(
    (rule) => rule.groupId === group.id && rule.direction === 'ingress',
  );
  return {
    id: group.id,
    description: group.description,
    name: group.name,
    tenant_id: group.projectId,
    rules: incoming.map((rule) => ruleView(call, rule)),
  };
}

function ruleView(call: NovaCall, rule: SecurityGroupRule): Fields {
  const { groups } = call.cloud.networking;
  const remote = rule.remoteGroupId ? groups.get(rule.remoteGroupId) : undefined;
  return {
    id: rule.id,
    parent_group_id: rule.groupId,
    ip_protocol: rule.protocol,
    ...portsOfRule(rule),
    group: remote ? { name: remote.name, tenant_id: remote.projectId } : {},
    ip_range: remote ? {} : { cidr: rule.prefix ?? '0.0.0.0/0' },
  };
}

/** All ports as numbers, of a protocol that is named; -1 where the protocol has none. */
function portsOfRule({ protocol, portMin, portMax }: SecurityGroupRule): Fields {
  if (protocol === null || portMin !== null || portMax !== null) {
    return { from_port: portMin, to_port: portMax };
  }
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  return { from_port: hasPorts ? 1 : -1, to_port: hasPorts ? 65_535 : -1 };
}
