/**
 * Lists that a fleet can answer exactly as the cloud would. Pure.
 *
 * @module
 */

import type { InstanceFilter, InstancePage, InstanceWindow } from '../compute/cloud.ts';
import type { CloudInstance } from '../compute/model.ts';
import type { InventoryState } from './merge.ts';

/**
 * Statuses by which a filter finds just what shows them. Deleted instances are in no fleet, and `UNKNOWN` the cloud does not
 * know as a filter.
 */
const PLAIN = new Set([
  'ACTIVE',
  'BUILD',
  'ERROR',
  'PAUSED',
  'RESCUE',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'SHUTOFF',
  'SUSPENDED',
  'VERIFY_RESIZE',
]);

/**
 * Statuses that are tasks: an instance that shows one is also found by the status beneath, which is not told. REBOOT, for one, is
 * found by `status=ACTIVE` (measured).
 */
const TASKS = new Set([
  'HARD_REBOOT',
  'MIGRATING',
  'PASSWORD',
  'REBOOT',
  'REBUILD',
  'RESIZE',
  'REVERT_RESIZE',
]);

/** Whether a fleet may be able to answer such a list; `select` has the last word. */
export function isSelectable(filter: InstanceFilter): boolean {
  const { allProjects = false, name, changedSince, statuses = [] } = filter;
  // A name is a regular expression of the cloud's database, whose dialect and case only it knows.
  if (allProjects || name !== undefined || changedSince !== undefined) return false;
  return statuses.every((status) => PLAIN.has(status));
}

/** Whether the list needs only a part of the fleet. */
export function isNarrowed(filter: InstanceFilter, { limit, marker }: InstanceWindow): boolean {
  const { statuses, flavorId, imageId } = filter;
  return [statuses, flavorId, imageId, limit, marker].some((part) => part !== undefined);
}

/**
 * The page of the fleet.
 *
 * @returns null when it is not certain that the cloud would answer the same.
 */
export function select(
  { instances, byId }: InventoryState,
  filter: InstanceFilter,
  { limit = Number.POSITIVE_INFINITY, marker }: InstanceWindow,
): InstancePage | null {
  if (!isSelectable(filter)) return null;
  if (limit === 0) return { instances: [], more: false };
  // A marker may be an instance that was deleted: only the cloud remembers where it was.
  if (marker !== undefined && !byId.has(marker)) return null;
  if (filter.statuses !== undefined && instances.some(({ status }) => TASKS.has(status))) return null;
  const rest =
    marker === undefined ? instances : instances.slice(instances.findIndex(({ id }) => id === marker) + 1);
  const found = isNarrowed(filter, {}) ? rest.filter((instance) => matches(instance, filter)) : rest;
  return { instances: found.slice(0, limit), more: found.length > limit };
}

function matches(instance: CloudInstance, { statuses, flavorId, imageId }: InstanceFilter): boolean {
  return (
    (statuses === undefined || statuses.includes(instance.status)) &&
    (flavorId === undefined || instance.flavorId === flavorId) &&
    (imageId === undefined || instance.imageId === imageId)
  );
}
