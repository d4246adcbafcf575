/**
 * The way in from outside of an instance that is about to be made.
 *
 * @module
 */

import type { Cloud, NetworkAttachment } from './cloud.ts';
import type { ResolvedAttachments } from './lookups.ts';
import { ownedDescription } from './ownership.ts';
import type { NewRelease } from './pending-releases.ts';
import { createPublicPort, type PublicPort, reachPort, UnreachablePort } from './public-access.ts';
import type { Owner } from './requests.ts';
import type { Undo } from './saga.ts';

export interface PublicAccess {
  /** What the server is to be attached to, the opened port among it. */
  readonly attachments: readonly NetworkAttachment[];
  readonly address: string;
  /** The address is the instance's own, on an external network: no floating IP leads to it. */
  readonly isExternal: boolean;
  /** null: nothing was made. */
  readonly made: NewRelease | null;
}

/**
 * Opens the first of the instance's networks that is or can be reached from outside: one that is external itself, else a port to
 * which an address leads already, else the first to which a new floating IP can lead. What it made is on `undo`.
 *
 * Errors as `openPort`, about the first network.
 */
export async function preparePublicAccess(
  cloud: Cloud,
  { attachments, networks, ports }: ResolvedAttachments,
  instance: { readonly name: string; readonly groupIds: readonly string[] },
  owner: Owner,
  undo: Undo,
): Promise<PublicAccess> {
  const external = new Set(networks.filter(({ external }) => external).map(({ id }) => id));
  const portOf = (portId: string) => ports.find(({ id }) => id === portId);
  const open = async (networkId: string, isExternal: boolean): Promise<PublicPort> =>
    createPublicPort(
      cloud,
      { networkId, instanceName: instance.name, securityGroupIds: instance.groupIds, isExternal },
      owner,
      undo,
    );

  for (const [at, attachment] of attachments.entries()) {
    if (attachment.kind === 'network') {
      if (!external.has(attachment.networkId)) continue;
      return withPort(attachments, at, await open(attachment.networkId, true), true);
    }
    const port = portOf(attachment.portId);
    const [address] = port?.fixedAddresses ?? [];
    if (port !== undefined && address !== undefined && external.has(port.networkId)) {
      return { attachments, address, isExternal: true, made: null };
    }
  }

  const named = attachments.flatMap((attachment) => (attachment.kind === 'port' ? [attachment.portId] : []));
  const leading = named.length === 0 ? [] : await cloud.listFloatingIps();
  for (const portId of named) {
    const found = leading.find((floatingIp) => floatingIp.portId === portId);
    if (found !== undefined) return { attachments, address: found.address, isExternal: false, made: null };
  }

  let unreachable: UnreachablePort | undefined;
  for (const [at, attachment] of attachments.entries()) {
    try {
      if (attachment.kind === 'network') {
        return withPort(attachments, at, await open(attachment.networkId, false), false);
      }
      const mark = ownedDescription(owner.keyId, instance.name);
      const { id, address } = await reachPort(cloud, attachment.portId, mark, undo);
      return { attachments, address, isExternal: false, made: { mark, floatingIpIds: [id] } };
    } catch (error) {
      if (!(error instanceof UnreachablePort)) throw error;
      unreachable ??= error;
    }
  }
  throw unreachable;
}

function withPort(
  attachments: readonly NetworkAttachment[],
  at: number,
  { portId, floatingIpIds, address, mark }: PublicPort,
  isExternal: boolean,
): PublicAccess {
  const made = { mark, portIds: [portId], floatingIpIds };
  return { attachments: attachments.with(at, { kind: 'port', portId }), address, isExternal, made };
}
