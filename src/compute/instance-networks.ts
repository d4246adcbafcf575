/**
 * Networks of an existing instance.
 *
 * @module
 */

import type { AttachedNetwork, Cloud, NewAttachment } from './cloud.ts';
import { ComputeError } from './errors.ts';
import { recordAccess } from './floating-ips.ts';
import { resolveAttachments } from './lookups.ts';
import type { Port } from './model.ts';
import { isOwned } from './ownership.ts';
import { noReleases, type Releases } from './pending-releases.ts';
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
    await resolveAttachments(cloud, [wanted.attachment], 'port');
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
  for (const { id: floatingIpId } of marked) await cloud.deleteFloatingIp(floatingIpId);
  releasePort(cloud, port, releases);
  await recordAccess(cloud, id, portId);
}

/** Nova gives a port back that it has not made; one of the gateway's is deleted when Nova has let go of it. */
function releasePort(cloud: Cloud, port: Port, releases: Releases): void {
  if (!isOwned(port)) return;
  const left = { mark: port.description, portIds: [port.id], settlesInMs: 0 };
  releases.check(cloud.detached(CLEANUP_TIMEOUT_MS), async () => left);
}
