/**
 * Lists of instances at the cost of what changed in them: a project's instances are kept, and brought up to date by asking for
 * changes. `docs/architecture.md` has the rules.
 *
 * @module
 */

import type { CloudDriver } from '../../compute/cloud.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import { fleetCloud } from './fleet-cloud.ts';
import { type FleetOptions, Fleets } from './fleets.ts';

/** The same kind of cloud, with fleets in front of it; itself where nothing may be old. */
export function withFleets(
  driver: CloudDriver,
  versions: ProjectVersions,
  metrics: Metrics,
  options: FleetOptions,
): CloudDriver {
  if (options.maxAge <= 0) return driver;
  const fleets = new Fleets(versions, metrics, options);
  return {
    capabilities: driver.capabilities,
    open: (credential, call) => fleetCloud(driver.open(credential, call), credential, call, fleets),
    caller: (credential, call) => driver.caller(credential, call),
    knownCaller: (credential) => driver.knownCaller?.(credential) ?? null,
    ping: (call) => driver.ping(call),
    close: () => driver.close(),
  };
}
