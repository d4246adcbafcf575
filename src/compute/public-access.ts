/**
 * `isPublic`: a floating IP on one of an instance's ports, or an address on an external network.
 *
 * @module
 */

import type { Cloud, NetworkAttachment } from './cloud.ts';
import { ComputeError, type ErrorCode, hasCode, ignoreNotFound } from './errors.ts';
import type { ResolvedAttachments } from './lookups.ts';
import type { FloatingIp, Network } from './model.ts';
import { isOwned } from './ownership.ts';
import type { NewRelease } from './releases.ts';
import { noteLostResponse, type Undo } from './saga.ts';

export interface PublicAccess {
  /** The server's attachments, the public port among them. */
  readonly attachments: readonly NetworkAttachment[];
  readonly address: string;
  /** The address is the instance's own on an external network: there is no floating IP. */
  readonly isExternal: boolean;
  /** null: nothing was created. */
  readonly made: NewRelease | null;
}

/**
 * Prepares the public address of an instance that is about to be created: on the first network that is external itself, else on a
 * port that has a floating IP, else on the first port that one can be associated with. What it creates has `mark` as its
 * description and is on `undo`.
 *
 * `conflict`: no external network reaches any of the networks, or no address is left; `quota_exceeded`; `invalid`.
 */
export async function preparePublicAccess(
  cloud: Cloud,
  { attachments, networks, ports }: ResolvedAttachments,
  instance: { readonly name: string; readonly groupIds: readonly string[] },
  mark: string,
  undo: Undo,
): Promise<PublicAccess> {
  const external = new Set(networks.filter(({ external }) => external).map(({ id }) => id));
  const newPort = async (at: number, networkId: string, isExternal: boolean): Promise<PublicAccess> => {
    const made = await noteLostResponse(undo, { mark }, () =>
      cloud.createPort({
        networkId,
        name: instance.name,
        description: mark,
        securityGroupIds: instance.groupIds,
      }),
    );
    const portIds = [made.id];
    const takeBack = undo.push(`port ${made.id}`, (detached) => detached.deletePort(made.id), { portIds });
    const withPort = attachments.with(at, { kind: 'port', portId: made.id });
    const [own] = isExternal ? made.fixedAddresses : [];
    if (own !== undefined) {
      return { attachments: withPort, address: own, isExternal, made: { mark, portIds, floatingIpIds: [] } };
    }
    try {
      const { id, address } = await attachFloatingIp(cloud, made.id, networks, mark, undo);
      const floatingIpIds = [id];
      return { attachments: withPort, address, isExternal, made: { mark, portIds, floatingIpIds } };
    } catch (error) {
      await takeBack();
      throw error;
    }
  };

  for (const [at, attachment] of attachments.entries()) {
    if (attachment.kind === 'network') {
      if (external.has(attachment.networkId)) return newPort(at, attachment.networkId, true);
      continue;
    }
    const port = ports.find(({ id }) => id === attachment.portId);
    const [address] = port?.fixedAddresses ?? [];
    if (port !== undefined && address !== undefined && external.has(port.networkId)) {
      return { attachments, address, isExternal: true, made: null };
    }
  }

  const portIds = attachments.flatMap((one) => (one.kind === 'port' ? [one.portId] : []));
  const floatingIps = portIds.length === 0 ? [] : await cloud.listFloatingIps();
  for (const portId of portIds) {
    const found = floatingIps.find((floatingIp) => floatingIp.portId === portId);
    if (found !== undefined) return { attachments, address: found.address, isExternal: false, made: null };
  }

  return firstReachable([...attachments.entries()], async ([at, attachment]) => {
    if (attachment.kind === 'network') return newPort(at, attachment.networkId, false);
    const { id, address } = await attachFloatingIp(cloud, attachment.portId, networks, mark, undo);
    return { attachments, address, isExternal: false, made: { mark, floatingIpIds: [id] } };
  });
}

/**
 * Associates a new floating IP with the first of these ports that an external network reaches. On `undo` when it resolves.
 *
 * Errors as `attachFloatingIp`, about the first port.
 */
export async function attachFloatingIpToFirst(
  cloud: Cloud,
  portIds: readonly string[],
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  const networks = await cloud.listNetworks();
  return firstReachable(portIds, (portId) => attachFloatingIp(cloud, portId, networks, description, undo));
}

/** The first result that is not an `UnreachablePort`, else the first such error. */
export async function firstReachable<C, T>(
  candidates: readonly C[],
  attempt: (one: C) => Promise<T>,
): Promise<T> {
  let unreachable: unknown;
  for (const candidate of candidates) {
    try {
      return await attempt(candidate);
    } catch (error) {
      if (!(error instanceof UnreachablePort)) throw error;
      unreachable ??= error;
    }
  }
  throw unreachable;
}

/** No external network reaches a port; another port of the same instance may be reachable. */
export class UnreachablePort extends ComputeError {
  constructor({ code, message, cause }: ComputeError) {
    super(code, message, { cause });
  }
}

/** Errors about one external network: it has no address, no IPv4, or no route to the port. Another one may do. */
const NETWORK_SPECIFIC_CODES: readonly ErrorCode[] = ['conflict', 'invalid', 'forbidden', 'not_found'];
const MAX_NAMED_NETWORKS = 5;

/**
 * Allocates a floating IP for an existing port or for none, from the first external network that has one: the default network
 * first, then by name. On `undo` when it resolves.
 *
 * `UnreachablePort`: no external network reaches the port, or it has a floating IP already; `quota_exceeded`.
 */
export async function attachFloatingIp(
  cloud: Cloud,
  portId: string | null,
  networks: readonly Network[],
  description: string,
  undo: Undo,
): Promise<FloatingIp> {
  const refusals: { readonly network: Network; readonly error: ComputeError }[] = [];
  for (const network of networks.filter(({ external }) => external).toSorted(byPreference)) {
    try {
      const made = await noteLostResponse(undo, { mark: description }, () =>
        cloud.createFloatingIp(network.id, portId, description),
      );
      undo.push(`floating IP ${made.address}`, (detached) => detached.deleteFloatingIp(made.id), {
        floatingIpIds: [made.id],
      });
      return made;
    } catch (error) {
      if (!hasCode(error, ...NETWORK_SPECIFIC_CODES)) throw error;
      refusals.push({ network, error });
    }
  }
  const refused = noAddress(refusals);
  throw refused.code === 'conflict' ? new UnreachablePort(refused) : refused;
}

export function byPreference(a: Network, b: Network): number {
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
    .slice(0, MAX_NAMED_NETWORKS)
    .map(({ network, error }) => `${network.name || network.id}: ${error.message}`);
  return new ComputeError('conflict', `No external network gives a public address. ${reasons.join(' ')}`, {
    cause: refusals.at(-1)?.error,
  });
}

/** Deletes the gateway's own floating IPs and disassociates others, which belong to the customer. */
export async function releaseFloatingIps(cloud: Cloud, floatingIps: readonly FloatingIp[]): Promise<void> {
  for (const floatingIp of floatingIps) {
    if (isOwned(floatingIp)) await cloud.deleteFloatingIp(floatingIp.id);
    else await cloud.updateFloatingIp(floatingIp.id, { portId: null }).catch(ignoreNotFound);
  }
}
