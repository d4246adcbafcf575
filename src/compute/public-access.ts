/**
 * `isPublic`: a floating IP that leads to an instance's port.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import type { FloatingIp } from './model.ts';
import { isOwned, ownedDescription } from './ownership.ts';
import type { Owner } from './requests.ts';
import type { Undo } from './saga.ts';

/** What `openPort` made: a port with a public address, ready for a server. */
export interface PublicPort {
  readonly portId: string;
  readonly address: string;
}

/**
 * Makes a port and leads a new floating IP to it. Everything is known when it returns; nothing waits for a boot. What it
 * made is on `undo`.
 *
 * `conflict`: no external network reaches that network; `quota_exceeded`; `invalid`: no such network.
 */
export async function openPort(
  cloud: Cloud,
  port: { networkId: string; instanceName: string; securityGroupIds: readonly string[] },
  owner: Owner,
  undo: Undo,
): Promise<PublicPort> {
  const description = ownedDescription(owner.keyId, port.instanceName);
  const made = await cloud.createPort({
    networkId: port.networkId,
    name: port.instanceName,
    description,
    securityGroupIds: port.securityGroupIds,
  });
  undo.push(`port ${made.id}`, (detached) => detached.deletePort(made.id));
  const floatingIp = await leadAddressTo(cloud, made.id, description, undo);
  return { portId: made.id, address: floatingIp.address };
}

/**
 * Leads a new floating IP to a port that is there. On `undo` when it returns.
 *
 * `conflict`: no external network reaches the port, or it has an address already; `quota_exceeded`.
 */
export async function leadAddressTo(
  cloud: Cloud,
  portId: string,
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  const external = (await cloud.listNetworks())
    .filter((network) => network.external)
    .toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || a.name.localeCompare(b.name));
  let unreachable: unknown;
  for (const network of external) {
    try {
      const made = await cloud.createFloatingIp(network.id, portId, description);
      undo.push(`floating IP ${made.address}`, (detached) => detached.deleteFloatingIp(made.id));
      return made;
    } catch (error) {
      if (!hasCode(error, 'conflict')) throw error;
      unreachable = error;
    }
  }
  throw hasCode(unreachable, 'conflict')
    ? unreachable
    : new ComputeError('conflict', 'This cloud has no external network to take a public address from.');
}

/** Takes public addresses away: the gateway's own are given back, others only let go, for they are somebody's. */
export async function closeAddresses(cloud: Cloud, floatingIps: readonly FloatingIp[]): Promise<void> {
  for (const floatingIp of floatingIps) {
    if (isOwned(floatingIp)) await cloud.deleteFloatingIp(floatingIp.id);
    else await cloud.disassociateFloatingIp(floatingIp.id);
  }
}
