/**
 * Lists of instances at the cost of what changed in them: a project's instances are kept, and brought up to date by asking for
 * changes. `docs/architecture.md` has the rules.
 *
 * @module
 */

import type { CloudDriver } from '../compute/cloud.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ProjectVersions } from '../traffic/versions/project-versions.ts';
import { InventoryCache, type InventoryOptions } from './inventory-cache.ts';
import { inventoryCloud } from './inventory-cloud.ts';

/** The same kind of cloud, with fleets in front of it; itself where nothing may be old. */
export function withInventory(
  driver: CloudDriver,
  versions: ProjectVersions,
  metrics: Metrics,
  options: InventoryOptions,
): CloudDriver {
  if (options.maxAgeMs <= 0) return driver;
  const inventories = new InventoryCache(versions, metrics, options);
  return {
    capabilities: driver.capabilities,
    open: (credential, call) => inventoryCloud(driver.open(credential, call), credential, call, inventories),
    caller: (credential, call) => driver.caller(credential, call),
    peekCaller: (credential) => driver.peekCaller?.(credential) ?? null,
    ping: (call) => driver.ping(call),
    close: () => driver.close(),
  };
}
