/**
 * Releases orphans of a crash or of a delete by another tool: ports and floating IPs that have the gateway's mark and belong to no
 * instance. The group `linguanova-ssh` is not one.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import { PUBLIC_ADDRESS } from './instance-view.ts';
import type { CloudInstance, FloatingIp, Port } from './model.ts';
import { isOwned } from './ownership.ts';
import { removeLostNetworks } from './project-networks.ts';

export interface ReconcileOptions {
  /** Must exceed the duration of any request, or a create in flight loses its port. */
  readonly olderThanSeconds: number;
  /** Epoch ms. */
  readonly nowMs: number;
}

export interface Orphan {
  readonly kind: 'floating_ip' | 'port' | 'network' | 'router';
  readonly id: string;
  /** Empty for what has none. */
  readonly address: string;
  readonly description: string;
}

/**
 * Releases the orphans of one project and resolves with them; each is logged. Rejects with the cloud's error at the first that
 * cannot be released or verified; another run continues from there. Rejects as `assertOwnNetworks` before any.
 */
export async function reconcile(cloud: Cloud, options: ReconcileOptions): Promise<Orphan[]> {
  await assertOwnNetworks(cloud);
  const released: Orphan[] = [];
  const note = (orphan: Orphan) => {
    released.push(orphan);
    cloud.log.info('orphan_released', { ...orphan });
  };
  await releaseAddresses(cloud, options, note);
  for (const part of await removeLostNetworks(cloud, isOldEnough(options))) note({ ...part, address: '' });
  return released;
}

/** In a shared network service, a port of another region's instance looks like one without an instance. @throws ComputeError `conflict`. */
export async function assertOwnNetworks(cloud: Pick<Cloud, 'regionSharingNetworks'>): Promise<void> {
  const region = await cloud.regionSharingNetworks();
  if (region === null) return;
  throw new ComputeError(
    'conflict',
    `The network service is also that of region ${region}, whose instances have ports there: nothing is released. Give each region an endpoint of its own in the catalog, or in LINGUANOVA_ENDPOINT_NETWORK.`,
  );
}

async function releaseAddresses(
  cloud: Cloud,
  options: ReconcileOptions,
  note: (orphan: Orphan) => void,
): Promise<void> {
  const suspects = await orphans(cloud, options);
  if (suspects.ports.length + suspects.floatingIps.length === 0) return;
  for (const port of suspects.ports) await assertGone(cloud, port);
  // Listed again: what was taken into use in between is not an orphan.
  const still = await orphans(cloud, options);
  const ips = still.floatingIps.filter((ip) => suspects.floatingIps.some(({ id }) => id === ip.id));
  const ports = still.ports.filter((port) => suspects.ports.some(({ id }) => id === port.id));

  for (const { id, address, description } of ips) {
    await cloud.deleteFloatingIp(id);
    note({ kind: 'floating_ip', id, address, description });
  }
  for (const { id, fixedAddresses, description } of ports) {
    await cloud.deletePort(id);
    note({ kind: 'port', id, address: fixedAddresses[0] ?? '', description });
  }
}

/** Younger ones may be of a request in flight. */
function isOldEnough({ olderThanSeconds, nowMs }: ReconcileOptions) {
  return ({ created }: { readonly created: string }) =>
    nowMs - Date.parse(created) >= olderThanSeconds * 1000;
}

/** Marked and unused, according to lists. */
async function orphans(
  cloud: Cloud,
  options: ReconcileOptions,
): Promise<{ ports: Port[]; floatingIps: FloatingIp[] }> {
  // Ports before instances: an instance created in between has no port in the list.
  const [ports, floatingIps] = await Promise.all([cloud.listPorts({}), cloud.listFloatingIps()]);
  const { instances } = await cloud.listInstances({}, {});
  const oldEnough = isOldEnough(options);

  const recorded = recordedPorts(instances, floatingIps);
  const alive = new Set(instances.map((instance) => instance.id));
  const serves = (port: Port) =>
    port.inOtherUse || recorded.has(port.id) || (port.instanceId !== null && alive.has(port.instanceId));
  const orphanPorts = ports.filter((port) => isOwned(port) && oldEnough(port) && !serves(port));
  return { ports: orphanPorts, floatingIps: orphanAddresses(floatingIps, orphanPorts).filter(oldEnough) };
}

/** Lists omit instances of an unreachable cell and soft-deleted ones, so the instance of a port is fetched by its id. */
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

/** Ports of recorded addresses: the instance may not have taken its port yet, or have lost it. */
function recordedPorts(
  instances: readonly CloudInstance[],
  floatingIps: readonly FloatingIp[],
): ReadonlySet<string | null> {
  const recorded = new Set(instances.map((instance) => instance.metadata[PUBLIC_ADDRESS]));
  return new Set(floatingIps.filter((ip) => recorded.has(ip.address)).map((ip) => ip.portId));
}

/** Own addresses without a port, or on an orphaned one. */
function orphanAddresses(floatingIps: readonly FloatingIp[], orphanPorts: readonly Port[]): FloatingIp[] {
  const going = new Set(orphanPorts.map((port) => port.id));
  return floatingIps.filter((ip) => isOwned(ip) && (ip.portId === null || going.has(ip.portId)));
}
