/**
 * `enableSSH`: TCP port 22 from outside, by a security group that is created once per project.
 *
 * @module
 */

import type { Caller, Cloud } from './cloud.ts';
import { hasCode } from './errors.ts';
import { allowsSsh, SSH_PORT } from './instance-view.ts';
import type { SecurityGroup } from './model.ts';
import type { Undo } from './saga.ts';
import type { NewSecurityGroupRule } from './security-groups.ts';

export const SSH_GROUP_NAME = 'linguanova-ssh';
const SSH_GROUP_DESCRIPTION = 'SSH (tcp/22) from anywhere; made and attached by linguanova for enableSSH';

/**
 * The project's group that opens port 22, created when there is none. `quota_exceeded`.
 *
 * @param groups All groups that the project sees.
 */
export async function ensureSshGroup(cloud: Cloud, groups: readonly SecurityGroup[]): Promise<SecurityGroup> {
  const caller = await cloud.caller();
  const group = oldest(sshGroups(groups, caller)) ?? (await createSshGroup(cloud, caller));
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    if (!group.rules.some((rule) => allowsSsh(rule) && rule.ethertype === ethertype)) {
      await createRuleOnce(cloud, group.id, sshRule(ethertype));
    }
  }
  return group;
}

/** The project's own groups of that name: a shared one may have it too, and a race of two nodes may leave several. */
export function sshGroups(groups: readonly SecurityGroup[], { projectId }: Caller): SecurityGroup[] {
  return groups.filter((group) => group.name === SSH_GROUP_NAME && group.projectId === projectId);
}

/**
 * Two concurrent requests may each create a group. Both then list again, and the newer one is deleted unless it is in use.
 * Two of the same second may both stay: they are equal, the oldest is used, and closing access removes either.
 */
async function createSshGroup(cloud: Cloud, caller: Caller): Promise<SecurityGroup> {
  const made = await cloud.createSecurityGroup(SSH_GROUP_NAME, SSH_GROUP_DESCRIPTION);
  const winner = oldest(sshGroups(await cloud.listSecurityGroups(), caller)) ?? made;
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

/** Puts the group on the ports. On `undo` when it resolves. */
export async function openPorts(
  cloud: Cloud,
  portIds: readonly string[],
  groupId: string,
  undo: Undo,
): Promise<void> {
  for (const portId of portIds) {
    if (await cloud.addPortSecurityGroup(portId, groupId)) {
      undo.push(`group on port ${portId}`, async (detached) => {
        await detached.removePortSecurityGroup(portId, groupId);
      });
    }
  }
}
