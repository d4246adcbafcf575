/**
 * A cloud whose reads of instances are served from the project's inventory, and whose writes are recorded in the request's
 * `CallTrace`. The stage `invalidateOnWrite` then notifies every inventory, once per request.
 */

import { withTimeout } from '../async.ts';
import { deadlineIn, remainingMs } from '../clock.ts';
import type { CallContext, Cloud, CloudCredential, CloudDriver } from '../compute/cloud.ts';
import { ComputeError, hasCode } from '../compute/errors.ts';
import type { CloudInstance } from '../compute/model.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../compute/states.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ProjectVersions } from '../traffic/versions/project-versions.ts';
import type { InventorySnapshot } from './inventory.ts';
import { InventoryCache, type InventoryOptions } from './inventory-cache.ts';
import { isNarrowed, isSelectable, select } from './snapshot.ts';
import { needsRecheck } from './sync.ts';

/** The same driver with inventories in front of it; the driver itself without a maximum age. */
export function withInventory(
  driver: CloudDriver,
  versions: ProjectVersions,
  metrics: Metrics,
  options: InventoryOptions,
): CloudDriver {
  if (options.maxAgeMs <= 0) return driver;
  const inventories = new InventoryCache(versions, metrics, options);
  return {
    capabilities: driver.capabilities,
    open: (credential, call) => inventoryCloud(driver.open(credential, call), credential, call, inventories),
    regions: driver.regions,
    listRegions: (credential, call) => driver.listRegions(credential, call),
    caller: (credential, call) => driver.caller(credential, call),
    peekCaller: (credential, region) => driver.peekCaller?.(credential, region) ?? null,
    ping: (call) => driver.ping(call),
    close: () => driver.close(),
  };
}

/** Serves from the inventory what it can serve exactly, to requests that only read (`CallContext.allowStale`). */
export function inventoryCloud(
  cloud: Cloud,
  credential: CloudCredential,
  call: CallContext,
  inventories: InventoryCache,
): Cloud {
  const scope = async () => ({ caller: await cloud.caller(), kind: credential.kind });
  /** The snapshot of this request's list, so that its security groups and ports are of the same time. */
  let listing: Promise<InventorySnapshot | null> | undefined;

  const synced = async (mayRelist: boolean): Promise<InventorySnapshot | null> => {
    try {
      const sync = inventories.sync(await scope(), cloud, mayRelist);
      return await withTimeout(sync, remainingMs(call.deadline), () => {
        throw new ComputeError('timeout', 'The cloud did not respond in time.');
      });
    } catch (error) {
      // Only the credential that began the sync may have lost its rights.
      if (hasCode(error, 'forbidden')) return null;
      throw error;
    }
  };
  const served = <T>(snapshot: InventorySnapshot, result: T): T => {
    call.trace.dataGeneratedAt(snapshot.asOf);
    return result;
  };
  const writing = <T>(id: string, write: () => Promise<T>): Promise<T> => {
    call.trace.instanceChanged(id);
    return write();
  };

  return {
    ...cloud,
    detached(timeoutMs) {
      const later = { ...call, deadline: deadlineIn(timeoutMs) };
      return inventoryCloud(cloud.detached(timeoutMs), credential, later, inventories);
    },

    async listInstances(filter, window) {
      if (!call.allowStale || !isSelectable(filter)) return cloud.listInstances(filter, window);
      listing = synced(!isNarrowed(filter, window));
      const snapshot = await listing;
      const page = snapshot && select(snapshot, filter, window);
      // The transitional instances may be those that the filter leaves out.
      if (filter.statuses !== undefined && (!page || snapshot.hasTransitional))
        call.trace.limitMaxAge(TRANSITIONAL_MAX_AGE_MS);
      return snapshot && page ? served(snapshot, page) : cloud.listInstances(filter, window);
    },
    async getInstance(id) {
      if (!call.allowStale) return cloud.getInstance(id);
      const callerScope = await scope();
      const snapshot = await inventories.current(callerScope);
      const known = snapshot?.byId.get(id);
      if (snapshot && known && isSettled(known)) return served(snapshot, known);
      const found = await orNotFound(cloud.getInstance(id));
      if (snapshot) await inventories.invalidateIfNewer(callerScope, id, known, found.instance);
      if (found.instance === undefined) throw found.error;
      return found.instance;
    },
    async listSecurityGroups(filter = {}) {
      if (!call.allowStale || filter.allProjects) return cloud.listSecurityGroups(filter);
      const snapshot = await (listing ?? inventories.current(await scope()));
      return snapshot ? served(snapshot, snapshot.reach.groups) : cloud.listSecurityGroups(filter);
    },
    async listReach(of) {
      if (!call.allowStale || of.allProjects) return cloud.listReach(of);
      const snapshot = await (listing ?? inventories.current(await scope()));
      // An instance that is fetched individually may have newer ports than the snapshot.
      const isCurrent = of.instanceId === undefined || isSettled(snapshot?.byId.get(of.instanceId));
      return snapshot && isCurrent ? served(snapshot, snapshot.reach) : cloud.listReach(of);
    },

    async createInstance(instance) {
      const id = await cloud.createInstance(instance);
      call.trace.instanceChanged(id);
      return id;
    },
    changeInstance: (id, change) => writing(id, () => cloud.changeInstance(id, change)),
    setInstanceTags: (id, tags) => writing(id, () => cloud.setInstanceTags(id, tags)),
    mergeMetadata: (id, items) => writing(id, () => cloud.mergeMetadata(id, items)),
    deleteMetadata: (id, key) => writing(id, () => cloud.deleteMetadata(id, key)),
    deleteInstance: (id) => writing(id, () => cloud.deleteInstance(id)),
    act: (id, action) => writing(id, () => cloud.act(id, action)),
    attachVolume: (id, volumeId) => writing(id, () => cloud.attachVolume(id, volumeId)),
    detachVolume: (id, volumeId) => writing(id, () => cloud.detachVolume(id, volumeId)),
    attachNetwork: (id, wanted) => writing(id, () => cloud.attachNetwork(id, wanted)),
    detachNetwork: (id, portId) => writing(id, () => cloud.detachNetwork(id, portId)),
    snapshot: (id, name, metadata) => writing(id, () => cloud.snapshot(id, name, metadata)),
    backup: (id, backup) => writing(id, () => cloud.backup(id, backup)),
  };
}

/** The snapshot is as good as a fetch: the instance is built and will not change by itself. */
function isSettled(instance: CloudInstance | undefined): boolean {
  return instance !== undefined && !needsRecheck(instance) && instance.securityGroupNames !== 'unknown';
}

type Found =
  | { readonly instance: CloudInstance }
  | { readonly instance: undefined; readonly error: ComputeError };

/** `not_found` as a result; other errors are thrown. */
async function orNotFound(fetched: Promise<CloudInstance>): Promise<Found> {
  try {
    return { instance: await fetched };
  } catch (error) {
    if (hasCode(error, 'not_found')) return { instance: undefined, error };
    throw error;
  }
}
