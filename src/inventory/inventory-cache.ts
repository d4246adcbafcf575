import type { Cloud, CloudCredential, SignedInCaller } from '../compute/cloud.ts';
import type { CloudInstance } from '../compute/model.ts';
import { LruMap } from '../lru-map.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ProjectVersions } from '../traffic/versions/project-versions.ts';
import { Inventory, type InventorySnapshot } from './inventory.ts';
import { RELIST_THRESHOLD } from './plan.ts';

export interface InventoryOptions {
  /** Milliseconds that an answer may be old in all (`LINGUANOVA_CACHE_SECONDS`); 0: no fleet is kept. */
  readonly maxAgeMs: number;
  /** Fleets up to this size are listed whole every time: 100 unless a test says otherwise. */
  readonly relistThreshold?: number;
  /** Instances kept over all fleets; the least used fleets go first. */
  readonly maxInstances?: number;
  /** Keeps the runtime from ending a refresh with the request that began it, for others wait for it too. It never rejects. */
  readonly background?: (work: Promise<void>) => void;
}

/** About 2 KiB each: 200 MB at most. */
const MAX_INSTANCES = 100_000;
/** Fleets without instances take room too. */
const MAX_INVENTORIES = 10_000;
/**
 * What a refresh may take, milliseconds; it serves more than the request that began it. The edge grants what outlives a request
 * 30 seconds, and nothing may be ended by it.
 */
const SYNC_TIMEOUT_MS = 25_000;
/** A fleet tells by itself for this part of the time that an answer may be old in all: the rest is for those who keep answers. */
const MAX_AGE_SHARE = 0.5;

/** What decides which instances a cloud shows, and what it shows of them. */
export interface InventoryScope {
  readonly caller: SignedInCaller;
  readonly kind: CloudCredential['kind'];
}

/** The fleets of a gateway, one per project and kind of caller. */
export class InventoryCache {
  readonly #versions: ProjectVersions;
  readonly #metrics: Metrics;
  readonly #maxAgeMs: number;
  readonly #relistThreshold: number;
  readonly #background: (work: Promise<void>) => void;
  readonly #inventories: LruMap<Inventory>;

  constructor(versions: ProjectVersions, metrics: Metrics, options: InventoryOptions) {
    this.#versions = versions;
    this.#metrics = metrics;
    this.#maxAgeMs = options.maxAgeMs * MAX_AGE_SHARE;
    this.#relistThreshold = options.relistThreshold ?? RELIST_THRESHOLD;
    this.#background = options.background ?? (() => {});
    this.#inventories = new LruMap({
      max: MAX_INVENTORIES,
      weight: { of: (inventory) => inventory.size, max: options.maxInstances ?? MAX_INSTANCES },
    });
    versions.onChange((change) => this.invalidate(change?.projectId ?? null, change?.instanceIds ?? null));
  }

  /** Something was changed: instances of a project, something else of it (none), or anything (null). */
  invalidate(projectId: string | null, instanceIds: readonly string[] | null): void {
    for (const inventory of this.#inventories.values()) {
      if (projectId === null || inventory.projectId === projectId) inventory.invalidate(instanceIds);
    }
  }

  /** The view that can be told without asking the cloud for anything, null without one. */
  async current(scope: InventoryScope): Promise<InventorySnapshot | null> {
    const version = await this.#versions.current(scope.caller.projectId);
    return this.#inventories.get(keyOf(scope))?.current(version) ?? null;
  }

  /**
   * The view as it can be told now, asking the cloud for what is new where that is due.
   *
   * @param mayRelist Whether it is worth a list of everything; without it null is the answer where that is due.
   */
  async sync(scope: InventoryScope, cloud: Cloud, mayRelist: boolean): Promise<InventorySnapshot | null> {
    const version = await this.#versions.current(scope.caller.projectId);
    const key = keyOf(scope);
    const known = this.#inventories.get(key);
    if (known === undefined && !mayRelist) return null;
    const inventory = known ?? new Inventory(scope.caller.projectId, this.#maxAgeMs, this.#relistThreshold);
    if (known === undefined) this.#inventories.set(key, inventory);
    const open = () => cloud.detached(SYNC_TIMEOUT_MS);
    const view = inventory.sync(version, open, mayRelist, ({ kind }) => {
      this.#metrics.count('inventory_syncs', { kind });
      this.#reweigh(key, inventory);
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
  async invalidateIfNewer(
    { caller: { projectId } }: InventoryScope,
    id: string,
    known: CloudInstance | undefined,
    found: CloudInstance | undefined,
  ): Promise<void> {
    if (differsFromSnapshot(known, found, projectId))
      await this.#versions.bump({ projectId, instanceIds: [id] });
  }

  /** A fleet that grew makes room by letting go of others, or goes itself when it is larger than all may be. */
  #reweigh(key: string, inventory: Inventory): void {
    if (this.#inventories.peek(key) !== inventory) return;
    this.#inventories.delete(key);
    this.#inventories.set(key, inventory);
  }
}

/** An instance of another project is in no list of this one. */
function differsFromSnapshot(
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

function keyOf({ caller, kind }: InventoryScope): string {
  return JSON.stringify([caller.projectId, kind, caller.accessRules ?? '', ...caller.roles.toSorted()]);
}
