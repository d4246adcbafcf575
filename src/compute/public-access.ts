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
import { noteLostResponse, type Undo } from './saga.ts';

/** What `openPort` made: a port with a public address, ready for a server. */
export interface PublicPort {
  readonly portId: string;
  readonly floatingIpIds: readonly string[];
  readonly address: string;
  /** The description of both. */
  readonly mark: string;
}

/**
 * Makes a port and leads a new floating IP to it. Everything is known when it returns; nothing waits for a boot. What it
 * made is on `undo`.
 *
 * `UnreachablePort`: no external network reaches that network, and nothing is left of it; `conflict`: that network has no address
 * left; `quota_exceeded`; `invalid`: no such network.
 */
export async function createPublicPort(
  cloud: Cloud,
  port: {
    networkId: string;
    instanceName: string;
    securityGroupIds: readonly string[];
    /** The network is external itself: the port's own address is the public one. */
    isExternal: boolean;
  },
  owner: Owner,
  undo: Undo,
): Promise<PublicPort> {
  const description = ownedDescription(owner.keyId, port.instanceName);
  const made = await noteLostResponse(undo, { mark: description }, () =>
    cloud.createPort({
      networkId: port.networkId,
      name: port.instanceName,
      description,
      securityGroupIds: port.securityGroupIds,
    }),
  );
  const left = { portIds: [made.id] };
  const takeBack = undo.push(`port ${made.id}`, (detached) => detached.deletePort(made.id), left);
  const opened = { portId: made.id, mark: description };
  const [own] = port.isExternal ? made.fixedAddresses : [];
  if (own !== undefined) return { ...opened, floatingIpIds: [], address: own };
  try {
    const { id, address } = await reachPort(cloud, made.id, description, undo);
    return { ...opened, floatingIpIds: [id], address };
  } catch (error) {
    await takeBack();
    throw error;
  }
}

/** No external network reaches a port. Another port of the same instance may be reached. */
export class UnreachablePort extends ComputeError {
  constructor({ code, message, cause }: ComputeError) {
    super(code, message, { cause });
  }
}

/** As `leadAddressTo`, with `UnreachablePort` in place of `conflict`. */
export async function reachPort(
  cloud: Cloud,
  portId: string,
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  return attachFloatingIp(cloud, portId, description, undo).catch((error) => {
    throw hasCode(error, 'conflict') ? new UnreachablePort(error) : error;
  });
}

/**
 * Leads a new floating IP to the first of these ports that an external network reaches. On `undo` when it returns.
 * Errors as `leadAddressTo`, about the first port.
 */
export async function attachFloatingIpToFirst(
  cloud: Cloud,
  portIds: readonly string[],
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  let unreachable: unknown;
  for (const portId of portIds) {
    try {
      return await reachPort(cloud, portId, description, undo);
    } catch (error) {
      if (!(error instanceof UnreachablePort)) throw error;
      unreachable ??= error;
    }
  }
  throw unreachable;
}

/** Errors of one external network that say nothing about the others: it has no address, no IPv4, no way to the port. */
const NETWORK_SPECIFIC_CODES: readonly ErrorCode[] = ['conflict', 'invalid', 'forbidden', 'not_found'];
/** How many networks an error names. */
const MAX_NAMED = 5;

/**
 * Leads a new floating IP to a port that is there, from the first external network that gives one: the default one first, then by
 * name. On `undo` when it returns.
 *
 * `conflict`: no external network reaches the port, or it has an address already; `quota_exceeded`.
 */
export async function attachFloatingIp(
  cloud: Cloud,
  portId: string,
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  const external = (await cloud.listNetworks()).filter((network) => network.external).toSorted(byPreference);
  const refusals: { readonly network: Network; readonly error: ComputeError }[] = [];
  for (const network of external) {
    try {
      const made = await noteLostResponse(undo, { mark: description }, () =>
        cloud.createFloatingIp(network.id, portId, description),
      );
      const left = { floatingIpIds: [made.id] };
      undo.push(`floating IP ${made.address}`, (detached) => detached.deleteFloatingIp(made.id), left);
      return made;
    } catch (error) {
      if (!hasCode(error, ...NETWORK_SPECIFIC_CODES)) throw error;
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
export async function releaseFloatingIps(cloud: Cloud, floatingIps: readonly FloatingIp[]): Promise<void> {
  for (const floatingIp of floatingIps) {
    if (isOwned(floatingIp)) await cloud.deleteFloatingIp(floatingIp.id);
    else await cloud.disassociateFloatingIp(floatingIp.id);
  }
}
