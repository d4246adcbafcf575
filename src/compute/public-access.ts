/**
 * `isPublic`: a floating IP that leads to an instance's port.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError, type ErrorCode, hasCode } from './errors.ts';
import type { FloatingIp, Network } from './model.ts';
import { isOwned, ownedDescription } from './ownership.ts';
import type { Owner } from './requests.ts';
import { orLost, type Undo } from './saga.ts';

/** What `openPort` made: a port with a public address, ready for a server. */
export interface PublicPort {
  readonly portId: string;
  readonly floatingIpId: string;
  readonly address: string;
  /** The description of both. */
  readonly mark: string;
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
  const made = await orLost(undo, { mark: description }, () =>
    cloud.createPort({
      networkId: port.networkId,
      name: port.instanceName,
      description,
      securityGroupIds: port.securityGroupIds,
    }),
  );
  undo.push(`port ${made.id}`, (detached) => detached.deletePort(made.id), { portIds: [made.id] });
  const floatingIp = await leadAddressTo(cloud, made.id, description, undo);
  return { portId: made.id, floatingIpId: floatingIp.id, address: floatingIp.address, mark: description };
}

/** Errors of one external network that say nothing about the others: it has no address, no IPv4, no way to the port. */
const OF_ONE_NETWORK: readonly ErrorCode[] = ['conflict', 'invalid', 'forbidden', 'not_found'];
/** How many networks an error names. */
const MAX_NAMED = 5;

/**
 * Leads a new floating IP to a port that is there, from the first external network that gives one: the default one first, then by
 * name. On `undo` when it returns.
 *
 * `conflict`: no external network reaches the port, or it has an address already; `quota_exceeded`.
 */
export async function leadAddressTo(
  cloud: Cloud,
  portId: string,
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  const external = (await cloud.listNetworks()).filter((network) => network.external).toSorted(byPreference);
  const refusals: { readonly network: Network; readonly error: ComputeError }[] = [];
  for (const network of external) {
    try {
      const made = await orLost(undo, { mark: description }, () =>
        cloud.createFloatingIp(network.id, portId, description),
      );
      const left = { floatingIpIds: [made.id] };
      undo.push(`floating IP ${made.address}`, (detached) => detached.deleteFloatingIp(made.id), left);
      return made;
    } catch (error) {
      if (!hasCode(error, ...OF_ONE_NETWORK)) throw error;
      refusals.push({ network, error });
    }
  }
  throw noAddress(refusals);
}

function byPreference(a: Network, b: Network): number {
  return Number(b.isDefault) - Number(a.isDefault) || compare(a.name, b.name) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function noAddress(refusals: readonly { readonly network: Network; readonly error: ComputeError }[]) {
  const [first, ...others] = refusals;
  if (first === undefined)
    return new ComputeError('conflict', 'This cloud has no external network to take a public address from.');
  if (others.every(({ error }) => error.message === first.error.message)) return first.error;
  const reasons = refusals
    .slice(0, MAX_NAMED)
    .map(({ network, error }) => `${network.name || network.id}: ${error.message}`);
  return new ComputeError('conflict', `No external network gives a public address. ${reasons.join(' ')}`, {
    cause: refusals.at(-1)?.error,
  });
}

/** Takes public addresses away: the gateway's own are given back, others only let go, for they are somebody's. */
export async function closeAddresses(cloud: Cloud, floatingIps: readonly FloatingIp[]): Promise<void> {
  for (const floatingIp of floatingIps) {
    if (isOwned(floatingIp)) await cloud.deleteFloatingIp(floatingIp.id);
    else await cloud.disassociateFloatingIp(floatingIp.id);
  }
}
