/**
 * Networks of the customer's own, made and deleted with their subnet and their connection to a router.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { ComputeError, hasCode, ignoreNotFound } from './errors.ts';
import type { Network, Port } from './model.ts';
import type { NetworkDetail, Router } from './networks.ts';
import { isOwned, ownedDescription } from './ownership.ts';
import { byPreference } from './public-access.ts';
import type { Owner } from './requests.ts';
import { undoable } from './saga.ts';

export interface NetworkRequest {
  readonly name: string;
  readonly cidr: string;
  /** Connected to the project's router with a way out, or to a new one. */
  readonly routed: boolean;
}

/**
 * The network has the mark until it is complete, so that `reconcile` recognizes what a crash left; a router that is made for it
 * retains the mark. `invalid`: the range; `conflict`: no external network; `quota_exceeded`.
 */
export async function createNetwork(
  cloud: Cloud,
  request: NetworkRequest,
  owner: Owner,
): Promise<NetworkDetail> {
  const { name, cidr, routed } = request;
  if (cloud.capabilities.nativeAccessFlags) {
    return cloud.getNetwork((await cloud.createNetwork({ ...request, description: '' })).id);
  }
  const mark = ownedDescription(owner.keyId, name, 'network');
  let made: string | undefined;
  const id = await undoable(
    cloud,
    async (undo) => {
      // Before the first call, whose response may be lost; by its id, since the last call removes the mark.
      undo.push(`network ${name}`, (detached) => removeMarked(detached, mark, made));
      const network = await cloud.createNetwork({ ...request, description: mark });
      made = network.id;
      const subnet = await cloud.createSubnet(network.id, cidr);
      if (routed) {
        const router = await routerFor(cloud, name, mark);
        await cloud.addRouterInterface({ routerId: router.id, subnetId: subnet.id });
      }
      await cloud.describeNetwork(network.id, '');
      return network.id;
    },
    owner.releases,
  );
  return cloud.getNetwork(id);
}

async function routerFor(cloud: Cloud, name: string, mark: string): Promise<Router> {
  const routers = await cloud.listRouters();
  const [known] = routers
    .filter(({ externalNetworkId }) => externalNetworkId !== null)
    .toSorted((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
  if (known !== undefined) return known;
  const [external] = (await cloud.listNetworks()).filter((one) => one.external).toSorted(byPreference);
  if (external === undefined) {
    throw new ComputeError(
      'conflict',
      'This cloud has no external network to route to: set routed to false.',
    );
  }
  return cloud.createRouter(name, external.id, mark);
}

async function removeMarked(cloud: Cloud, mark: string, networkId: string | undefined): Promise<void> {
  for (const { id, description } of await cloud.listNetworks()) {
    if (description === mark || id === networkId) await removeParts(cloud, id);
  }
  for (const { id, description } of await cloud.listRouters()) {
    if (description === mark) await removeIfUnused(cloud, id);
  }
}

/**
 * Deletes a network with its subnets, its connections to the project's routers, and a router that the gateway made and nothing
 * else uses. `not_found`; `forbidden`: another project shares it; `conflict`: instances or other ports use it.
 */
export async function deleteNetwork(cloud: Cloud, id: string): Promise<void> {
  if (cloud.capabilities.nativeAccessFlags) return cloud.deleteNetwork(id);
  const [network, { projectId }] = await Promise.all([cloud.getNetwork(id), cloud.caller()]);
  if (network.projectId !== projectId) {
    throw new ComputeError('forbidden', `Network ${id} belongs to another project.`);
  }
  // Of other projects too: the owner of a network sees the ports of all that share it.
  const users = (await cloud.listPorts({ networkId: id, allProjects: true })).filter(isUse);
  if (users.length > 0) {
    const named = users.map(({ id: portId, instanceId }) => instanceId ?? `port ${portId}`);
    const message = `Network ${id} is in use by ${[...new Set(named)].slice(0, 5).join(', ')}.`;
    throw new ComputeError('conflict', message);
  }
  const routers = await cloud.listRouters();
  await undoable(cloud, async (undo) => {
    for (const one of network.interfaces) {
      await cloud.removeRouterInterface(one);
      undo.push(`router interface of network ${id}`, (detached) => detached.addRouterInterface(one));
    }
    await cloud.deleteNetwork(id);
  });
  for (const { routerId } of network.interfaces) {
    if (routers.some((router) => router.id === routerId && isOwned(router))) {
      await removeIfUnused(cloud, routerId);
    }
  }
}

/** Whether a port keeps its network from being deleted: all but those that Neutron deletes with it. */
function isUse(port: Port): boolean {
  return !port.isOfNetwork;
}

/** Another request may remove the same network, and a repeated call does not find what the first one deleted. */
async function removeParts(cloud: Cloud, id: string): Promise<void> {
  const network = await cloud.getNetwork(id).catch(ignoreNotFound);
  if (network === undefined) return;
  for (const one of network.interfaces) await cloud.removeRouterInterface(one);
  await cloud.deleteNetwork(id).catch(ignoreNotFound);
}

/** @returns Whether it is gone: a router with interfaces stays. */
async function removeIfUnused(cloud: Cloud, routerId: string): Promise<boolean> {
  try {
    await cloud.deleteRouter(routerId);
    return true;
  } catch (error) {
    if (!hasCode(error, 'conflict')) throw error;
    return false;
  }
}

export interface LostPart {
  readonly kind: 'network' | 'router';
  readonly id: string;
  readonly description: string;
}

/**
 * Removes incomplete networks that nothing uses, and routers that the gateway made and that connect nothing.
 *
 * @param isOld Older than any request may take.
 */
export async function removeLostNetworks(
  cloud: Cloud,
  isOld: (part: { readonly created: string }) => boolean,
): Promise<LostPart[]> {
  const { projectId } = await cloud.caller();
  const isLost = (part: Network | Router) => isOwned(part) && isOld(part);
  const [networks, routers] = await Promise.all([cloud.listNetworks(), cloud.listRouters()]);
  const marked = networks.filter((network) => network.projectId === projectId && isLost(network));
  const lostRouters = routers.filter(isLost);
  if (marked.length + lostRouters.length === 0) return [];
  const used = new Set((await cloud.listPorts({})).filter(isUse).map((port) => port.networkId));
  const removed: LostPart[] = [];
  for (const { id, description } of marked.filter((network) => !used.has(network.id))) {
    await removeParts(cloud, id);
    removed.push({ kind: 'network', id, description });
  }
  for (const { id, description } of lostRouters) {
    if (await removeIfUnused(cloud, id)) removed.push({ kind: 'router', id, description });
  }
  return removed;
}
