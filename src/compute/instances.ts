/**
 * Use cases of instances.
 *
 * @module
 */

import type { ActionResult, Cloud, InstanceFilter, InstanceWindow } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import { PUBLIC_ADDRESS, reachOf, withAccess } from './instance-view.ts';
import { flavorId, idToFilterBy, imageId } from './lookups.ts';
import type { CloudInstance, FloatingIp, Instance, Port, Reach } from './model.ts';
import { isOwned } from './ownership.ts';
import { type MadeFor, madeFor } from './release.ts';
import { noReleases, type Releases } from './releases.ts';
import type { InstanceQuery, RequestedAction } from './requests.ts';
import { resizesOf } from './resize-confirmation.ts';
import { CLEANUP_TIMEOUT_MS, isIndeterminate } from './saga.ts';

export interface InstanceList {
  readonly instances: readonly Instance[];
  readonly more: boolean;
}

/** Newest first. `invalid`, `forbidden` (`allProjects`). */
export async function listInstances(
  cloud: Cloud,
  query: InstanceQuery,
  window: InstanceWindow,
): Promise<InstanceList> {
  const filter = await resolveFilter(cloud, query);
  const { allProjects = false } = query;
  const [page, reach] = await Promise.all([
    cloud.listInstances(filter, window),
    reachOf(cloud, allProjects ? { allProjects } : {}),
  ]);
  return { instances: await withAccess(cloud, page.instances, reach, allProjects), more: page.more };
}

/** `not_found`. */
export async function getInstance(cloud: Cloud, id: string): Promise<Instance> {
  const [instance, reach] = await Promise.all([cloud.getInstance(id), reachOf(cloud, { instanceId: id })]);
  return viewOf(cloud, instance, reach);
}

/**
 * Deletes an instance and, in the background once it is gone, the port and floating IP that the gateway created for it. Other
 * floating IPs are disassociated by the cloud. `not_found`, `conflict` (locked).
 */
export async function deleteInstance(
  cloud: Cloud,
  id: string,
  releases: Releases = noReleases,
): Promise<void> {
  const deletion = await planDeletion(cloud, await cloud.getInstance(id), releases);
  try {
    await cloud.deleteInstance(id);
  } catch (error) {
    await deletion.failed(error);
    throw error;
  }
  deletion.accepted();
}

export interface Deletion {
  accepted(): void;
  /** After an indeterminate error the release waits for the instance to be gone. Never rejects. */
  failed(error: unknown): Promise<void>;
}

/** For a delete that is passed through to the cloud. Never rejects. */
export async function prepareDeletion(cloud: Cloud, id: string, releases: Releases): Promise<Deletion> {
  try {
    return await planDeletion(cloud, await cloud.getInstance(id), releases);
  } catch (error) {
    if (!hasCode(error, 'not_found')) notDetermined(cloud, id, error);
    return { accepted() {}, async failed() {} };
  }
}

async function planDeletion(cloud: Cloud, instance: CloudInstance, releases: Releases): Promise<Deletion> {
  const instanceId = instance.id;
  const made = await madeFor(cloud, instance).catch((error) => {
    // An instance can be deleted while Neutron is down; what it leaves is determined afterwards.
    if (!hasCode(error, 'unavailable', 'timeout', 'bad_gateway')) throw error;
    notDetermined(cloud, instanceId, error);
    return null;
  });
  const planned =
    made === null || isSomething(made) ? await releases.plan(cloud, { ...made, instanceId }) : null;
  return {
    accepted() {
      if (planned !== null) releases.begin(cloud, planned);
      else {
        // Once more, for what a concurrent request created.
        releases.check(cloud.detached(CLEANUP_TIMEOUT_MS), async () => {
          const since = await madeFor(cloud.detached(CLEANUP_TIMEOUT_MS), instance);
          return isSomething(since) ? { ...since, instanceId } : null;
        });
      }
    },
    async failed(error) {
      if (planned === null) return;
      if (isIndeterminate(error)) releases.begin(cloud, planned);
      else await releases.cancel(planned);
    },
  };
}

function isSomething({ portIds, floatingIpIds }: MadeFor): boolean {
  return portIds.length + floatingIpIds.length > 0;
}

