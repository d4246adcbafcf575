import type { Cloud, CloudCredential, SignedInCaller } from '../../compute/cloud.ts';
import type { CloudInstance } from '../../compute/model.ts';
import { LruMap } from '../../lru-map.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import { Fleet, type FleetView } from './fleet.ts';
import { SMALL_FLEET } from './plan.ts';

export interface FleetOptions {
  /** Milliseconds that an answer may be old in all (`LINGUANOVA_CACHE_SECONDS`); 0: no fleet is kept. */
  readonly maxAge: number;
  /** Fleets up to this size are listed whole every time: 100 unless a test says otherwise. */
  readonly smallFleet?: number;
  /** Instances kept over all fleets; the least used fleets go first. */
  readonly maxInstances?: number;
  /** Keeps the runtime from ending a refresh with the request that began it, for others wait for it too. It never rejects. */
  readonly background?: (work: Promise<void>) => void;
}

/** About 2 KiB each: 200 MB at most. */
const MAX_INSTANCES = 100_000;
/** Fleets without instances take room too. */
const MAX_FLEETS = 10_000;
/**
 * What a refresh may take, milliseconds; it serves more than the request that began it. The edge grants what outlives a request
 * 30 seconds, and nothing may be ended by it.
 */
const REFRESH_MILLISECONDS = 25_000;
/** A fleet tells by itself for this part of the time that an answer may be old in all: the rest is for those who keep answers. */
const SHARE_OF_AGE = 0.5;

/** What decides which instances a cloud shows, and what it shows of them. */
export interface FleetScope {
  readonly caller: SignedInCaller;
  readonly kind: CloudCredential['kind'];
}

/** The fleets of a gateway, one per project and kind of caller. */
export class Fleets {
  readonly #versions: ProjectVersions;
  readonly #metrics: Metrics;
  readonly #maxAge: number;
  readonly #smallFleet: number;
  readonly #background: (work: Promise<void>) => void;
  readonly #fleets: LruMap<Fleet>;

  constructor(versions: ProjectVersions, metrics: Metrics, options: FleetOptions) {
    this.#versions = versions;
    this.#metrics = metrics;
    this.#maxAge = options.maxAge * SHARE_OF_AGE;
    this.#smallFleet = options.smallFleet ?? SMALL_FLEET;
    this.#background = options.background ?? (() => {});
    this.#fleets = new LruMap({
      max: MAX_FLEETS,
      weight: { of: (fleet) => fleet.size, max: options.maxInstances ?? MAX_INSTANCES },
    });
    versions.onChange((change) => this.changed(change?.projectId ?? null, change?.instanceIds ?? null));
  }

  /** Something was changed: instances of a project, something else of it (none), or anything (null). */
  changed(projectId: string | null, instanceIds: readonly string[] | null): void {
    for (const fleet of this.#fleets.values()) {
      if (projectId === null || fleet.projectId === projectId) fleet.changed(instanceIds);
    }
  }

  /** The view that can be told without asking the cloud for anything, null without one. */
  async current(scope: FleetScope): Promise<FleetView | null> {
    const version = await this.#versions.current(scope.caller.projectId);
    return this.#fleets.get(keyOf(scope))?.current(version) ?? null;
  }

  /**
   * The view as it can be told now, asking the cloud for what is new where that is due.
   *
   * @param mayListAll Whether it is worth a list of everything; without it null is the answer where that is due.
   */
  async upToDate(scope: FleetScope, cloud: Cloud, mayListAll: boolean): Promise<FleetView | null> {
    const version = await this.#versions.current(scope.caller.projectId);
    const key = keyOf(scope);
    const known = this.#fleets.get(key);
    if (known === undefined && !mayListAll) return null;
    const fleet = known ?? new Fleet(scope.caller.projectId, this.#maxAge, this.#smallFleet);
    if (known === undefined) this.#fleets.set(key, fleet);
    const open = () => cloud.detached(REFRESH_MILLISECONDS);
    const view = fleet.upToDate(version, open, mayListAll, ({ kind }) => {
      this.#metrics.count('fleet_refreshes', { kind });
      this.#weigh(key, fleet);
    });
    const ignore = () => {};
    this.#background(view.then(ignore, ignore));
    return view;
  }

  /**
   * A look at one instance has told more than the fleet's view does: then all that is kept of the project is old, so that who was
   * told of a state does not find the one before it in the next list.
   *
   * @param known As the view has it, undefined when it does not.
   * @param found As the cloud tells it now, undefined when it does not exist.
   */
  async looked(
    { caller: { projectId } }: FleetScope,
    id: string,
    known: CloudInstance | undefined,
    found: CloudInstance | undefined,
  ): Promise<void> {
    if (isNews(known, found, projectId)) await this.#versions.changed({ projectId, instanceIds: [id] });
  }

  /** A fleet that grew makes room by letting go of others, or goes itself when it is larger than all may be. */
  #weigh(key: string, fleet: Fleet): void {
    if (this.#fleets.peek(key) !== fleet) return;
    this.#fleets.delete(key);
    this.#fleets.set(key, fleet);
  }
}

/** An instance of another project is in no list of this one. */
function isNews(
  known: CloudInstance | undefined,
  found: CloudInstance | undefined,
  projectId: string,
): boolean {
  if (known === undefined) return found?.projectId === projectId;
  return (
    found?.status !== known.status ||
    found.updated !== known.updated ||
    found.inTransition !== known.inTransition
  );
}

function keyOf({ caller, kind }: FleetScope): string {
  return JSON.stringify([caller.projectId, kind, caller.accessRules ?? '', ...caller.roles.toSorted()]);
}
