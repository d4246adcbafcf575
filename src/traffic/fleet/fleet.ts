import { monotonicMs } from '../../clock.ts';
import type { Cloud } from '../../compute/cloud.ts';
import { NO_REACH } from '../../compute/instance-view.ts';
import type { Reach } from '../../compute/model.ts';
import { forThisRequest } from '../../cross-request-promise.ts';
import type { ProjectVersion } from '../versions/project-versions.ts';
import type { FleetState } from './merge.ts';
import { followFrom, type Listed } from './plan.ts';
import { type Refreshed, refresh } from './refresh.ts';

/** Everything may be different from what a view told longer ago than this about an instance in transition, milliseconds. */
export const TRANSITION_AGE = 1_000;

/** A fleet as it was told at one time. */
export interface FleetView extends FleetState {
  readonly reach: Reach;
  /** Monotonic milliseconds; nothing in it is older, but for what the cloud does not tell (`docs/operating.md`). */
  readonly asOf: number;
  /** What the project's version was when it was asked for. */
  readonly version: ProjectVersion;
  /** Some instance is in transition. */
  readonly passing: boolean;
}

/** What is kept of one project as one kind of caller sees it, and the refresh that is under way. */
export class Fleet {
  readonly projectId: string;
  readonly #maxAge: number;
  readonly #smallFleet: number;
  #view: FleetView | null = null;
  #listed: Listed | null = null;
  #changed: ReadonlySet<string> = new Set();
  #outdated = false;
  #missed = false;
  #networkChanged = false;
  #round = 0;
  #underWay: { readonly version: ProjectVersion; readonly view: Promise<FleetView> } | null = null;

  /**
   * @param maxAge Milliseconds for which a view is told without asking.
   * @param smallFleet Up to this size it is listed whole every time.
   */
  constructor(projectId: string, maxAge: number, smallFleet: number) {
    this.projectId = projectId;
    this.#maxAge = maxAge;
    this.#smallFleet = smallFleet;
  }

  /** How many instances are kept. */
  get size(): number {
    return this.#view?.instances.length ?? 0;
  }

  /** Something of the project was changed; null: something may have been. */
  changed(instanceIds: readonly string[] | null): void {
    this.#outdated = true;
    if (instanceIds === null) this.#missed = true;
    else if (instanceIds.length === 0) this.#networkChanged = true;
    else this.#changed = new Set([...this.#changed, ...instanceIds]);
  }

  /** The view that can be told without asking, null without one. */
  current(version: ProjectVersion): FleetView | null {
    const view = this.#view;
    if (view === null || this.#outdated || !isSame(view.version, version)) return null;
    const { maxAge: bound = this.#maxAge } = version;
    const maxAge = Math.min(this.#maxAge, bound, view.passing ? TRANSITION_AGE : bound);
    return monotonicMs() - view.asOf < maxAge ? view : null;
  }

  /**
   * The view brought up to date, if it has to be: all who wait share one refresh.
   *
   * @param version The project's, as it is now.
   * @param open The cloud to ask, with a deadline of its own.
   * @param mayListAll Whether it is worth a list of everything.
   * @returns null when that is needed, and not worth it. Errors as `Cloud.listInstances`.
   */
  async upToDate(
    version: ProjectVersion,
    open: () => Cloud,
    mayListAll: boolean,
    onRefreshed: (refreshed: Refreshed) => void,
  ): Promise<FleetView | null> {
    const current = this.current(version);
    if (current !== null) return current;
    const older = this.#underWay;
    if (older !== null && !isSame(older.version, version)) await forThisRequest(older.view).catch(() => {});
    // What is under way now asks under this version, or began after this request came.
    if (this.#underWay !== null) return forThisRequest(this.#underWay.view);
    if (!mayListAll && !this.#isCheap()) return null;
    const view = this.#refresh(version, open(), onRefreshed).finally(() => {
      this.#underWay = null;
    });
    this.#underWay = { version, view };
    return view;
  }

  #isCheap(): boolean {
    if (this.#listed === null || this.#missed) return false;
    return (
      this.size <= this.#smallFleet || followFrom(this.#listed, this.#smallFleet, monotonicMs()) !== null
    );
  }

  async #refresh(
    version: ProjectVersion,
    cloud: Cloud,
    onRefreshed: (refreshed: Refreshed) => void,
  ): Promise<FleetView> {
    const asOf = monotonicMs();
    // What is noted from here on may come too late for this refresh, and is kept for the next.
    const [changed, whole, network] = [this.#changed, this.#missed, this.#networkChanged];
    [this.#changed, this.#missed, this.#networkChanged, this.#outdated] = [new Set(), false, false, false];
    try {
      const needs = { changed, whole, network, round: this.#round++, smallFleet: this.#smallFleet };
      const refreshed = await refresh(cloud, this.#listed, needs);
      const { state, ports, externals } = refreshed.listed;
      const passing = state.instances.some(({ inTransition }) => inTransition);
      this.#listed = refreshed.listed;
      const externalNetworkIds = externals?.ids ?? NO_REACH.externalNetworkIds;
      const reach = { groups: refreshed.groups, ports, externalNetworkIds };
      this.#view = { ...state, reach, asOf, version, passing };
      onRefreshed(refreshed);
      return this.#view;
    } catch (error) {
      this.#changed = new Set([...this.#changed, ...changed]);
      this.#outdated = true;
      this.#missed ||= whole;
      this.#networkChanged ||= network;
      throw error;
    }
  }
}

function isSame(a: ProjectVersion, b: ProjectVersion): boolean {
  return a.number === b.number && a.shared === b.shared;
}
