/**
 * Nova's view of security groups, where its clients still search for the groups of servers by name.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import { getInstance } from '../../../compute/instances.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../../compute/model.ts';
import { findOrThrow, type NovaCall, serverId } from './call.ts';

/** By id or name; the project's own group wins over a shared one. @throws ComputeError `not_found`, `conflict`. */
export function groupNamed(
  groups: readonly SecurityGroup[],
  wanted: string,
  projectId: string,
): SecurityGroup {
  const byId = groups.find(({ id }) => id === wanted);
  if (byId !== undefined) return byId;
  const named = groups.filter(({ name }) => name === wanted);
  const own = named.filter((group) => group.projectId === projectId);
  const [found, another] = own.length > 0 ? own : named;
  if (found === undefined) {
    throw new ComputeError('not_found', `Security group ${wanted} is not found for project ${projectId}`);
  }
  if (another === undefined) return found;
  const message = `Multiple security_groups found matching name '${wanted}', use an ID to be more specific.`;
  throw new ComputeError('conflict', message);
}

export async function listComputeGroups({ c, cloud }: NovaCall): Promise<Response> {
  return c.json({ security_groups: viewsOf(await cloud.listSecurityGroups()) });
}

export async function showComputeGroup({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  const views = viewsOf(await cloud.listSecurityGroups());
  return c.json({ security_group: findOrThrow(views, (group) => group.id === id, 'Security group', id) });
}

export async function listServerGroups({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const [{ securityGroupNames: names }, groups] = await Promise.all([
    getInstance(cloud, serverId(segment)),
    cloud.listSecurityGroups(),
  ]);
  const attached = viewsOf(groups).filter(({ name }) => names !== 'unknown' && names.includes(name));
  return c.json({ security_groups: attached });
}

function viewsOf(groups: readonly SecurityGroup[]) {
  const byId = new Map(groups.map((group) => [group.id, group]));
  return groups.map(({ id, name, description, projectId, rules }) => ({
    id,
    name,
    description,
    tenant_id: projectId,
    rules: rules.filter(({ direction }) => direction === 'ingress').map((rule) => ruleView(rule, byId)),
  }));
}

function ruleView(rule: SecurityGroupRule, groups: ReadonlyMap<string, SecurityGroup>) {
  const { remoteGroupId } = rule;
  const remote = remoteGroupId === null ? undefined : groups.get(remoteGroupId);
  const isOpen = remoteGroupId === null && rule.remoteAddressGroupId === undefined;
  return {
    id: rule.id,
    parent_group_id: rule.securityGroupId,
    ip_protocol: rule.protocol,
    from_port: rule.portMin,
    to_port: rule.portMax,
    group: remote === undefined ? {} : { name: remote.name, tenant_id: remote.projectId },
    ip_range: isOpen ? { cidr: rule.remotePrefix ?? (rule.ethertype === 'IPv6' ? '::/0' : '0.0.0.0/0') } : {},
  };
}
