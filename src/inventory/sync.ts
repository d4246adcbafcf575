/** Brings the instances of a project up to date at the cost of what changed in them. */

import { monotonicMs } from '../clock.ts';
import type { Cloud } from '../compute/cloud.ts';
import { hasCode } from '../compute/errors.ts';
import { flagsDisagree, serverGroupsOf } from '../compute/instance-view.ts';
import type { CloudInstance, Port, SecurityGroup, ServerGroup } from '../compute/model.ts';
import { EMPTY_STATE, fromList, type InventoryState, merged } from './snapshot.ts';

/** So many instances fit on one cheap page, so they are always listed in full. */
export const RELIST_THRESHOLD = 100;

/** How often a larger inventory is listed in full, for changes that do not touch `updated`. */
export const RELIST_INTERVAL_MS = 60_000;

/** Full lists take at most a 20th of the time. */
const RELIST_BUDGET = 20;

/** Overlap of lists of changes: `updated` is written by hosts whose clocks differ, and becomes visible late. */
export const OVERLAP_MS = 10_000;

/** Instances fetched individually in one sync. */
export const MAX_RECHECKS = 20;

/** Up to so many instances, ports are listed by instance; beyond, all ports are listed. */
export const MAX_PORT_OWNERS = 50;

export interface ExternalNetworks {
  readonly ids: ReadonlySet<string>;
  /** Networks of all ports at that time: another one may be external. */
  readonly known: ReadonlySet<string>;
  /** Monotonic ms. */
  readonly at: number;
}

/** The outcome of the last sync, from which the next one starts. */
export interface SyncState {
  readonly state: InventoryState;
  readonly ports: readonly Port[];
  readonly externals: ExternalNetworks | null;
  readonly serverGroups: readonly ServerGroup[];
  /** Start of the last full list, monotonic ms. */
  readonly relistedAt: number;
  readonly relistTookMs: number;
  /** Duration of the last list, full or delta: its first page may be as old as that. */
  readonly tookMs: number;
}

