/**
 * What a customer does with instances, over any cloud.
 *
 * @module
 */

import type { ActionResult, Cloud, InstanceFilter, InstanceWindow } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import { PUBLIC_ADDRESS, withAccess } from './instance-view.ts';
import { flavorId, idToFilterBy, imageId } from './lookups.ts';
import type { CloudInstance, FloatingIp, Instance, Port, SecurityGroup } from './model.ts';
import { isOwned } from './ownership.ts';

import type { InstanceQuery, RequestedAction } from './requests.ts';
import { TIDY_MILLISECONDS } from './saga.ts';

export interface InstanceList {
  readonly instances: readonly Instance[];
  /** More follow after the last one. */
  readonly more: boolean;
}

/** Newest first. A flavor or image that nobody uses matches nothing. `invalid`, `forbidden` (`allProjects`). */
export async function listInstances(
  cloud: Cloud,
  query: InstanceQuery,
  window: InstanceWindow,
): Promise<InstanceList> {
  const filter = await resolveFilter(cloud, query);
  const { allProjects = false } = query;
  const [page, groups] = await Promise.all([
    cloud.listInstances(filter, window),
    groupsOf(cloud, allProjects),
  ]);
  return { instances: await withAccess(cloud, page.instances, groups, allProjects), more: page.more };
}

/** `not_found`. */
export async function getInstance(cloud: Cloud, id: string): Promise<Instance> {
  const [instance, groups] = await Promise.all([cloud.getInstance(id), groupsOf(cloud)]);
  return viewOf(cloud, instance, groups);
}

/**
 * Deletes an instance and what the gateway made for it: its public address and its port. Somebody else's address is let
 * go by the cloud and stays theirs. `not_found`, `conflict` (locked).
 *
 * Once the cloud has accepted the delete, the answer is success: what could not be tidied up is logged, and `reconcile`
 * frees it.
 */
export async function deleteInstance(cloud: Cloud, id: string): Promise<void> {
  const tidy = await tidyingOf(cloud, await cloud.getInstance(id));
  await cloud.deleteInstance(id);
  await tidy();
}

/**
 * For an instance that is going to be deleted past `deleteInstance`: looks at what the gateway made for it.
 *
 * @returns Frees that, to be called once the cloud has accepted the delete; never rejects. One that is not there leaves nothing.
 */
export async function prepareTidying(cloud: Cloud, id: string): Promise<() => Promise<void>> {
  try {
    return await tidyingOf(cloud, await cloud.getInstance(id));
  } catch (error) {
    if (!hasCode(error, 'not_found')) leftBehind(cloud, id, error);
    return async () => {};
  }
}

async function tidyingOf(cloud: Cloud, instance: CloudInstance): Promise<() => Promise<void>> {
  const { ports, floatingIps } = await attachmentsOf(cloud, instance).catch((error) => {
    // While the network service is away an instance can still go; what it leaves is `reconcile`'s.
    if (!hasCode(error, 'unavailable', 'timeout', 'bad_gateway')) throw error;
    leftBehind(cloud, instance.id, error);
    return { ports: [], floatingIps: [] };
  });
  return async function tidy() {
    const detached = cloud.detached(TIDY_MILLISECONDS);
    const ownedIps = floatingIps.filter(isOwned).map((ip) => () => detached.deleteFloatingIp(ip.id));
    const ownedPorts = ports.filter(isOwned).map((port) => () => detached.deletePort(port.id));
    for (const free of [...ownedIps, ...ownedPorts]) {
      try {
        await free();
      } catch (error) {
        leftBehind(cloud, instance.id, error);
      }
    }
  };
}

function leftBehind(cloud: Cloud, id: string, error: unknown): void {
  cloud.log.error('left_behind', { what: `network of deleted instance ${id}` }, error);
}

/** Errors as `Cloud.act`; flavors and images may be given by name. */
export async function actOnInstance(
  cloud: Cloud,
  id: string,
  action: RequestedAction,
): Promise<ActionResult> {
  switch (action.action) {
    case 'resize':
      return cloud.act(id, { action: 'resize', flavorId: await flavorId(cloud, action.flavor) });
    case 'rebuild':
      return cloud.act(id, { action: 'rebuild', imageId: await imageId(cloud, action.image) });
    default:
      return cloud.act(id, action);
  }
}

/**
 * The ports of an instance and the public addresses that lead to them, whoever made them. Also what the gateway made for
 * it and it does not hold: its boot has not come to that yet, or failed and let go of it.
 */
export async function attachmentsOf(
  cloud: Cloud,
  instance: CloudInstance,
): Promise<{ ports: readonly Port[]; floatingIps: readonly FloatingIp[] }> {
  if (!cloud.capabilities.floatingIps) return { ports: [], floatingIps: [] };
  const [held, floatingIps] = await Promise.all([
    cloud.listPorts({ instanceId: instance.id }),
    cloud.listFloatingIps(),
  ]);
  const promised = instance.metadata[PUBLIC_ADDRESS];
  const isPromised = (ip: FloatingIp) => ip.address === promised && ip.instanceId === null && isOwned(ip);
  const waiting = floatingIps.find(isPromised)?.portId ?? null;
  const waitingPorts =
    waiting === null ? [] : (await cloud.listPorts({})).filter((port) => port.id === waiting);
  const ports = [...held, ...waitingPorts.filter((port) => port.instanceId === null && !port.inOtherUse)];
  const portIds = new Set<string | null>(ports.map((port) => port.id));
  return { ports, floatingIps: floatingIps.filter((ip) => portIds.has(ip.portId) || isPromised(ip)) };
}

/** The groups whose rules say whether an instance can be reached; none where the cloud says that itself, or has no groups. */
export async function groupsOf(cloud: Cloud, allProjects = false): Promise<readonly SecurityGroup[]> {
  const { securityGroups, accessByFlags } = cloud.capabilities;
  return securityGroups && !accessByFlags ? cloud.listSecurityGroups({ allProjects }) : [];
}

/** One instance with its access. */
export async function viewOf(
  cloud: Cloud,
  instance: CloudInstance,
  groups: readonly SecurityGroup[],
): Promise<Instance> {
  const [view] = await withAccess(cloud, [instance], groups);
  if (view === undefined) throw new ComputeError('internal', 'an instance lost its view');
  return view;
}

async function resolveFilter(cloud: Cloud, query: InstanceQuery): Promise<InstanceFilter> {
  const { flavor, image, ...filter } = query;
  const [flavors, images] = await Promise.all([
    flavor === undefined ? undefined : cloud.listFlavors(),
    image === undefined ? undefined : cloud.listImages(),
  ]);
  return {
    ...filter,
    ...(flavors && flavor !== undefined ? { flavorId: idToFilterBy(flavors, flavor, 'flavor') } : {}),
    ...(images && image !== undefined ? { imageId: idToFilterBy(images, image, 'image') } : {}),
  };
}
