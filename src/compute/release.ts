/**
 * Giving back what the gateway made for an instance that is deleted, or for a create that failed. One attempt at one release;
 * `pending-releases.ts` repeats it until it is done.
 *
 * Only what carries the gateway's mark is released, and a port is never taken from a server that lives.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { hasCode } from './errors.ts';
import { PUBLIC_ADDRESS } from './instance-view.ts';
import type { CloudInstance, FloatingIp, Port } from './model.ts';
import { isOwned } from './ownership.ts';

/** What is to be given back. Plain data: it is stored until it is done. */
export interface Release {
  readonly id: string;
  readonly projectId: string;
  /** Released only once this instance is gone; null: it never came to be. */
  readonly instanceId: string | null;
  readonly portIds: readonly string[];
  readonly floatingIpIds: readonly string[];
  /** The address that the instance's metadata names. */
  readonly address: string | null;
  /** The description of everything that one request made: also finds what a lost response would have named. */
  readonly mark: string | null;
  /** The description of the server that a lost response would have named. Where it is found, nothing is released. */
  readonly serverMark: string | null;
  /** Epoch ms from which on a server that is not found, or an instance that still lives, is taken for settled. */
  readonly settledAt: number;
}

/**
 * `done`: nothing is left, or what there is belongs to an instance that lives. `waiting`: try again soon. `kept`: the instance is
 * deleted but can be restored, so try again much later.
 */
export type ReleaseOutcome = 'done' | 'waiting' | 'kept';

/** Milliseconds after which an instance that a deletion was requested for, and that lives, was not deleted. */
export const SETTLING_MS = 60_000;

/** What the gateway made for an instance, by id. */
export type MadeFor = Pick<Release, 'portIds' | 'floatingIpIds' | 'address'>;

export async function madeFor(cloud: Cloud, instance: CloudInstance): Promise<MadeFor> {
  const address = instance.metadata[PUBLIC_ADDRESS] ?? null;
  if (!cloud.capabilities.floatingIps) return { portIds: [], floatingIpIds: [], address };
  const search = { instanceId: instance.id, portIds: [], floatingIpIds: [], address, mark: null };
  const { ports, floatingIps } = await belongings(cloud, search);
  return { portIds: ports.map(({ id }) => id), floatingIpIds: floatingIps.map(({ id }) => id), address };
}

/** One attempt. Rejects with the cloud's error when something could not be determined or given back. */
export async function attemptRelease(cloud: Cloud, release: Release, now: number): Promise<ReleaseOutcome> {
  const standing = await standingOf(cloud, release, now);
  if (standing !== 'gone') return standing;
  const { ports, floatingIps } = await belongings(cloud, release);
  const isServing = release.serverMark !== null && ports.some(({ instanceId }) => instanceId !== null);
  if (isServing) return 'done';
  const refusals: unknown[] = [];
  for (const { id } of floatingIps) await cloud.deleteFloatingIp(id).catch((error) => refusals.push(error));
  for (const { id } of ports) await cloud.deletePort(id).catch((error) => refusals.push(error));
  if (refusals.length > 0) throw refusals[0];
  // A lost call may arrive late, so what it would have made is searched for until then.
  return release.mark !== null && now < release.settledAt ? 'waiting' : 'done';
}

async function standingOf(cloud: Cloud, release: Release, now: number): Promise<'gone' | ReleaseOutcome> {
  const isSettled = now >= release.settledAt;
  if (release.instanceId !== null) {
    const instance = await cloud.getInstance(release.instanceId).catch((error: unknown) => {
      if (hasCode(error, 'not_found')) return null;
      throw error;
    });
    if (instance === null) return 'gone';
    if (instance.status === 'SOFT_DELETED' && !instance.inTransition) return 'kept';
    return instance.state === 'deleting' || !isSettled ? 'waiting' : 'done';
  }
  if (release.serverMark === null) return 'gone';
  if ((await cloud.findInstance(release.serverMark)) !== null) return 'done';
  return isSettled ? 'gone' : 'waiting';
}

type Search = Pick<Release, 'instanceId' | 'portIds' | 'floatingIpIds' | 'address' | 'mark'>;

/**
 * The marked ports and addresses of a release, whichever list shows them. The addresses are read first: a port that Nova binds
 * in between is then found by the instance it serves.
 */
async function belongings(
  cloud: Cloud,
  search: Search,
): Promise<{ ports: Port[]; floatingIps: FloatingIp[] }> {
  const { instanceId, address, mark } = search;
  const owned = (await cloud.listFloatingIps()).filter(isOwned);
  const isOurs = (id: string | null) => id === null || id === instanceId;
  const named = owned.filter(
    (ip) =>
      (mark !== null && ip.description === mark) ||
      (isOurs(ip.instanceId) &&
        (search.floatingIpIds.includes(ip.id) || ip.address === address || ip.instanceId !== null)),
  );
  const portIds = [...new Set([...search.portIds, ...named.flatMap(({ portId }) => portId ?? [])])];
  const found = await Promise.all([
    instanceId === null ? [] : cloud.listPorts({ instanceId }),
    portIds.length === 0 ? [] : cloud.listPorts({ ids: portIds }),
    mark === null ? [] : cloud.listPorts({ description: mark }),
  ]);
  const all = [...new Map(found.flat().map((port) => [port.id, port])).values()];
  const mine = all.filter(
    (port) => !port.inOtherUse && (isOurs(port.instanceId) || port.description === mark),
  );
  const isItsOwn = (port: Port) => instanceId !== null && port.instanceId === instanceId;
  const leadingTo = new Set<string | null>(
    mine.filter((port) => isOwned(port) || isItsOwn(port)).map(({ id }) => id),
  );
  return {
    ports: mine.filter(isOwned),
    floatingIps: owned.filter((ip) => named.includes(ip) || leadingTo.has(ip.portId)),
  };
}
