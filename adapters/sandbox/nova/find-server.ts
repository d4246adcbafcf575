/** @module Finding a server, and refusing what its state does not allow. */

import type { NovaCall } from './call.ts';
import { conflict, disallowed, notFound } from './faults.ts';
import type { Server } from './model.ts';

/** A server of the caller's project (any, for the administrator). @throws Fault 404, for others' servers and deleted ones too */
export function findServer(call: NovaCall, id: string): Server {
  const server = findWithDeleted(call, id);
  if (server?.deletedAt !== null) throw notFound(`Instance ${id} could not be found.`);
  return server;
}

/**
 * Refuses a look at, or the deletion of, another project's server that no cell has taken yet: what Nova knows of it is the
 * request, and that it refuses by policy (seen).
 * @throws Fault 403
 */
export function refuseUnscheduled(call: NovaCall, id: string, action: 'show' | 'delete'): void {
  const server = call.cloud.compute.servers.get(id);
  const isForeign = server && server.projectId !== call.principal.projectId && !call.principal.isAdmin;
  if (isForeign && server.taskState === 'scheduling') throw disallowed(`servers:${action}`);
}

/** The same, deleted servers included, whose history stays readable. */
export function findWithDeleted(call: NovaCall, id: string): Server | undefined {
  const server = call.cloud.compute.servers.get(id);
  const { principal } = call;
  return server && (server.projectId === principal.projectId || principal.isAdmin) ? server : undefined;
}

/** @throws Fault 409 when the server is locked; the administrator is not stopped by a lock. */
export function refuseLocked(call: NovaCall, server: Server): void {
  if (server.locked && !call.principal.isAdmin) throw conflict(`Instance ${server.id} is locked`);
}

/**
 * @param what the action as Nova's message calls it
 * @param states the vm_states that allow it
 * @param tasks the task_states that allow it, besides none
 * A server that has never run is refused too.
 * @throws Fault 409
 */
export function requireState(
  server: Server,
  what: string,
  states: readonly string[],
  tasks: readonly string[] = [],
): void {
  const refuse = (kind: string, value: string) =>
    conflict(`Cannot '${what}' instance ${server.id} while it is in ${kind} ${value}`);
  if (!states.includes(server.vmState)) throw refuse('vm_state', server.vmState);
  if (tasks !== ANY_TASK && server.taskState !== null && !tasks.includes(server.taskState))
    throw refuse('task_state', server.taskState);
  if (server.launchedAt === null) throw refuse('launched_at', 'None');
}

/** For `requireState`: allowed during every task. */
export const ANY_TASK: readonly string[] = ['any'];

/** vm_states in which Nova changes a server's metadata and tags. */
export const CHANGEABLE_STATES: readonly string[] = ['active', 'paused', 'suspended', 'stopped'];
