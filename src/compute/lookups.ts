/**
 * From the names clients use to the ids clouds want. An id always wins over a name.
 *
 * Fields in these errors are named as in the redu dialect; other dialects put their own.
 *
 * @module
 */

import type { Cloud, NetworkAttachment } from './cloud.ts';
import { ComputeError, hasCode } from './errors.ts';
import type { Network, Port, SecurityGroup } from './model.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The ids that `wanted` may mean: the one with that id, else all of that name. */
function matchIds(things: readonly Named[], wanted: string): string[] {
  if (things.some((thing) => thing.id === wanted)) return [wanted];
  return things.filter((thing) => thing.name === wanted).map((thing) => thing.id);
}

/** The only id that `wanted` can mean. `invalid`: there is none, or several. */
function resolveId(things: readonly Named[], wanted: string, field: string, kind: string): string {
  const ids = matchIds(things, wanted);
  const [id] = ids;
  if (id === undefined) throw ComputeError.field(field, `there is no ${kind} "${wanted}"`);
  if (ids.length > 1) {
    throw ComputeError.field(
      field,
      `${ids.length} ${kind}s are named "${wanted}": give the id of one of them`,
    );
  }
  return id;
}

/**
 * The id to filter a list by. An instance may outlive its image and its flavor, so what is in no catalog any more is
 * taken for an id. `invalid`: several have that name.
 */
export function idToFilterBy(things: readonly Named[], wanted: string, field: 'flavor' | 'image'): string {
  return matchIds(things, wanted).length === 0 ? wanted : resolveId(things, wanted, field, field);
}

/** `invalid`. */
export async function flavorId(cloud: Cloud, wanted: string): Promise<string> {
  return resolveId(await cloud.listFlavors(), wanted, 'flavor_id', 'flavor');
}

/** `invalid`. */
export async function imageId(cloud: Cloud, wanted: string): Promise<string> {
  return resolveId(await cloud.listImages(), wanted, 'image_id', 'image');
}

/**
 * The ids of these groups, named by id or name. A name is first one of the project's own groups: others share theirs without being
 * asked, under whatever name. `invalid`.
 */
export function securityGroupIds(
  groups: readonly SecurityGroup[],
  wanted: readonly string[],
  ownProjectId: string,
): string[] {
  const own = groups.filter(({ projectId }) => projectId === ownProjectId);
  return wanted.map((name, index) => {
    const isId = groups.some(({ id }) => id === name);
    const named = !isId && own.some((group) => group.name === name) ? own : groups;
    return resolveId(named, name, `security_group_names.${index}`, 'security group');
  });
}

/** What an instance is to be attached to, and what the project may attach instances to. */
export interface ResolvedAttachments {
  readonly attachments: readonly NetworkAttachment[];
  readonly networks: readonly Network[];
  /** The project's ports, where one of them is named. */
  readonly ports: readonly Port[];
}

/**
 * Verifies that every network and port that a request names may be used by the project, for an administrator's credential could
 * attach an instance to any; chooses the network of a request that names none. `invalid`; `conflict`: a port that is somebody's already, for opening it would open the other.
 */
export async function resolveAttachments(
  cloud: Cloud,
  named: readonly NetworkAttachment[],
): Promise<ResolvedAttachments> {
  const [{ projectId }, networks, ports] = await Promise.all([
    cloud.caller(),
    cloud.listNetworks(),
    named.some(({ kind }) => kind === 'port') ? cloud.listPorts({}) : [],
  ]);
  const attachments = named.length > 0 ? named : [resolveDefaultNetwork(networks, projectId)];
  for (const attachment of attachments) {
    if (attachment.kind === 'port') assertFree(ports, attachment.portId);
    else assertForInstances(networks, attachment.networkId, projectId);
  }
  return { attachments, networks, ports };
}

function assertFree(ports: readonly Port[], id: string): void {
  const port = ports.find((known) => known.id === id);
  if (port === undefined) throw ComputeError.field('networks', `there is no port ${id}`);
  if (port.instanceId !== null || port.inOtherUse)
    throw new ComputeError('conflict', `Port ${id} is in use.`);
}

function assertForInstances(networks: readonly Network[], id: string, projectId: string): void {
  const network = networks.find((known) => known.id === id);
  if (network === undefined) throw new ComputeError('invalid', `Network ${id} could not be found.`);
  if (!isForInstances(network, projectId)) {
    const message = `Network ${id} is external and not shared with this project: no instance can be attached to it.`;
    throw new ComputeError('invalid', message);
  }
}

/** An external network gives floating IPs to all that see it; instances only where it is their own or shared with them. */
export function isForInstances({ projectId, shared }: Network, ownProjectId: string): boolean {
  return shared || projectId === ownProjectId;
}

/** Verifies that a server group is the project's own. `invalid`. */
export async function assertServerGroup(cloud: Cloud, id: string | null): Promise<void> {
  if (id === null) return;
  await cloud.getServerGroup(id).catch((error) => {
    throw hasCode(error, 'not_found')
      ? ComputeError.field('server_group_id', `there is no server group ${id}`)
      : error;
  });
}

/** How many choices an error names. */
const MAX_CHOICES = 10;

/**
 * The network of an instance that names none: the project's only one of its own, else the only one shared with it, else the only
 * external one that takes instances. `invalid` when there is none or a choice, naming the choices.
 */
export function resolveDefaultNetwork(networks: readonly Network[], ownProjectId: string): NetworkAttachment {
  const usable = networks.filter((network) => isForInstances(network, ownProjectId));
  const internal = usable.filter(({ external }) => !external);
  const own = internal.filter(({ projectId }) => projectId === ownProjectId);
  const candidates = [own, internal, usable].find(({ length }) => length > 0) ?? [];
  const [network] = candidates;
  if (network === undefined)
    throw ComputeError.field('network_id', 'this project has no network: make one first');
  if (candidates.length > 1) {
    const choices = candidates.slice(0, MAX_CHOICES).map(({ id, name }) => `${id} (${name})`);
    throw ComputeError.field(
      'network_id',
      `this project has several networks, choose one: ${choices.join(', ')}`,
    );
  }
  return { kind: 'network', networkId: network.id };
}
