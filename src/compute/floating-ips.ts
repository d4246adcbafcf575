/**
 * Floating IPs as resources of the customer: they survive instances and move between them. One that the gateway allocated for
 * `isPublic` becomes the customer's when it is changed here.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import { FLAG_PUBLIC, inNetworkOrder, PUBLIC_ADDRESS } from './instance-view.ts';
import type { FloatingIp, Network } from './model.ts';
import { customerDescription } from './ownership.ts';
import { attachFloatingIp, firstReachable, UnreachablePort } from './public-access.ts';
import { undoable } from './saga.ts';
import { assertHasPort, changedItems, recordFlags } from './update-instance.ts';

/** What a floating IP is associated with: an instance's first reachable port, a port, or nothing. */
export type FloatingIpTarget = { readonly instanceId: string } | { readonly portId: string } | null;

export interface NewFloatingIp {
  /** null: the first external network that has an address. */
  readonly networkId: string | null;
  readonly target: FloatingIpTarget;
  readonly description: string;
}

/**
 * `invalid`: no such external network, no such port; `not_found`: the instance; `conflict`: no route, no address left, the port
 * has a floating IP; `quota_exceeded`.
 */
export async function createFloatingIp(
  cloud: Cloud,
  { networkId, target, description }: NewFloatingIp,
): Promise<FloatingIp> {
  const [networks, portIds] = await Promise.all([externalNetworks(cloud, networkId), portsOf(cloud, target)]);
  const made = await undoable(cloud, (undo) =>
    firstReachable(portIds, (portId) => attachFloatingIp(cloud, portId, networks, description, undo)),
  );
  await recordAccess(cloud, made.instanceId);
  return made;
}

/**
 * The mark is removed before anything else, so that neither the old instance's deletion nor its `isPublic` releases the address.
 * Errors as `createFloatingIp`; `not_found`.
 */
export async function updateFloatingIp(
  cloud: Cloud,
  id: string,
  change: { readonly target?: FloatingIpTarget; readonly description?: string },
): Promise<FloatingIp> {
  const { target } = change;
  const before = await cloud.getFloatingIp(id);
  const portIds = target === undefined ? [] : await portsOf(cloud, target);
  const description = change.description ?? customerDescription(before);
  let changed = before;
  if (description !== before.description) changed = await cloud.updateFloatingIp(id, { description });
  if (target === undefined || portIds.includes(before.portId)) return changed;
  changed = await firstReachable(portIds, (portId) =>
    cloud.updateFloatingIp(id, { portId }).catch((error: unknown) => {
      throw error instanceof ComputeError && error.code === 'conflict' ? new UnreachablePort(error) : error;
    }),
  );
  await recordAccess(cloud, before.instanceId);
  await recordAccess(cloud, changed.instanceId);
  return changed;
}

/** `not_found`. */
export async function deleteFloatingIp(cloud: Cloud, id: string): Promise<void> {
  const { instanceId } = await cloud.getFloatingIp(id);
  await cloud.deleteFloatingIp(id);
  await recordAccess(cloud, instanceId);
}

async function externalNetworks(cloud: Cloud, wanted: string | null): Promise<readonly Network[]> {
  const external = (await cloud.listNetworks()).filter((network) => network.external);
  if (wanted === null) return external;
  const chosen = external.filter(({ id }) => id === wanted);
  if (chosen.length === 0) throw ComputeError.input('network', `there is no external network ${wanted}`);
  return chosen;
}

/** The ports to try, in order; null for none. */
async function portsOf(cloud: Cloud, target: FloatingIpTarget): Promise<readonly (string | null)[]> {
  if (target === null) return [null];
  if ('instanceId' in target) {
    const instance = await cloud.getInstance(target.instanceId);
    const ports = await cloud.listPorts({ instanceId: instance.id });
    assertHasPort(instance, ports);
    return inNetworkOrder(instance, ports).map(({ id }) => id);
  }
  // An administrator's token could associate any project's port.
  const isKnown =
    cloud.capabilities.nativeAccessFlags || (await cloud.listPorts({ ids: [target.portId] })).length > 0;
  if (!isKnown) throw ComputeError.input('port', `there is no port ${target.portId}`);
  return [target.portId];
}

/**
 * Records the public address that an instance has now, which Nova shows late. Never rejects: the address itself is changed.
 *
 * @param withoutPortId A port that is being detached.
 */
export async function recordAccess(
  cloud: Cloud,
  instanceId: string | null,
  withoutPortId?: string,
): Promise<void> {
  if (instanceId === null || cloud.capabilities.nativeAccessFlags) return;
  try {
    const instance = await cloud.getInstance(instanceId);
    const addresses = (await cloud.listFloatingIps())
      .filter((ip) => ip.instanceId === instanceId && ip.portId !== withoutPortId)
      .map(({ address }) => address);
    const recorded = instance.metadata[PUBLIC_ADDRESS] ?? '';
    const address = addresses.includes(recorded) ? recorded : (addresses[0] ?? null);
    const flags = { [FLAG_PUBLIC]: String(address !== null), [PUBLIC_ADDRESS]: address };
    await recordFlags(cloud, instance, changedItems(instance, flags));
  } catch (error) {
    if (!(error instanceof ComputeError)) throw error;
  }
}