/** The time from which on changes are listed, ISO 8601; null: a full list is due. */
export function changesSince(listed: SyncState | null, relistThreshold: number, now: number): string | null {
  if (listed === null || listed.state.newestUpdate === null) return null;
  if (listed.state.instances.length <= relistThreshold) return null;
  if (now - listed.relistedAt >= Math.max(RELIST_INTERVAL_MS, RELIST_BUDGET * listed.relistTookMs))
    return null;
  const since = Date.parse(listed.state.newestUpdate) - OVERLAP_MS - listed.tookMs;
  return new Date(since).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Instances to fetch individually, since lists of changes may miss them: those changed through a gateway (not every change
 * touches `updated`) and those that need a recheck.
 *
 * @param round Number of the sync: where too many need a recheck, they take turns.
 * @returns null when there are so many that a full list is due.
 */
export function idsToRecheck(
  { instances }: InventoryState,
  reported: ReadonlySet<string>,
  changed: ReadonlySet<string>,
  round: number,
): string[] | null {
  const ids = [...changed].filter((id) => !reported.has(id));
  if (ids.length > MAX_RECHECKS) return null;
  const doubtful = instances.filter(
    (instance) => needsRecheck(instance) && !reported.has(instance.id) && !changed.has(instance.id),
  );
  const room = MAX_RECHECKS - ids.length;
  const first = doubtful.length > room ? (round * room) % doubtful.length : 0;
  const turn = [...doubtful.slice(first), ...doubtful.slice(0, first)].slice(0, room);
  return [...ids, ...turn.map(({ id }) => id)];
}

/** External networks rarely change: they are listed once per relist interval, and for an unknown network. */
function externalsExpired(externals: ExternalNetworks | null, ports: readonly Port[], now: number): boolean {
  if (externals === null || now - externals.at >= RELIST_INTERVAL_MS) return true;
  return ports.some(({ networkId }) => !externals.known.has(networkId));
}

/**
 * Whether it changes without appearing in a list of changes: an instance deleted before it was scheduled leaves no trace, and
 * addresses do not touch `updated`.
 */
export function needsRecheck(instance: CloudInstance): boolean {
  return instance.inTransition || flagsDisagree(instance);
}

export interface SyncRequest {
  /** Ids changed through some gateway since the last sync. */
  readonly changed: ReadonlySet<string>;
  /** Change notifications may have been missed, so everything is listed. */
  readonly relist: boolean;
  /** Something other than an instance changed, so any port may differ. */
  readonly network: boolean;
  /** Number of this sync. */
  readonly round: number;
  /** Up to so many instances everything is listed. */
  readonly relistThreshold: number;
}

export interface SyncResult {
  readonly state: SyncState;
  readonly groups: readonly SecurityGroup[];
  /** Whether everything was listed, or only what changed. */
  readonly kind: 'full' | 'delta';
}

/** Brings the state up to date: instances, and what decides who reaches them. Errors as `Cloud.listInstances`. */
export async function sync(
  cloud: Cloud,
  before: SyncState | null,
  request: SyncRequest,
): Promise<SyncResult> {
  const hasNetwork = cloud.capabilities.securityGroups && !cloud.capabilities.nativeAccessFlags;
  const [instances, groups] = await Promise.all([
    syncInstances(cloud, before, request, hasNetwork),
    cloud.capabilities.securityGroups ? cloud.listSecurityGroups() : [],
  ]);
  const [externals, serverGroups] = hasNetwork
    ? await Promise.all([
        currentExternals(cloud, instances.state),
        currentServerGroups(cloud, before, instances.state, request),
      ])
    : [null, []];
  return { kind: instances.kind, state: { ...instances.state, externals, serverGroups }, groups };
}

async function syncInstances(
  cloud: Cloud,
  before: SyncState | null,
  request: SyncRequest,
  hasNetwork: boolean,
): Promise<Pick<SyncResult, 'state' | 'kind'>> {
  const since = request.relist ? null : changesSince(before, request.relistThreshold, monotonicMs());
  const followed =
    before === null || since === null ? null : await syncChanges(cloud, before, since, request, hasNetwork);
  if (followed !== null) return { state: followed, kind: 'delta' };
  return { state: await listAll(cloud, before, hasNetwork), kind: 'full' };
}

async function listAll(cloud: Cloud, before: SyncState | null, hasNetwork: boolean): Promise<SyncState> {
  const fullAt = monotonicMs();
  const [{ instances }, ports] = await Promise.all([
    cloud.listInstances({}, {}),
    hasNetwork ? cloud.listPorts({}) : [],
  ]);
  const took = monotonicMs() - fullAt;
  const state = fromList(instances, before?.state ?? EMPTY_STATE);
  return {
    state,
    ports,
    externals: before?.externals ?? null,
    serverGroups: before?.serverGroups ?? [],
    relistedAt: fullAt,
    relistTookMs: took,
    tookMs: took,
  };
}

/** @returns null when a full list is cheaper. */
async function syncChanges(
  cloud: Cloud,
  before: SyncState,
  since: string,
  { changed, network, round }: SyncRequest,
  hasNetwork: boolean,
): Promise<SyncState | null> {
  const start = monotonicMs();
  const { instances: listed } = await cloud.listInstances({ changedSince: since }, {});
  const took = monotonicMs() - start;
  const recheck = idsToRecheck(before.state, new Set(listed.map(({ id }) => id)), changed, round);
  if (recheck === null) return null;
  const next = merged(before.state, listed).byId;
  const different = listed.map(({ id }) => id).filter((id) => next.get(id) !== before.state.byId.get(id));
  const [ports, ...fetched] = await Promise.all([
    hasNetwork
      ? currentPorts(
          cloud,
          before.ports,
          network ? null : [...new Set([...different, ...recheck, ...changed])],
        )
      : before.ports,
    ...recheck.map((id) => fetchOne(cloud, id)),
  ]);
  const found = fetched.filter((instance) => instance !== null);
  const missing = recheck.filter((_, index) => fetched[index] === null);
  return { ...before, state: merged(before.state, listed, found, missing), ports, tookMs: took };
}

/** @param of Instances whose ports may differ; null: any port may. */
async function currentPorts(
  cloud: Cloud,
  before: readonly Port[],
  of: readonly string[] | null,
): Promise<readonly Port[]> {
  if (of === null || of.length > MAX_PORT_OWNERS) return cloud.listPorts({});
  if (of.length === 0) return before;
  const found = await cloud.listPorts({ instanceIds: of });
  const owners = new Set<string | null>(of);
  const ids = new Set(found.map(({ id }) => id));
  return [...before.filter(({ id, instanceId }) => !owners.has(instanceId) && !ids.has(id)), ...found];
}

async function currentExternals(cloud: Cloud, { externals, ports }: SyncState): Promise<ExternalNetworks> {
  const at = monotonicMs();
  if (externals !== null && !externalsExpired(externals, ports, at)) return externals;
  const ids = await cloud.listExternalNetworkIds();
  return { ids, known: new Set(ports.map(({ networkId }) => networkId)), at };
}

/** An instance joins a group when it is created, and never later. */
async function currentServerGroups(
  cloud: Cloud,
  before: SyncState | null,
  { state, serverGroups }: SyncState,
  { network, relist }: SyncRequest,
): Promise<readonly ServerGroup[]> {
  const isKnown = before !== null && !network && !relist;
  if (isKnown && state.instances.every(({ id }) => before.state.byId.has(id))) return serverGroups;
  return serverGroupsOf(cloud);
}

async function fetchOne(cloud: Cloud, id: string): Promise<CloudInstance | null> {
  try {
    return await cloud.getInstance(id);
  } catch (error) {
    if (hasCode(error, 'not_found')) return null;
    throw error;
  }
}
