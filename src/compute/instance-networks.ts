/**
 * Networks of an existing instance.
 *
 * @module
 */

import type { AttachedNetwork, Cloud, NewAttachment } from './cloud.ts';
import { ComputeError } from './errors.ts';
import { recordAccess } from './floating-ips.ts';
import { resolveAttachments } from './lookups.ts';
import { isOwned } from './ownership.ts';
import { noReleases, type Releases } from './releases.ts';
import { CLEANUP_TIMEOUT_MS } from './saga.ts';

/** `not_found`. */
export async function listInstanceNetworks(cloud: Cloud, id: string): Promise<readonly AttachedNetwork[]> {
  await cloud.getInstance(id);
  const ports = await cloud.listPorts({ instanceId: id });
  return ports.map((port) => ({
    portId: port.id,
    networkId: port.networkId,
    addresses: port.fixedAddresses,
  }));
}

/** `not_found`: the instance; `invalid`; `conflict`: its state, a port or address in use, locked; `quota_exceeded`. */
export async function attachNetwork(
  cloud: Cloud,
  id: string,
  wanted: NewAttachment,
): Promise<AttachedNetwork> {
  if (!cloud.capabilities.nativeAccessFlags) {
    await cloud.getInstance(id);
    await resolveAttachments(cloud, [wanted.attachment], { network: 'network', port: 'port' });
  }
  return cloud.attachNetwork(id, wanted);
}

/**
 * Resolves once the cloud has accepted. What `isPublic` made for this network is released; the customer's floating IPs stay.
 * `not_found`: the instance or its port; `conflict`: its state, locked.
 */
export async function detachNetwork(
  cloud: Cloud,
  id: string,
  portId: string,
  releases: Releases = noReleases,
): Promise<void> {
  if (cloud.capabilities.nativeAccessFlags) return cloud.detachNetwork(id, portId);
  await cloud.getInstance(id);
  const [port] = (await cloud.listPorts({ instanceId: id })).filter((one) => one.id === portId);
  if (port === undefined) throw new ComputeError('not_found', `Instance ${id} has no port ${portId}.`);
  const marked = (await cloud.listFloatingIps()).filter((ip) => ip.portId === portId && isOwned(ip));
  await cloud.detachNetwork(id, portId);
  const deletions = marked.map((ip) => cloud.deleteFloatingIp(ip.id));
  const areDeleted = (await Promise.allSettled(deletions)).every(({ status }) => status === 'fulfilled');
  // Nova gives a port back that it has not made: one of the gateway's is deleted once Nova has released it.
  const portIds = isOwned(port) ? [port.id] : [];
  if (portIds.length > 0 || !areDeleted) {
    const mark = [port, ...marked].find(isOwned)?.description ?? null;
    const left = { mark, portIds, floatingIpIds: marked.map((ip) => ip.id), settlesInMs: 0 };
    releases.check(cloud.detached(CLEANUP_TIMEOUT_MS), async () => left);
  }
  await recordAccess(cloud, id, portId);
}
