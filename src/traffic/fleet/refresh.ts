import { monotonicMs } from '../../clock.ts';
import type { Cloud } from '../../compute/cloud.ts';
import { hasCode } from '../../compute/errors.ts';
import type { CloudInstance, SecurityGroup } from '../../compute/model.ts';
import { EMPTY, fleetOf, merged } from './merge.ts';
import { followFrom, type Listed, looksOf } from './plan.ts';

export interface RefreshNeeds {
  /** Ids that were changed through some gateway since the last refresh. */
  readonly changed: ReadonlySet<string>;
  /** Changes may have been missed: nothing that is known counts. */
  readonly whole: boolean;
  /** Counts refreshes. */
  readonly round: number;
  /** Up to this size everything is listed. */
  readonly smallFleet: number;
}

export interface Refreshed {
  readonly listed: Listed;
  readonly groups: readonly SecurityGroup[];
  /** Whether everything was listed, or only what changed. */
  readonly kind: 'full' | 'changes';
}

/**
 * Asks the cloud for what is new about a fleet and its project's security groups. Errors as `Cloud.listInstances`; then the
 * fleet is what it was.
 */
export async function refresh(cloud: Cloud, before: Listed | null, needs: RefreshNeeds): Promise<Refreshed> {
  const [instances, groups] = await Promise.all([
    instancesNow(cloud, before, needs),
    cloud.capabilities.securityGroups ? cloud.listSecurityGroups() : [],
  ]);
  return { ...instances, groups };
}

async function instancesNow(
  cloud: Cloud,
  before: Listed | null,
  needs: RefreshNeeds,
): Promise<Pick<Refreshed, 'listed' | 'kind'>> {
  const since = needs.whole ? null : followFrom(before, needs.smallFleet, monotonicMs());
  const followed = before === null || since === null ? null : await follow(cloud, before, since, needs);
  if (followed !== null) return { listed: followed, kind: 'changes' };
  return { listed: await listAll(cloud, before), kind: 'full' };
}

async function listAll(cloud: Cloud, before: Listed | null): Promise<Listed> {
  const fullAt = monotonicMs();
  const { instances } = await cloud.listInstances({}, {});
  const took = monotonicMs() - fullAt;
  return { state: fleetOf(instances, before?.state ?? EMPTY), fullAt, fullTook: took, took };
}

/** @returns null when so much has to be looked at that a full list is cheaper. */
async function follow(
  cloud: Cloud,
  before: Listed,
  since: string,
  { changed, round }: RefreshNeeds,
): Promise<Listed | null> {
  const start = monotonicMs();
  const { instances: told } = await cloud.listInstances({ changedSince: since }, {});
  const took = monotonicMs() - start;
  const looks = looksOf(before.state, new Set(told.map(({ id }) => id)), changed, round);
  if (looks === null) return null;
  const seen = await Promise.all(looks.map((id) => look(cloud, id)));
  const found = seen.filter((instance) => instance !== null);
  const missing = looks.filter((_, index) => seen[index] === null);
  return { ...before, state: merged(before.state, told, found, missing), took };
}

async function look(cloud: Cloud, id: string): Promise<CloudInstance | null> {
  try {
    return await cloud.getInstance(id);
  } catch (error) {
    if (hasCode(error, 'not_found')) return null;
    throw error;
  }
}
