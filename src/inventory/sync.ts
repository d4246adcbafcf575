import { monotonicMs } from '../clock.ts';
import type { Cloud } from '../compute/cloud.ts';
import { hasCode } from '../compute/errors.ts';
import type { CloudInstance, Port, SecurityGroup } from '../compute/model.ts';
import { EMPTY_STATE, fromList, merged } from './merge.ts';
import {
  changesSince,
  type ExternalNetworks,
  externalsExpired,
  idsToRecheck,
  MAX_PORT_OWNERS,
  type SyncState,
} from './plan.ts';

export interface SyncRequest {
  /** Ids that were changed through some gateway since the last refresh. */
  readonly changed: ReadonlySet<string>;
  /** Changes may have been missed: nothing that is known counts. */
  readonly relist: boolean;
  /** Ports may be different of which no instance tells: something else of the project was changed through some gateway. */
  readonly network: boolean;
  /** Counts refreshes. */
  readonly round: number;
  /** Up to this size everything is listed. */
  readonly relistThreshold: number;
}

export interface SyncResult {
  readonly state: SyncState;
  readonly groups: readonly SecurityGroup[];
  /** Whether everything was listed, or only what changed. */
  readonly kind: 'full' | 'delta';
}

/**
 * Asks the cloud for what is new about a fleet, and for what decides who reaches its instances. Errors as
 * `Cloud.listInstances`; then the fleet is what it was.
 */
export async function sync(cloud: Cloud, before: SyncState | null, needs: SyncRequest): Promise<SyncResult> {
  const hasNetwork = cloud.capabilities.securityGroups && !cloud.capabilities.nativeAccessFlags;
  const [instances, groups] = await Promise.all([
    instancesNow(cloud, before, needs, hasNetwork),
    cloud.capabilities.securityGroups ? cloud.listSecurityGroups() : [],
  ]);
  const externals = hasNetwork ? await externalsNow(cloud, instances.state) : null;
  return { kind: instances.kind, state: { ...instances.state, externals }, groups };
}

async function instancesNow(
  cloud: Cloud,
  before: SyncState | null,
  needs: SyncRequest,
  hasNetwork: boolean,
): Promise<Pick<SyncResult, 'state' | 'kind'>> {
  const since = needs.relist ? null : changesSince(before, needs.relistThreshold, monotonicMs());
  const followed =
    before === null || since === null ? null : await syncChanges(cloud, before, since, needs, hasNetwork);
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
    relistedAt: fullAt,
    relistTookMs: took,
    tookMs: took,
  };
}

/** @returns null when so much has to be looked at that a full list is cheaper. */
async function syncChanges(
  cloud: Cloud,
  before: SyncState,
  since: string,
  { changed, network, round }: SyncRequest,
  hasNetwork: boolean,
): Promise<SyncState | null> {
  const start = monotonicMs();
  const { instances: told } = await cloud.listInstances({ changedSince: since }, {});
  const took = monotonicMs() - start;
  const looks = idsToRecheck(before.state, new Set(told.map(({ id }) => id)), changed, round);
  if (looks === null) return null;
  const news = merged(before.state, told).byId;
  const different = told.map(({ id }) => id).filter((id) => news.get(id) !== before.state.byId.get(id));
  const [ports, ...seen] = await Promise.all([
    hasNetwork ? portsNow(cloud, before.ports, network ? null : [...different, ...looks]) : before.ports,
    ...looks.map((id) => look(cloud, id)),
  ]);
  const found = seen.filter((instance) => instance !== null);
  const missing = looks.filter((_, index) => seen[index] === null);
  return { ...before, state: merged(before.state, told, found, missing), ports, tookMs: took };
}

/**
 * The project's ports, where only those of some instances may be different.
 *
 * @param of Their ids; null: any port may be.
 */
async function portsNow(
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

async function externalsNow(cloud: Cloud, { externals, ports }: SyncState): Promise<ExternalNetworks> {
  const at = monotonicMs();
  if (externals !== null && !externalsExpired(externals, ports, at)) return externals;
  const ids = await cloud.listExternalNetworkIds();
  return { ids, known: new Set(ports.map(({ networkId }) => networkId)), at };
}

async function look(cloud: Cloud, id: string): Promise<CloudInstance | null> {
  try {
    return await cloud.getInstance(id);
  } catch (error) {
    if (hasCode(error, 'not_found')) return null;
    throw error;
  }
}
