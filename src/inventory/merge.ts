/**
 * A fleet, all instances of a project, and how it follows what the cloud tells. Pure: the same tellings give the same fleet.
 *
 * @module
 */

import type { CloudInstance } from '../compute/model.ts';

export interface InventoryState {
  /** In the order of the cloud's own list: newest first, within one second by id. */
  readonly instances: readonly CloudInstance[];
  readonly byId: ReadonlyMap<string, CloudInstance>;
  /** The latest `updated` that the cloud has told in a list, of deleted ones too; null before there was any. */
  readonly newestUpdate: string | null;
}

export const EMPTY_STATE: InventoryState = { instances: [], byId: new Map(), newestUpdate: null };

/** What is shown in lists of changes and is no longer there. */
const GONE = new Set(['DELETED', 'SOFT_DELETED']);

/**
 * The fleet of a complete list. Instances in which nothing is different remain the same objects as in `before`.
 */
export function fromList(told: readonly CloudInstance[], before: InventoryState): InventoryState {
  const byId = new Map<string, CloudInstance>();
  for (const instance of told) {
    // Listed twice while it moves between two pages: the later page knows better.
    if (!GONE.has(instance.status)) byId.set(instance.id, retained(instance, before));
  }
  return { byId, instances: inOrder(byId), newestUpdate: newest(told, before.newestUpdate) };
}

/**
 * The fleet after some changes.
 *
 * @param listed What a list of changes told, deleted ones among them.
 * @param looked What single looks found; they say nothing about how far the lists have come.
 * @param missing Ids that single looks did not find.
 */
export function merged(
  before: InventoryState,
  listed: readonly CloudInstance[],
  looked: readonly CloudInstance[] = [],
  missing: readonly string[] = [],
): InventoryState {
  const newestUpdate = newest(listed, before.newestUpdate);
  const byId = new Map(before.byId);
  let changed = false;
  for (const instance of [...listed, ...looked]) {
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

/** Without new ones everything is where it was. */
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

/** Texts of one form, so they compare as times and ids do. */
function newestFirst(a: CloudInstance, b: CloudInstance): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

function newest(told: readonly CloudInstance[], before: string | null): string | null {
  return told.reduce<string | null>(
    (latest, { updated }) => (latest === null || updated > latest ? updated : latest),
    before,
  );
}

function retained(told: CloudInstance, { byId }: Pick<InventoryState, 'byId'>): CloudInstance {
  const known = byId.get(told.id);
  return known !== undefined && isSame(known, told) ? known : told;
}

/** Whether two plain values are the same all the way down. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && isSame(a[key as keyof typeof a], b[key as keyof typeof b]),
  );
}
