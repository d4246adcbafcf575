/**
 * `enableSSH`: TCP port 22 from outside, by a security group that is made once per project.
 *
 * @module
 */

import type { Cloud, NewSecurityGroupRule } from './cloud.ts';
import { hasCode } from './errors.ts';
import type { SecurityGroup, SecurityGroupRule } from './model.ts';

export const SSH_GROUP_NAME = 'linguanova-ssh';
const SSH_GROUP_DESCRIPTION = 'SSH (tcp/22) from anywhere; made and attached by linguanova for enableSSH';
const SSH_PORT = 22;

/** Whether this rule lets somebody outside reach TCP port 22: from any network or some, but not only from a group. */
export function allowsSsh(rule: SecurityGroupRule): boolean {
  if (rule.direction !== 'ingress' || rule.remoteGroupId !== null) return false;
  if (rule.protocol !== null && rule.protocol !== 'tcp' && rule.protocol !== '6') return false;
  return (rule.portMin ?? 0) <= SSH_PORT && SSH_PORT <= (rule.portMax ?? 65_535);
}

/** The project's group that opens port 22, made when there is none. `quota_exceeded`. */
export async function ensureSshGroup(cloud: Cloud): Promise<SecurityGroup> {
  const existing = oldest(await sshGroups(cloud));
  const group = existing ?? (await createSshGroup(cloud));
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    if (!group.rules.some((rule) => allowsSsh(rule) && rule.ethertype === ethertype)) {
      await createRuleOnce(cloud, group.id, sshRule(ethertype));
    }
  }
  return group;
}

/** Every group of that name that is the project's own, for others may share one of that name; a race of two nodes may have left more than one. */
export async function sshGroups(cloud: Cloud): Promise<SecurityGroup[]> {
  const [groups, { projectId }] = await Promise.all([cloud.listSecurityGroups(), cloud.caller()]);
  return groups.filter((group) => group.name === SSH_GROUP_NAME && group.projectId === projectId);
}

/**
 * Two requests, perhaps on two nodes, may find no group and make one each. Both then look again, and the one whose group is
 * not the oldest takes it back, if nobody uses it yet. Two made within the same second may both stay; that does no harm,
 * for they are alike, the oldest is used, and closing access takes off any of them.
 */
async function createSshGroup(cloud: Cloud): Promise<SecurityGroup> {
  const made = await cloud.createSecurityGroup(SSH_GROUP_NAME, SSH_GROUP_DESCRIPTION);
  const winner = oldest(await sshGroups(cloud)) ?? made;
  if (winner.id !== made.id) {
    await cloud.deleteSecurityGroup(made.id).catch((error) => {
      if (!hasCode(error, 'conflict', 'not_found')) throw error;
    });
  }
  return winner;
}

function oldest(groups: readonly SecurityGroup[]): SecurityGroup | undefined {
  return groups.toSorted((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id))[0];
}

async function createRuleOnce(cloud: Cloud, groupId: string, rule: NewSecurityGroupRule): Promise<void> {
  try {
    await cloud.createSecurityGroupRule(groupId, rule);
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error;
  }
}

function sshRule(ethertype: 'IPv4' | 'IPv6'): NewSecurityGroupRule {
  return {
    direction: 'ingress',
    ethertype,
    protocol: 'tcp',
    portMin: SSH_PORT,
    portMax: SSH_PORT,
    remotePrefix: ethertype === 'IPv4' ? '0.0.0.0/0' : '::/0',
  };
}
