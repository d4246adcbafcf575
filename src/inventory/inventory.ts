import { monotonicMs } from '../clock.ts';
import type { Cloud } from '../compute/cloud.ts';
import { NO_REACH } from '../compute/instance-view.ts';
import type { Reach } from '../compute/model.ts';
import type { Tenant } from '../compute/regions.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../compute/states.ts';
import { forThisRequest } from '../cross-request-promise.ts';
import type { ProjectVersion } from '../traffic/versions/project-versions.ts';
import type { InventoryState } from './snapshot.ts';
import { changesSince, type SyncResult, type SyncState, sync } from './sync.ts';

export interface InventorySnapshot extends InventoryState {
  readonly reach: Reach;
  /** Start of the sync, monotonic ms: nothing is older, save changes that the cloud does not report. */
  readonly asOf: number;
  /** The project's version at that time. */
  readonly version: ProjectVersion;
  readonly hasTransitional: boolean;
}

/** The instances of one project in a region as one kind of caller sees them, with at most one sync in flight. */
export class Inventory {
  readonly tenant: Tenant;
  readonly #maxAgeMs: number;
  readonly #relistThreshold: number;
  #snapshot: InventorySnapshot | null = null;
  #syncState: SyncState | null = null;
  #changed: ReadonlySet<string> = new Set();
  #stale = false;
  #mustRelist = false;
  #networkChanged = false;
  #round = 0;
  #inFlight: { readonly version: ProjectVersion; readonly snapshot: Promise<InventorySnapshot> } | null =
    null;

  constructor(tenant: Tenant, maxAgeMs: number, relistThreshold: number) {
    this.tenant = tenant;
    this.#maxAgeMs = maxAgeMs;
    this.#relistThreshold = relistThreshold;
  }

  get size(): number {
    return this.#snapshot?.instances.length ?? 0;
  }

  /** Instances changed; empty: something else of the project did; null: notifications may have been missed. */
  invalidate(instanceIds: readonly string[] | null): void {
    this.#stale = true;
    if (instanceIds === null) this.#mustRelist = true;
    else if (instanceIds.length === 0) this.#networkChanged = true;
    else this.#changed = new Set([...this.#changed, ...instanceIds]);
  }

  /** The snapshot, if it is fresh. */
  current(version: ProjectVersion): InventorySnapshot | null {
    const snapshot = this.#snapshot;
    if (snapshot === null || this.#stale || !isSame(snapshot.version, version)) return null;
    const { maxAgeMs: boundMs = this.#maxAgeMs } = version;
    const maxAgeMs = Math.min(
      this.#maxAgeMs,
      boundMs,
      snapshot.hasTransitional ? TRANSITIONAL_MAX_AGE_MS : boundMs,
    );
    return monotonicMs() - snapshot.asOf < maxAgeMs ? snapshot : null;
  }

  /**
   * The snapshot, brought up to date when it has to be; concurrent callers share one sync.
   *
   * @param mayRelist Whether a full list is worth it; without it null where one is due.
   * @throws As `Cloud.listInstances`.
   */
  async sync(
    version: ProjectVersion,
    open: () => Cloud,
    mayRelist: boolean,
    onSynced: (result: SyncResult) => void,
  ): Promise<InventorySnapshot | null> {
    const current = this.current(version);
    if (current !== null) return current;
    const older = this.#inFlight;
    if (older !== null && !isSame(older.version, version))
      await forThisRequest(older.snapshot).catch(() => {});
    // A sync in flight now has this version, or began after this request.
    if (this.#inFlight !== null) return forThisRequest(this.#inFlight.snapshot);
    if (!mayRelist && !this.#isCheap()) return null;
    const snapshot = this.#sync(version, open(), onSynced).finally(() => {
      this.#inFlight = null;
    });
    this.#inFlight = { version, snapshot };
    return snapshot;
  }

  #isCheap(): boolean {
    if (this.#syncState === null || this.#mustRelist) return false;
    return (
      this.size <= this.#relistThreshold ||
      changesSince(this.#syncState, this.#relistThreshold, monotonicMs()) !== null
    );
  }

  async #sync(
    version: ProjectVersion,
    cloud: Cloud,
    onSynced: (result: SyncResult) => void,
  ): Promise<InventorySnapshot> {
    const asOf = monotonicMs();
    // Changes from here on may come too late for this sync and count for the next.
    const [invalidate, relist, network] = [this.#changed, this.#mustRelist, this.#networkChanged];
    [this.#changed, this.#mustRelist, this.#networkChanged, this.#stale] = [new Set(), false, false, false];
    try {
      const request = {
        changed: invalidate,
        relist,
        network,
        round: this.#round++,
        relistThreshold: this.#relistThreshold,
      };
      const result = await sync(cloud, this.#syncState, request);
      const { state, ports, externals, serverGroups } = result.state;
      const hasTransitional = state.instances.some(({ inTransition }) => inTransition);
      this.#syncState = result.state;
      const externalNetworkIds = externals?.ids ?? NO_REACH.externalNetworkIds;
      const reach = { groups: result.groups, ports, externalNetworkIds, serverGroups };
      this.#snapshot = { ...state, reach, asOf, version, hasTransitional };
      onSynced(result);
      return this.#snapshot;
    } catch (error) {
      this.#changed = new Set([...this.#changed, ...invalidate]);
      this.#stale = true;
      this.#mustRelist ||= relist;
      this.#networkChanged ||= network;
      throw error;
    }
  }
}

function isSame(a: ProjectVersion, b: ProjectVersion): boolean {
  return a.number === b.number && a.shared === b.shared;
}
