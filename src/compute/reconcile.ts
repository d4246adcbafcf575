/**
 * Frees what a crash, or a delete behind the gateway's back, left over: ports and floating IPs that carry the gateway's
 * mark and serve no instance. Nothing else is touched. The group `linguanova-ssh` stays: it is the project's, made once.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import { PUBLIC_ADDRESS } from './instance-view.ts';
import type { CloudInstance, FloatingIp, Port } from './model.ts';
import { isOwned } from './ownership.ts';

export interface ReconcileOptions {
  /** Seconds a thing must have existed; longer than any request takes, or a create in flight loses its port. */
  readonly olderThanSeconds: number;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

export interface Orphan {
  readonly kind: 'floating_ip' | 'port';
  readonly id: string;
  /** Its address; empty for a port without one. */
  readonly address: string;
  readonly description: string;
}

/**
 * Frees the leftovers of one project and answers them, in the order they were freed; each is logged as it goes.
 *
 * Rejects with the cloud's error at the first it cannot free, or cannot be sure of; running it again goes on from there.
 */
export async function reconcile(cloud: Cloud, options: ReconcileOptions): Promise<Orphan[]> {
  const suspects = await orphans(cloud, options);
  if (suspects.ports.length + suspects.floatingIps.length === 0) return [];
  for (const port of suspects.ports) await assertGone(cloud, port);
  // Looked at once more: what found its use in between is no leftover.
  const still = await orphans(cloud, options);
  const ips = still.floatingIps.filter((ip) => suspects.floatingIps.some(({ id }) => id === ip.id));
  const ports = still.ports.filter((port) => suspects.ports.some(({ id }) => id === port.id));

  const freed: Orphan[] = [];
  const note = (leftover: Orphan) => {
    freed.push(leftover);
    cloud.log.info('orphan_released', { ...leftover });
  };
  for (const { id, address, description } of ips) {
    await cloud.deleteFloatingIp(id);
    note({ kind: 'floating_ip', id, address, description });
  }
  for (const { id, fixedAddresses, description } of ports) {
    await cloud.deletePort(id);
    note({ kind: 'port', id, address: fixedAddresses[0] ?? '', description });
  }
  return freed;
}

/** What carries the mark and serves nothing, as far as lists tell. */
async function orphans(
  cloud: Cloud,
  { olderThanSeconds, nowMs }: ReconcileOptions,
): Promise<{ ports: Port[]; floatingIps: FloatingIp[] }> {
  // Ports before instances: an instance made in between has no port in the list, so none is taken for an orphan's.
  const [ports, floatingIps] = await Promise.all([cloud.listPorts({}), cloud.listFloatingIps()]);
  const { instances } = await cloud.listInstances({}, {});
  const oldEnough = (thing: { created: string }) =>
    nowMs - Date.parse(thing.created) >= olderThanSeconds * 1000;

  const promised = promisedPorts(instances, floatingIps);
  const alive = new Set(instances.map((instance) => instance.id));
  const serves = (port: Port) =>
    port.inOtherUse || promised.has(port.id) || (port.instanceId !== null && alive.has(port.instanceId));
  const orphanPorts = ports.filter((port) => isOwned(port) && oldEnough(port) && !serves(port));
  return { ports: orphanPorts, floatingIps: leftoverAddresses(floatingIps, orphanPorts).filter(oldEnough) };
}

/**
 * A list may leave out instances: of a cell that cannot be reached, or deleted but kept for a while. The port of one is
 * freed only when the cloud says of that very instance that it does not exist.
 */
async function assertGone(cloud: Cloud, { instanceId, id }: Port): Promise<void> {
  if (instanceId === null) return;
  const found = await cloud.getInstance(instanceId).then(
    () => true,
    (error) => {
      if (!hasCode(error, 'not_found')) throw error;
      return false;
    },
  );
  if (found)
    throw new ComputeError('conflict', `Port ${id} belongs to instance ${instanceId}, which no list shows.`);
}

/** Ports that lead to what an instance was promised: it may not have taken its port yet, or have let go of it. */
function promisedPorts(
  instances: readonly CloudInstance[],
  floatingIps: readonly FloatingIp[],
): ReadonlySet<string | null> {
  const promised = new Set(instances.map((instance) => instance.metadata[PUBLIC_ADDRESS]));
  return new Set(floatingIps.filter((ip) => promised.has(ip.address)).map((ip) => ip.portId));
}

/** Addresses of ours that lead nowhere, or to a port that goes. One led to somebody's port is in use. */
function leftoverAddresses(floatingIps: readonly FloatingIp[], orphanPorts: readonly Port[]): FloatingIp[] {
  const going = new Set(orphanPorts.map((port) => port.id));
  return floatingIps.filter((ip) => isOwned(ip) && (ip.portId === null || going.has(ip.portId)));
}
