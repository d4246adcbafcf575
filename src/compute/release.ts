/**
 * One attempt to release what the gateway created for an instance that was deleted, or for a failed create. Only what has the
 * gateway's mark is released, and never the port of a live server.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import { hasCode } from './errors.ts';
import { PUBLIC_ADDRESS } from './instance-view.ts';
import type { CloudInstance, FloatingIp, Port } from './model.ts';
import { isOwned } from './ownership.ts';

/** Plain data, stored until it is done. */
export interface Release {
  readonly id: string;
  /** Absent in what was stored before there were regions: the default one. */
  readonly region?: string;
  readonly projectId: string;
  /** Released only once this instance is gone; null: it was never created. */
  readonly instanceId: string | null;
  readonly portIds: readonly string[];
  readonly floatingIpIds: readonly string[];
  /** The address in the instance's metadata. */
  readonly address: string | null;
  /** The description of what one request created, which finds it after a lost response. */
  readonly mark: string | null;
  /** The `instanceMark` of a server that may have been requested. If it exists, nothing that serves it is released. */
  readonly serverMark: string | null;
  /** Epoch ms from which on a missing server was never created, and a live instance not deleted. */
  readonly settledAt: number;
  /**
   * The work is not a release but the confirmation of the instance's resize that follows this entry of its history; null: of its
   * first one.
   */
  readonly confirms?: { readonly after: string | null };
}

/** `restorable`: the instance is soft-deleted, so the next attempt is much later. */
export type ReleaseOutcome = 'done' | 'waiting' | 'restorable';

/** An instance that is alive this long after a delete was not deleted. */
export const SETTLING_MS = 60_000;

export type MadeFor = Pick<Release, 'portIds' | 'floatingIpIds' | 'address'>;

export async function madeFor(cloud: Cloud, instance: CloudInstance): Promise<MadeFor> {
  const address = instance.metadata[PUBLIC_ADDRESS] ?? null;
  if (!cloud.capabilities.floatingIps) return { portIds: [], floatingIpIds: [], address };
  const search = { instanceId: instance.id, portIds: [], floatingIpIds: [], address, mark: null };
  const { ports, floatingIps } = await belongings(cloud, search);
  return { portIds: ports.map(({ id }) => id), floatingIpIds: floatingIps.map(({ id }) => id), address };
}

/** Rejects with the cloud's error. */
export async function attemptRelease(cloud: Cloud, release: Release, now: number): Promise<ReleaseOutcome> {
  const standing = await standingOf(cloud, release, now);
  if (standing !== 'gone') return standing;
  const found = await belongings(cloud, release);
  const use = await useOf(cloud, found, release, now);
  if (use !== 'unused') return use;
  const { ports, floatingIps } = found;
  const refusals: unknown[] = [];
  for (const { id } of floatingIps) await cloud.deleteFloatingIp(id).catch((error) => refusals.push(error));
  for (const { id } of ports) await cloud.deletePort(id).catch((error) => refusals.push(error));
  if (refusals.length > 0) throw refusals[0];
  // A call whose response was lost may arrive late.
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
    if (instance.status === 'SOFT_DELETED' && !instance.inTransition) return 'restorable';
    return instance.state === 'deleting' || !isSettled ? 'waiting' : 'done';
  }
  return 'gone';
}

/** Whether a server that may have been requested serves what was made for it. */
async function useOf(
  cloud: Cloud,
  { ports, floatingIps }: Belongings,
  { serverMark, settledAt }: Release,
  now: number,
): Promise<'unused' | ReleaseOutcome> {
  if (serverMark === null) return 'unused';
  const server = await cloud.findInstance(serverMark);
  const address = server?.metadata[PUBLIC_ADDRESS];
  const isBound = ports.some(({ instanceId }) => instanceId !== null);
  if (isBound || floatingIps.some((ip) => ip.address === address)) return 'done';
  // A later attempt of the same request may have made the server, with a port of its own.
  return now < settledAt || server?.inTransition ? 'waiting' : 'unused';
}

type Search = Pick<Release, 'instanceId' | 'portIds' | 'floatingIpIds' | 'address' | 'mark'>;

interface Belongings {
  readonly ports: readonly Port[];
  readonly floatingIps: readonly FloatingIp[];
}

/** Floating IPs are listed first: a port that Nova binds in between is then found by its instance. */
async function belongings(cloud: Cloud, search: Search): Promise<Belongings> {
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
  const ownPortIds = new Set<string | null>(
    mine.filter((port) => isOwned(port) || isItsOwn(port)).map(({ id }) => id),
  );
  return {
    ports: mine.filter(isOwned),
    floatingIps: owned.filter((ip) => named.includes(ip) || ownPortIds.has(ip.portId)),
  };
}
