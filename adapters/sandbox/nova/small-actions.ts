/** @module Actions that take no time: lock, security groups, console, password, state. */

import { type Fields, json } from '../http.ts';
import { begin } from './begin.ts';
import { adminOnly, type NovaCall } from './call.ts';
import { badRequest, conflict, notFound } from './faults.ts';
import { change, noteAction, noteEnd, POWER } from './lifecycle.ts';
import type { Server } from './model.ts';
import { portsOf } from './network-info.ts';

/** Locks the server: only the administrator can change it, its owner cannot. */
export function lock(call: NovaCall, server: Server, given: Fields): undefined {
  const reason = typeof given.locked_reason === 'string' ? given.locked_reason : null;
  change(call.cloud, server, { locked: true, lockedReason: reason });
  noteInstantAction(call, server, 'lock');
}

export function unlock(call: NovaCall, server: Server): undefined {
  change(call.cloud, server, { locked: false, lockedReason: null });
  noteInstantAction(call, server, 'unlock');
}

function noteInstantAction({ cloud, requestId, principal }: NovaCall, server: Server, action: string): void {
  noteAction(cloud, server, action, requestId, principal.userId);
  noteEnd(cloud, server);
}

/** Adds a group to every port of the server. `updated` stays (measured). */
export function addSecurityGroup(call: NovaCall, server: Server, given: Fields): undefined {
  const groupId = wantedGroup(call, server, given);
  const ports = portsOf(call.cloud, server.id);
  if (ports.length === 0) {
    throw notFound(`instance_id ${server.id} could not be found as device id on any ports`);
  }
  if (ports.some((port) => port.securityGroupIds.includes(groupId))) {
    const reason = `Duplicate items in the list: '${groupId}'.`;
    const tail = `Neutron server returns request_ids: ['req-${crypto.randomUUID()}']`;
    throw badRequest(`Invalid input for security_groups. Reason: ${reason}\n${tail}`);
  }
  for (const port of ports) {
    port.securityGroupIds = [...port.securityGroupIds, groupId];
    port.revision += 1;
  }
}

/** Takes a group off every port of the server. */
export function removeSecurityGroup(call: NovaCall, server: Server, given: Fields): undefined {
  const groupId = wantedGroup(call, server, given);
  const ports = portsOf(call.cloud, server.id).filter((port) => port.securityGroupIds.includes(groupId));
  if (ports.length === 0) {
    throw notFound(`Security group ${given.name} not associated with the instance ${server.id}`);
  }
  for (const port of ports) {
    port.securityGroupIds = port.securityGroupIds.filter((id) => id !== groupId);
    port.revision += 1;
  }
}

function wantedGroup(call: NovaCall, server: Server, given: Fields): string {
  const { name } = given;
  if (typeof name !== 'string') throw badRequest('Security group not specified');
  if (name.trim() === '') throw badRequest('Security group name cannot be empty');
  for (const group of call.cloud.networking.groups.values()) {
    if (group.projectId === server.projectId && (group.id === name || group.name === name)) return group.id;
  }
  throw notFound(`Security group ${name} is not found for project ${call.principal.projectId}`);
}

const CONSOLE = ['FAKE CONSOLE OUTPUT', 'ANOTHER', 'LAST LINE'];

/** The same three lines for every server. A negative length leaves out as many of the first ones (measured). */
export function consoleOutput(_call: NovaCall, server: Server, given: Fields): Response {
  if (server.host === null) throw conflict(`Instance ${server.id} is not ready`);
  const length = Number(given.length ?? CONSOLE.length);
  return json(200, { output: length === 0 ? '' : CONSOLE.slice(-length).join('\n') });
}

export function changePassword(call: NovaCall, server: Server): undefined {
  const rule = { what: 'changePassword', states: ['active'] };
  if (server.locked && !call.principal.isAdmin) {
    throw conflict(`Instance ${server.id} is in an invalid state for 'changePassword'`);
  }
  return begin(call, server, rule, [[0, 'updating_password']], () =>
    change(call.cloud, server, { taskState: null }),
  );
}

/** Forces a state; for the administrator, to look at ERROR without anything being wrong. */
export function resetState(call: NovaCall, server: Server, given: Fields): undefined {
  adminOnly(call, 'os-admin-actions:reset_state');
  const running = given.state === 'active' ? { powerState: POWER.running } : {};
  change(call.cloud, server, { vmState: String(given.state), taskState: null, ...running });
}
