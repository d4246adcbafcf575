/** The instances of a project and how lists of changes apply to them. Pure. */

import type { InstanceFilter, InstancePage, InstanceWindow } from '../compute/cloud.ts';
import type { CloudInstance } from '../compute/model.ts';

export interface InventoryState {
  /** In the cloud's order: newest first, within one second by id. */
  readonly instances: readonly CloudInstance[];
  readonly byId: ReadonlyMap<string, CloudInstance>;
  /** The latest `updated` of any list, deleted instances included; null before the first. */
  readonly newestUpdate: string | null;
}

export const EMPTY_STATE: InventoryState = { instances: [], byId: new Map(), newestUpdate: null };

/** Statuses in which lists of changes report deleted instances. */
const GONE = new Set(['DELETED', 'SOFT_DELETED']);

/** The state after a complete list. Unchanged instances remain the same objects as in `before`. */
export function fromList(listed: readonly CloudInstance[], before: InventoryState): InventoryState {
  const byId = new Map<string, CloudInstance>();
  for (const instance of listed) {
    // An instance that moves between two pages is listed twice; the later page wins.
    if (!GONE.has(instance.status)) byId.set(instance.id, retained(instance, before));
  }
  return { byId, instances: inOrder(byId), newestUpdate: newest(listed, before.newestUpdate) };
}

/**
 * The state after some changes.
 *
 * @param listed From a list of changes, deleted instances included.
 * @param fetched Fetched individually; they do not advance `newestUpdate`.
 * @param missing Ids that individual fetches did not find.
 */
export function merged(
  before: InventoryState,
  listed: readonly CloudInstance[],
  fetched: readonly CloudInstance[] = [],
  missing: readonly string[] = [],
): InventoryState {
  const newestUpdate = newest(listed, before.newestUpdate);
  const byId = new Map(before.byId);
  let changed = false;
  for (const instance of [...listed, ...fetched]) {
    if (GONE.has(instance.status)) changed = byId.delete(instance.id) || changed;
    else {
      const current = retained(instance, { byId });
      changed ||= current !== byId.get(instance.id);
      byId.set(instance.id, current);
    }
  }
  for (const id of missing) changed = byId.delete(id) || changed;
  return changed
    ? { byId, instances: stillInOrder(before, byId), newestUpdate }
    : { ...before, newestUpdate };
}

/** Without new instances the order is unchanged. */
function stillInOrder(
  before: InventoryState,
  byId: ReadonlyMap<string, CloudInstance>,
): readonly CloudInstance[] {
  const instances: CloudInstance[] = [];
  for (const { id } of before.instances) {
    const known = byId.get(id);
    if (known !== undefined) instances.push(known);
  }
  return instances.length === byId.size ? instances : inOrder(byId);
}

function inOrder(byId: ReadonlyMap<string, CloudInstance>): CloudInstance[] {
  return [...byId.values()].sort(newestFirst);
}

function newestFirst(a: CloudInstance, b: CloudInstance): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

function newest(listed: readonly CloudInstance[], before: string | null): string | null {
  return listed.reduce<string | null>(
    (latest, { updated }) => (latest === null || updated > latest ? updated : latest),
    before,
  );
}

function retained(listed: CloudInstance, { byId }: Pick<InventoryState, 'byId'>): CloudInstance {
  const known = byId.get(listed.id);
  return known !== undefined && isSame(known, listed) ? known : listed;
}

/** Deep equality of plain values. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && isSame(a[key as keyof typeof a], b[key as keyof typeof b]),
  );
}

/** Statuses that a filter matches exactly; no state has deleted instances, and the cloud cannot filter by `UNKNOWN`. */
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

/** Statuses of a task in flight: a filter by the status beneath, which is not reported, finds them too (measured). */
const TASKS = new Set([
  'HARD_REBOOT',
  'MIGRATING',
  'PASSWORD',
  'REBOOT',
  'REBUILD',
  'RESIZE',
  'REVERT_RESIZE',
]);

/** Whether `select` may serve such a list. */
export function isSelectable(filter: InstanceFilter): boolean {
  const { statuses = [], flavorId: _flavor, imageId: _image, ...others } = filter;
  // A name is a regular expression and a tag a text in the collation of the cloud's database.
  if (Object.values(others).some((part) => part !== undefined && part !== false)) return false;
  return statuses.every((status) => PLAIN.has(status));
}

/** Whether the list needs only some of the instances. */
export function isNarrowed(filter: InstanceFilter, { limit, marker }: InstanceWindow): boolean {
  const { statuses, flavorId, imageId } = filter;
  return [statuses, flavorId, imageId, limit, marker].some((part) => part !== undefined);
}

/** The page as the cloud would return it; null when that is not certain. */
export function select(
  { instances, byId }: InventoryState,
  filter: InstanceFilter,
  { limit = Number.POSITIVE_INFINITY, marker }: InstanceWindow,
): InstancePage | null {
  if (!isSelectable(filter)) return null;
  if (limit === 0) return { instances: [], more: false };
  // Only the cloud knows the position of a deleted marker.
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
