import type { Cloud, CloudCredential, SignedInCaller } from '../compute/cloud.ts';
import type { CloudInstance } from '../compute/model.ts';
import { type Tenant, tenantOf } from '../compute/regions.ts';
import { LruMap } from '../lru-map.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ProjectVersions } from '../traffic/versions/project-versions.ts';
import { Inventory, type InventorySnapshot } from './inventory.ts';
import { RELIST_THRESHOLD } from './sync.ts';

export interface InventoryOptions {
  /** Maximum total age of a response (`LINGUANOVA_CACHE_SECONDS`); 0: no inventory. */
  readonly maxAgeMs: number;
  /** Up to so many instances every sync is a full one. */
  readonly relistThreshold?: number;
  /** Instances of all inventories together; the least recently used are evicted. */
  readonly maxInstances?: number;
  /** `waitUntil` of the runtime: a sync outlives the request that began it. Never rejects. */
  readonly background?: (work: Promise<void>) => void;
}

/** About 2 KiB each: 200 MB at most. */
const MAX_INSTANCES = 100_000;
/** Empty inventories take memory too. */
const MAX_INVENTORIES = 10_000;
/** A sync may outlive its request, which the edge permits for 30 s. */
const SYNC_TIMEOUT_MS = 25_000;
/** An inventory is fresh for this share of a response's maximum age; the rest is left to the response cache. */
const MAX_AGE_SHARE = 0.5;

/** Callers of one scope see the same instances. */
export interface InventoryScope {
  readonly caller: SignedInCaller;
  readonly kind: CloudCredential['kind'];
}

/** The inventories of a gateway, one per scope. */
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
    versions.onChange((change) => this.#invalidate(change?.tenant ?? null, change?.instanceIds ?? null));
  }

  #invalidate(tenant: Tenant | null, instanceIds: readonly string[] | null): void {
    for (const inventory of this.#inventories.values()) {
      if (tenant === null || inventory.tenant === tenant) inventory.invalidate(instanceIds);
    }
  }

  /** The snapshot, if it is fresh. */
  async current(scope: InventoryScope): Promise<InventorySnapshot | null> {
    const version = await this.#versions.current(tenantOf(scope.caller));
    return this.#inventories.get(keyOf(scope))?.current(version) ?? null;
  }

  /** As `Inventory.sync`. */
  async sync(scope: InventoryScope, cloud: Cloud, mayRelist: boolean): Promise<InventorySnapshot | null> {
    const version = await this.#versions.current(tenantOf(scope.caller));
    const key = keyOf(scope);
    const known = this.#inventories.get(key);
    if (known === undefined && !mayRelist) return null;
    const inventory = known ?? new Inventory(tenantOf(scope.caller), this.#maxAgeMs, this.#relistThreshold);
    if (known === undefined) this.#inventories.set(key, inventory);
    const open = () => cloud.detached(SYNC_TIMEOUT_MS);
    const snapshot = inventory.sync(version, open, mayRelist, ({ kind }) => {
      this.#metrics.count('inventory_syncs', { kind, region: scope.caller.region });
      this.#reweigh(key, inventory);
    });
    const ignore = () => {};
    this.#background(snapshot.then(ignore, ignore));
    return snapshot;
  }

  /**
   * Monotonic reads: when an individually fetched instance is newer than the snapshot, the project is invalidated, so that no later
   * list shows an older state.
   */
  async invalidateIfNewer(
    { caller }: InventoryScope,
    id: string,
    known: CloudInstance | undefined,
    found: CloudInstance | undefined,
  ): Promise<void> {
    if (differsFromSnapshot(known, found, caller.projectId))
      await this.#versions.bump({ tenant: tenantOf(caller), instanceIds: [id] });
  }

  /** Inserts it again with its new size, which may evict others or itself. */
  #reweigh(key: string, inventory: Inventory): void {
    if (this.#inventories.peek(key) !== inventory) return;
    this.#inventories.delete(key);
    this.#inventories.set(key, inventory);
  }
}

/** An instance of another project is in no snapshot. */
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
  return JSON.stringify([tenantOf(caller), kind, caller.accessRules ?? '', ...caller.roles.toSorted()]);
}