function notDetermined(cloud: Cloud, id: string, error: unknown): void {
  cloud.log.error('cleanup_failed', { what: `network of deleted instance ${id}` }, error);
}

/** Errors as `Cloud.act`. */
export async function actOnInstance(
  cloud: Cloud,
  id: string,
  action: RequestedAction,
  releases: Releases = noReleases,
): Promise<ActionResult> {
  switch (action.action) {
    case 'resize': {
      const flavor = await flavorId(cloud, action.flavor);
      return action.autoConfirm
        ? resizeAndConfirm(cloud, id, flavor, releases)
        : cloud.act(id, { action: 'resize', flavorId: flavor });
    }
    case 'rebuild':
      return cloud.act(id, { action: 'rebuild', imageId: await imageId(cloud, action.image) });
    case 'rescue': {
      const { image } = action;
      return cloud.act(id, {
        action: 'rescue',
        imageId: image === null ? null : await imageId(cloud, image),
      });
    }
    default:
      return cloud.act(id, action);
  }
}

/** Resolves once the resize is accepted; it is confirmed in the background. Errors as `Cloud.act`. */
async function resizeAndConfirm(
  cloud: Cloud,
  instanceId: string,
  flavorId: string,
  releases: Releases,
): Promise<ActionResult> {
  const [after = null] = await resizesOf(cloud, instanceId);
  const planned = await releases.plan(cloud, { instanceId, confirms: { after } });
  try {
    const result = await cloud.act(instanceId, { action: 'resize', flavorId });
    releases.begin(cloud, planned);
    return result;
  } catch (error) {
    if (isIndeterminate(error)) releases.begin(cloud, planned);
    else await releases.cancel(planned);
    throw error;
  }
}

/**
 * The ports of an instance and their floating IPs, also those that the gateway created and the instance does not have: its boot
 * has not attached them yet, or failed.
 */
export async function attachmentsOf(
  cloud: Cloud,
  instance: CloudInstance,
): Promise<{ ports: readonly Port[]; floatingIps: readonly FloatingIp[] }> {
  if (!cloud.capabilities.floatingIps) return { ports: [], floatingIps: [] };
  // Sequential: a port that Nova binds in between would be in neither list.
  const floatingIps = await cloud.listFloatingIps();
  const held = await cloud.listPorts({ instanceId: instance.id });
  const recorded = instance.metadata[PUBLIC_ADDRESS];
  const isRecorded = (ip: FloatingIp) => ip.address === recorded && ip.instanceId === null && isOwned(ip);
  const waiting = floatingIps.find(isRecorded)?.portId ?? null;
  const isHeld = held.some(({ id }) => id === waiting);
  const waitingPorts = waiting === null || isHeld ? [] : await cloud.listPorts({ ids: [waiting] });
  const isItsOwn = (port: Port) => port.instanceId === null || port.instanceId === instance.id;
  const ports = [...held, ...waitingPorts.filter((port) => isItsOwn(port) && !port.inOtherUse)];
  const portIds = new Set<string | null>(ports.map((port) => port.id));
  return { ports, floatingIps: floatingIps.filter((ip) => portIds.has(ip.portId) || isRecorded(ip)) };
}

/** `not_implemented`: the request opens or closes access in a way that the cloud does not support. */
export function assertAccessSupported(
  { capabilities }: Cloud,
  { isPublic, enableSsh }: { isPublic?: boolean | undefined; enableSsh?: boolean | undefined },
): void {
  if (isPublic !== undefined && !capabilities.floatingIps) {
    throw new ComputeError('not_implemented', 'This cloud gives no public addresses.');
  }
  if (enableSsh !== undefined && !capabilities.securityGroups) {
    throw new ComputeError('not_implemented', 'This cloud has no security groups.');
  }
}

/** With the devices of its volumes, which an instance by itself may lack. */
export async function viewOf(cloud: Cloud, instance: CloudInstance, reach: Reach): Promise<Instance> {
  const isComplete = instance.volumes.every(({ device }) => device !== null);
  const [[view], volumes] = await Promise.all([
    withAccess(cloud, [instance], reach),
    isComplete ? instance.volumes : cloud.listInstanceVolumes(instance.id),
  ]);
  if (view === undefined) throw new ComputeError('internal', 'an instance lost its view');
  return { ...view, volumes };
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
