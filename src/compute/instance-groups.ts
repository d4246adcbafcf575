/**
 * The security groups of an instance.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import type { Port } from './model.ts';
import type { Releases } from './releases.ts';
import { undoable } from './saga.ts';
import { openPorts } from './ssh-access.ts';
import { assertMayUnlock } from './update-instance.ts';

/**
 * Attaches a group to every port of an instance that takes groups; idempotent, and undone when a port fails. `not_found`,
 * `conflict` (locked; no such port).
 */
export async function attachSecurityGroup(
  cloud: Cloud,
  id: string,
  groupId: string,
  releases?: Releases,
): Promise<void> {
  if (cloud.instanceSecurityGroups) return cloud.instanceSecurityGroups.attach(id, groupId);
  const [ports] = await Promise.all([portsOf(cloud, id), cloud.getSecurityGroup(groupId)]);
  const taking = ports.filter((port) => port.portSecurity !== false);
  if (taking.length === 0) {
    throw new ComputeError(
      'conflict',
      `Instance ${id} has no network port that takes security groups${ports.length === 0 ? ' yet; try again when its state is active' : ''}.`,
    );
  }
  const ids = taking.map((port) => port.id);
  await undoable(cloud, (undo) => openPorts(cloud, ids, groupId, undo), releases);
}

/** Detaches a group from every port of an instance. `not_found`: also when it is not attached; `conflict` (locked). */
export async function detachSecurityGroup(cloud: Cloud, id: string, groupId: string): Promise<void> {
  if (cloud.instanceSecurityGroups) return cloud.instanceSecurityGroups.detach(id, groupId);
  const having = (await portsOf(cloud, id)).filter(({ securityGroupIds }) =>
    securityGroupIds.includes(groupId),
  );
  if (having.length === 0) {
    throw new ComputeError('not_found', `Security group ${groupId} is not attached to instance ${id}.`);
  }
  for (const port of having) await cloud.removePortSecurityGroup(port.id, groupId);
}

async function portsOf(cloud: Cloud, id: string): Promise<readonly Port[]> {
  const [instance, ports] = await Promise.all([cloud.getInstance(id), cloud.listPorts({ instanceId: id })]);
  if (instance.locked) await assertMayUnlock(cloud, id);
  return ports;
}
