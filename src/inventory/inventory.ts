import { monotonicMs } from '../clock.ts';
import type { Cloud } from '../compute/cloud.ts';
import { NO_REACH } from '../compute/instance-view.ts';
import type { Reach } from '../compute/model.ts';
import { forThisRequest } from '../cross-request-promise.ts';
import type { ProjectVersion } from '../traffic/versions/project-versions.ts';
import type { InventoryState } from './merge.ts';
import { changesSince, type SyncState } from './plan.ts';
import { type SyncResult, sync } from './sync.ts';

/** Everything may be different from what a view told longer ago than this about an instance in transition, milliseconds. */
export const TRANSITIONAL_MAX_AGE_MS = 1_000;

/** A fleet as it was told at one time. */
export interface InventorySnapshot extends InventoryState {
  readonly reach: Reach;
  /** Monotonic milliseconds; nothing in it is older, but for what the cloud does not tell (`docs/operating.md`). */
  readonly asOf: number;
  /** What the project's version was when it was asked for. */
  readonly version: ProjectVersion;
  /** Some instance is in transition. */
  readonly hasTransitional: boolean;
}

/** What is kept of one project as one kind of caller sees it, and the refresh that is under way. */
export class Inventory {
  readonly projectId: string;
  readonly #maxAgeMs: number;
  readonly #relistThreshold: number;
  #snapshot: InventorySnapshot | null = null;
  #syncState: SyncState | null = null;
  #changed: ReadonlySet<string> = new Set();
  #stale = false;
  #mustRelist = false;
  #networkChanged = false;
  #round = 0;
  #inFlight: { readonly version: ProjectVersion; readonly view: Promise<InventorySnapshot> } | null = null;

  /**
   * @param maxAge Milliseconds for which a view is told without asking.
   * @param relistThreshold Up to this size it is listed relist every time.
   */
  constructor(projectId: string, maxAge: number, relistThreshold: number) {
    this.projectId = projectId;
    this.#maxAgeMs = maxAge;
    this.#relistThreshold = relistThreshold;
  }

  /** How many instances are kept. */
  get size(): number {
    return this.#snapshot?.instances.length ?? 0;
  }

  /** Something of the project was changed; null: something may have been. */
  invalidate(instanceIds: readonly string[] | null): void {
    this.#stale = true;
    if (instanceIds === null) this.#mustRelist = true;
    else if (instanceIds.length === 0) this.#networkChanged = true;
    else this.#changed = new Set([...this.#changed, ...instanceIds]);
  }

  /** The view that can be told without asking, null without one. */
  current(version: ProjectVersion): InventorySnapshot | null {
    const view = this.#snapshot;
    if (view === null || this.#stale || !isSame(view.version, version)) return null;
    const { maxAge: bound = this.#maxAgeMs } = version;
    const maxAge = Math.min(this.#maxAgeMs, bound, view.hasTransitional ? TRANSITIONAL_MAX_AGE_MS : bound);
    return monotonicMs() - view.asOf < maxAge ? view : null;
  }

  /**
   * The view brought up to date, if it has to be: all who wait share one refresh.
   *
   * @param version The project's, as it is now.
   * @param open The cloud to ask, with a deadline of its own.
   * @param mayRelist Whether it is worth a list of everything.
   * @returns null when that is needed, and not worth it. Errors as `Cloud.listInstances`.
   */
  async sync(
    version: ProjectVersion,
    open: () => Cloud,
    mayRelist: boolean,
    onSynced: (refreshed: SyncResult) => void,
  ): Promise<InventorySnapshot | null> {
    const current = this.current(version);
    if (current !== null) return current;
    const older = this.#inFlight;
    if (older !== null && !isSame(older.version, version)) await forThisRequest(older.view).catch(() => {});
    // What is under way now asks under this version, or began after this request came.
    if (this.#inFlight !== null) return forThisRequest(this.#inFlight.view);
    if (!mayRelist && !this.#isCheap()) return null;
    const view = this.#sync(version, open(), onSynced).finally(() => {
      this.#inFlight = null;
    });
    this.#inFlight = { version, view };
    return view;
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
    onSynced: (refreshed: SyncResult) => void,
  ): Promise<InventorySnapshot> {
    const asOf = monotonicMs();
    // What is noted from here on may come too late for this refresh, and is kept for the next.
    const [invalidate, relist, network] = [this.#changed, this.#mustRelist, this.#networkChanged];
    [this.#changed, this.#mustRelist, this.#networkChanged, this.#stale] = [new Set(), false, false, false];
    try {
      const needs = {
        changed: invalidate,
        relist,
        network,
        round: this.#round++,
        relistThreshold: this.#relistThreshold,
      };
      const refreshed = await sync(cloud, this.#syncState, needs);
      const { state, ports, externals } = refreshed.state;
      const hasTransitional = state.instances.some(({ inTransition }) => inTransition);
      this.#syncState = refreshed.state;
      const externalNetworkIds = externals?.ids ?? NO_REACH.externalNetworkIds;
      const reach = { groups: refreshed.groups, ports, externalNetworkIds };
      this.#snapshot = { ...state, reach, asOf, version, hasTransitional };
      onSynced(refreshed);
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
