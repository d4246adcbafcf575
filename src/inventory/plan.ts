/**
 * What a refresh asks the cloud for. Pure.
 *
 * @module
 */

import { flagsDisagree } from '../compute/instance-view.ts';
import type { CloudInstance, Port } from '../compute/model.ts';
import type { InventoryState } from './merge.ts';

/** So many instances fit on one cheap page: they are listed every time, so that nothing about them is ever late. */
export const RELIST_THRESHOLD = 100;

/** How often a larger fleet is listed whole, milliseconds: for what does not touch `updated`. */
export const RELIST_INTERVAL_MS = 60_000;

/** A full list takes at most this part of the time between two. */
const RELIST_BUDGET = 20;

/**
 * By how much the lists of changes overlap, milliseconds. `updated` is written by many hosts, whose clocks differ, and is seen
 * a little after it was written.
 */
export const OVERLAP_MS = 10_000;

/** So many instances are looked at one by one in a refresh. */
export const MAX_RECHECKS = 20;

/** So many instances' ports are asked for by their ids; those of more are listed with all others. */
export const MAX_PORT_OWNERS = 50;

/** Which networks are external. */
export interface ExternalNetworks {
  readonly ids: ReadonlySet<string>;
  /** Networks of ports that were there by then: one that is not among them may be external. */
  readonly known: ReadonlySet<string>;
  /** Monotonic milliseconds at which they were asked for. */
  readonly at: number;
}

/** A fleet, and how it came about. */
export interface SyncState {
  readonly state: InventoryState;
  readonly ports: readonly Port[];
  readonly externals: ExternalNetworks | null;
  /** Monotonic milliseconds at which the last full list began. */
  readonly relistedAt: number;
  /** How long it took, milliseconds. */
  readonly relistTookMs: number;
  /** How long the last list of either kind took, milliseconds: it may be as old as that at its beginning. */
  readonly tookMs: number;
}

/**
 * Since when changes are to be asked for, ISO 8601; null: everything is to be listed.
 *
 * @param relistThreshold Up to this size it always is.
 */
export function changesSince(listed: SyncState | null, relistThreshold: number, now: number): string | null {
  if (listed === null || listed.state.newestUpdate === null) return null;
  if (listed.state.instances.length <= relistThreshold) return null;
  if (now - listed.relistedAt >= Math.max(RELIST_INTERVAL_MS, RELIST_BUDGET * listed.relistTookMs))
    return null;
  const since = Date.parse(listed.state.newestUpdate) - OVERLAP_MS - listed.tookMs;
  return new Date(since).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Which instances are to be looked at one by one, since the list of changes may not tell: those that were changed through some
 * gateway, since not every change touches `updated`; those with a task in flight or a boot, since an instance that is deleted
 * before it is scheduled leaves no trace; and those whose flags and addresses disagree, since addresses do not touch `updated`.
 *
 * @param told Ids that the list of changes told, as they are now.
 * @param changed Ids that were changed through some gateway.
 * @param round Counts refreshes: where there are too many in doubt, each refresh looks at others.
 * @returns null when there are so many that everything is to be listed.
 */
export function idsToRecheck(
  { instances }: InventoryState,
  told: ReadonlySet<string>,
  changed: ReadonlySet<string>,
  round: number,
): string[] | null {
  const looks = [...changed].filter((id) => !told.has(id));
  if (looks.length > MAX_RECHECKS) return null;
  const inDoubt = instances.filter(
    (instance) => needsRecheck(instance) && !told.has(instance.id) && !changed.has(instance.id),
  );
  const room = MAX_RECHECKS - looks.length;
  const first = inDoubt.length > room ? (round * room) % inDoubt.length : 0;
  const turn = [...inDoubt.slice(first), ...inDoubt.slice(0, first)].slice(0, room);
  return [...looks, ...turn.map(({ id }) => id)];
}

/** Whether the external networks have to be asked for again: few clouds ever change one. */
export function externalsExpired(
  externals: ExternalNetworks | null,
  ports: readonly Port[],
  now: number,
): boolean {
  if (externals === null || now - externals.at >= RELIST_INTERVAL_MS) return true;
  return ports.some(({ networkId }) => !externals.known.has(networkId));
}

/** It will change, or has, without a list of changes telling. */
export function needsRecheck(instance: CloudInstance): boolean {
  return instance.inTransition || flagsDisagree(instance);
}
