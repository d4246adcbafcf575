import { deadlineIn, type MonotonicMs, remainingMs } from '../clock.ts';
import type { CallContext, Cloud, CloudCredential } from '../compute/cloud.ts';
import { ComputeError, hasCode } from '../compute/errors.ts';
import type { CloudInstance } from '../compute/model.ts';
import { type InventorySnapshot, TRANSITIONAL_MAX_AGE_MS } from './inventory.ts';
import type { InventoryCache } from './inventory-cache.ts';
import { needsRecheck } from './plan.ts';
import { isNarrowed, isSelectable, select } from './select.ts';

/**
 * A cloud that answers lists of instances, single instances and security groups from its project's fleet, where that is as the
 * cloud itself would answer and the request only reads (`CallContext.allowStale`). Everything else passes through; what changes
 * something is noted.
 */
export function inventoryCloud(
  cloud: Cloud,
  credential: CloudCredential,
  call: CallContext,
  inventories: InventoryCache,
): Cloud {
  const scope = async () => ({ caller: await cloud.caller(), kind: credential.kind });
  /** The view this request's list is told from: its security groups are told from the same one. */
  let listing: Promise<InventorySnapshot | null> | undefined;

  /** Nobody else's failure to be let in is this caller's: then the cloud is asked itself. */
  const brought = async (mayListAll: boolean): Promise<InventorySnapshot | null> => {
    try {
      return await inTime(inventories.sync(await scope(), cloud, mayListAll), call.deadline);
    } catch (error) {
      if (hasCode(error, 'forbidden')) return null;
      throw error;
    }
  };
  const told = <T>(view: InventorySnapshot, answer: T): T => {
    call.trace.dataGeneratedAt(view.asOf);
    return answer;
  };
  /** Does what changes something. What it changes is known to be old when it is over, whatever came of it. */
  const changing = async <T>(ids: readonly string[], change: () => Promise<T>): Promise<T> => {
    const { projectId } = await cloud.caller();
    for (const id of ids) call.trace.instanceChanged(id);
    try {
      return await change();
    } finally {
      inventories.invalidate(projectId, [...call.trace.changedInstanceIds]);
    }
  };

  return {
    ...cloud,
    detached(milliseconds) {
      const later = { ...call, deadline: deadlineIn(milliseconds) };
      return inventoryCloud(cloud.detached(milliseconds), credential, later, inventories);
    },

    async listInstances(filter, window) {
      if (!call.allowStale || !isSelectable(filter)) return cloud.listInstances(filter, window);
      listing = brought(!isNarrowed(filter, window));
      const view = await listing;
      const page = view && select(view, filter, window);
      // What is passing may be what a filter by status leaves out, so nothing in the answer tells of it.
      if (filter.statuses !== undefined && (!page || view.hasTransitional))
        call.trace.limitMaxAge(TRANSITIONAL_MAX_AGE_MS);
      return view && page ? told(view, page) : cloud.listInstances(filter, window);
    },
    async getInstance(id) {
      if (!call.allowStale) return cloud.getInstance(id);
      const whose = await scope();
      const view = await inventories.current(whose);
      const instance = view?.byId.get(id);
      // One that is in no view may be new; and a list may tell less than a look.
      if (view && instance && isSettled(instance)) return told(view, instance);
      const found = await orNotFound(cloud.getInstance(id));
      if (view) await inventories.invalidateIfNewer(whose, id, instance, found.instance);
      if (found.instance === undefined) throw found.error;
      return found.instance;
    },
    async listSecurityGroups(filter = {}) {
      if (!call.allowStale || filter.allProjects) return cloud.listSecurityGroups(filter);
      const view = await (listing ?? inventories.current(await scope()));
      return view ? told(view, view.reach.groups) : cloud.listSecurityGroups(filter);
    },
    async listReach(of) {
      if (!call.allowStale || of.allProjects) return cloud.listReach(of);
      const view = await (listing ?? inventories.current(await scope()));
      // Of an instance that is looked at itself the view may know older ports than the look tells of.
      const isTold = of.instanceId === undefined || isSettled(view?.byId.get(of.instanceId));
      return view && isTold ? told(view, view.reach) : cloud.listReach(of);
    },

    createInstance: (instance) =>
      changing([], async () => {
        const id = await cloud.createInstance(instance);
        call.trace.instanceChanged(id);
        return id;
      }),
    renameInstance: (id, name) => changing([id], () => cloud.renameInstance(id, name)),
    mergeMetadata: (id, items) => changing([id], () => cloud.mergeMetadata(id, items)),
    deleteMetadata: (id, key) => changing([id], () => cloud.deleteMetadata(id, key)),
    deleteInstance: (id) => changing([id], () => cloud.deleteInstance(id)),
    act: (id, action) => changing([id], () => cloud.act(id, action)),
    snapshot: (id, name, metadata) => changing([id], () => cloud.snapshot(id, name, metadata)),

    createSecurityGroup: (name, description) =>
      changing([], () => cloud.createSecurityGroup(name, description)),
    deleteSecurityGroup: (id) => changing([], () => cloud.deleteSecurityGroup(id)),
    createSecurityGroupRule: (groupId, rule) =>
      changing([], () => cloud.createSecurityGroupRule(groupId, rule)),
    deleteSecurityGroupRule: (groupId, ruleId) =>
      changing([], () => cloud.deleteSecurityGroupRule(groupId, ruleId)),

    addPortSecurityGroup: (portId, groupId) =>
      changing([], () => cloud.addPortSecurityGroup(portId, groupId)),
    removePortSecurityGroup: (portId, groupId) =>
      changing([], () => cloud.removePortSecurityGroup(portId, groupId)),
    deletePort: (id) => changing([], () => cloud.deletePort(id)),
    createFloatingIp: (networkId, portId, description) =>
      changing([], () => cloud.createFloatingIp(networkId, portId, description)),
    disassociateFloatingIp: (id) => changing([], () => cloud.disassociateFloatingIp(id)),
    deleteFloatingIp: (id) => changing([], () => cloud.deleteFloatingIp(id)),
  };
}

/** What a view knows of it is as good as a look: it is not being built, and will not change by itself. */
function isSettled(instance: CloudInstance | undefined): boolean {
  return instance !== undefined && !needsRecheck(instance) && instance.securityGroupNames !== 'unknown';
}

type Found =
  | { readonly instance: CloudInstance }
  | { readonly instance: undefined; readonly error: ComputeError };

/** That there is no such instance is something learned too. Other errors are thrown. */
async function orNotFound(look: Promise<CloudInstance>): Promise<Found> {
  try {
    return { instance: await look };
  } catch (error) {
    if (hasCode(error, 'not_found')) return { instance: undefined, error };
    throw error;
  }
}

/** A request waits no longer than it may, also for a refresh that others began. `timeout`. */
async function inTime<T>(work: Promise<T>, deadline: MonotonicMs): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ComputeError('timeout', 'The cloud did not answer in time.')),
      remainingMs(deadline),
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
