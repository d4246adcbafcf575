/** @module How servers change over time: the boot, the tasks of actions, the end. */

import type { Cloud } from '../cloud.ts';
import { Fault } from '../http.ts';
import { attachVolumes, makeVolumes, releaseAll } from './block-devices.ts';
import type { Server } from './model.ts';
import { attachAll, detach, portsOf } from './network-info.ts';

/** POWER states as Nova numbers them. */
export const POWER = { none: 0, running: 1, paused: 3, shutdown: 4, suspended: 4 } as const;

const NO_NETWORK = 'Failed to allocate the network(s), not rescheduling.';
const NO_VALID_HOST = 'No valid host was found. There are not enough hosts available.';

/** Changes a server and marks it as changed, which changes-since shows. */
export function change(cloud: Cloud, server: Server, changes: Partial<Server>): void {
  Object.assign(server, changes);
  server.updatedAt = cloud.timeline.now();
}

/** One step of a task: how long it lasts, as a part of a boot, and what it shows meanwhile. */
export type Stage = readonly [part: number, taskState: string, begin?: () => void];

/**
 * Runs a task: each stage in turn, then `end`. Whatever else takes the server over in between (deletion above all) ends it.
 */
export function runTask(cloud: Cloud, server: Server, stages: readonly Stage[], end: () => void): void {
  const [stage, ...rest] = stages;
  if (!stage) {
    end();
    return;
  }
  const [part, taskState, begin] = stage;
  change(cloud, server, { taskState });
  begin?.();
  cloud.timeline.after(part * cloud.bootMilliseconds, () => {
    if (server.taskState === taskState && server.deletedAt === null) runTask(cloud, server, rest, end);
  });
}

/** The boot: scheduling, networking, spawning, ACTIVE. Without a host it ends in ERROR with a fault. */
export function boot(cloud: Cloud, server: Server): void {
  const { host } = cloud.compute;
  const begin = () => {
    if (!hasHost(cloud, server)) return fail(cloud, server, NO_VALID_HOST);
    change(cloud, server, { host: host.name, zone: 'nova' });
    const spawning: Stage[] = [[0.6, 'spawning', network]];
    const mapping: Stage[] = [[0.4, 'block_device_mapping', map], ...spawning];
    runTask(
      cloud,
      server,
      [[0.2, 'networking'], ...(server.devices.length > 0 ? mapping : spawning)],
      finish,
    );
  };
  const map = () => {
    try {
      makeVolumes(cloud, server);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      releaseAll(cloud, server);
      fail(cloud, server, `Build of instance ${server.id} aborted: ${fault.message}`);
    }
  };
  const network = () => {
    attachVolumes(cloud, server);
    try {
      attachAll(cloud, server);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      releaseAll(cloud, server);
      fail(cloud, server, `Build of instance ${server.id} aborted: ${NO_NETWORK}`);
    }
  };
  const finish = () => {
    const now = cloud.timeline.now();
    change(cloud, server, { vmState: 'active', taskState: null, powerState: POWER.running, launchedAt: now });
    noteEnd(cloud, server);
  };
  runTask(cloud, server, [[0.2, 'scheduling']], begin);
}

function fail(cloud: Cloud, server: Server, message: string): void {
  const fault = { code: 500, message, created: cloud.timeline.now() };
  change(cloud, server, {
    vmState: 'error',
    taskState: null,
    powerState: POWER.none,
    host: null,
    zone: '',
    fault,
  });
  noteEnd(cloud, server);
}

/** One host: a second member of an anti-affinity group has nowhere to go. */
function hasHost(cloud: Cloud, server: Server): boolean {
  if (cloud.failsToBoot(server.name)) return false;
  const group = server.groupId ? cloud.compute.groups.get(server.groupId) : undefined;
  if (group?.policy !== 'anti-affinity') return true;
  const most = Number(group.rules.max_server_per_host ?? 1);
  return (
    membersOf(cloud, group.id).filter((member) => member.host !== null && member.id !== server.id).length <
    most
  );
}

/** The servers of a group that still exist. */
export function membersOf(cloud: Cloud, groupId: string): Server[] {
  const all = [...cloud.compute.servers.values()];
  return all.filter((server) => server.groupId === groupId && server.deletedAt === null);
}

/**
 * Deletes a server: its status stays with the task `deleting`, then it is gone and its ports with it. One that has not been
 * scheduled is gone immediately and without a trace, in changes-since too (measured).
 */
export function destroy(cloud: Cloud, server: Server): void {
  if (server.taskState === 'deleting') return;
  if (server.taskState === 'scheduling' && server.host === null) {
    server.deletedAt = cloud.timeline.now();
    releaseAll(cloud, server);
    cloud.compute.servers.delete(server.id);
    return;
  }
  runTask(cloud, server, [[0.3, 'deleting']], () => {
    for (const port of portsOf(cloud, server.id)) detach(cloud, server, port);
    releaseAll(cloud, server);
    const deletedAt = cloud.timeline.now();
    const gone = { vmState: 'deleted', taskState: null, powerState: POWER.none, addresses: [], host: null };
    change(cloud, server, { ...gone, deletedAt });
    noteEnd(cloud, server);
  });
}

/**
 * Deletes a server so that it can be restored, with its ports, until the interval for reclaiming has passed
 * (`reclaim_instance_interval`).
 */
export function softDelete(cloud: Cloud, server: Server): void {
  if (server.vmState === 'soft-delete' || server.taskState === 'soft-deleting') return;
  runTask(cloud, server, [[0.2, 'soft-deleting']], () => {
    change(cloud, server, { vmState: 'soft-delete', taskState: null, powerState: POWER.shutdown });
    noteEnd(cloud, server);
    cloud.timeline.after(cloud.reclaimMilliseconds, () => {
      if (server.vmState === 'soft-delete' && server.taskState === null) destroy(cloud, server);
    });
  });
}

/** Enters an action in the server's history. */
export function noteAction(
  cloud: Cloud,
  server: Server,
  action: string,
  requestId: string,
  userId: string,
): void {
  const startedAt = cloud.timeline.now();
  server.actions.unshift({ action, requestId, userId, startedAt, updatedAt: null });
}

/** Notes that the newest action has ended. */
export function noteEnd(cloud: Cloud, server: Server): void {
  const newest = server.actions[0];
  if (newest) newest.updatedAt = cloud.timeline.now();
}
