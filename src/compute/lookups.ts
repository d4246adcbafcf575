/**
 * Resolves the names that clients use to the ids that clouds take. An id wins over a name.
 *
 * @module
 */

import type { Cloud, NetworkAttachment } from './cloud.ts';
import { ComputeError, hasCode, type InputField } from './errors.ts';
import type { Network, Port, SecurityGroup } from './model.ts';
import type { BootVolume } from './volumes.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

function matchIds(things: readonly Named[], wanted: string): string[] {
  if (things.some((thing) => thing.id === wanted)) return [wanted];
  return things.filter((thing) => thing.name === wanted).map((thing) => thing.id);
}

/** `invalid`: none matches, or several do. */
function resolveId(
  things: readonly Named[],
  wanted: string,
  kind: string,
  input: InputField,
  index?: number,
): string {
  const ids = matchIds(things, wanted);
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  const message =
    id === undefined
      ? `there is no ${kind} "${wanted}"`
      : `${ids.length} ${kind}s are named "${wanted}": give the id of one of them`;
  throw ComputeError.input(input, message, index);
}

/**
 * The id to filter a list by. An instance may outlive its image and its flavor, so an unknown name is taken for an id.
 * `invalid`: several have that name.
 */
export function idToFilterBy(things: readonly Named[], wanted: string, kind: 'flavor' | 'image'): string {
  return matchIds(things, wanted).length === 0 ? wanted : resolveId(things, wanted, kind, `${kind}Filter`);
}

/** `invalid`. */
export async function flavorId(cloud: Cloud, wanted: string): Promise<string> {
  return resolveId(await cloud.listFlavors(), wanted, 'flavor', 'flavor');
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Also by the id of an image that no list shows. `invalid`. */
export async function imageId(cloud: Cloud, wanted: string): Promise<string> {
  const images = await cloud.listImages();
  if (matchIds(images, wanted).length > 0 || !UUID.test(wanted))
    return resolveId(images, wanted, 'image', 'image');
  const missing = () => ComputeError.input('image', `there is no image "${wanted}"`);
  const found = cloud.getImage(wanted.toLowerCase());
  return (await found.catch((error) => Promise.reject(hasCode(error, 'not_found') ? missing() : error))).id;
}

/**
 * The ids of groups given by id or name. The project's own group wins over a shared one of the same name, since others choose
 * what they share. `invalid`.
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
    return resolveId(named, name, 'security group', 'securityGroups', index);
  });
}

export interface ResolvedAttachments {
  readonly attachments: readonly NetworkAttachment[];
  readonly networks: readonly Network[];
  /** The project's ports; empty when the request names none. */
  readonly ports: readonly Port[];
}

/**
 * Verifies that the project may use every requested network and port, since an administrator's credential could attach any;
 * without any it resolves the default network. `invalid`; `conflict`: a port is in use.
 */
export async function resolveAttachments(
  cloud: Cloud,
  named: readonly NetworkAttachment[],
  inputs: Readonly<Record<NetworkAttachment['kind'], InputField>> = { network: 'networks', port: 'networks' },
): Promise<ResolvedAttachments> {
  const [{ projectId }, networks, ports] = await Promise.all([
    cloud.caller(),
    cloud.listNetworks(),
    named.some(({ kind }) => kind === 'port') ? cloud.listPorts({}) : [],
  ]);
  const attachments = named.length > 0 ? named : [resolveDefaultNetwork(networks, projectId)];
  for (const attachment of attachments) {
    if (attachment.kind === 'port') assertFree(ports, attachment.portId, inputs.port);
    else assertForInstances(networks, attachment.networkId, projectId, inputs.network);
  }
  return { attachments, networks, ports };
}

function assertFree(ports: readonly Port[], id: string, input: InputField): void {
  const port = ports.find((known) => known.id === id);
  if (port === undefined) throw ComputeError.input(input, `there is no port ${id}`);
  if (port.instanceId !== null || port.inOtherUse)
    throw new ComputeError('conflict', `Port ${id} is in use.`);
}

function assertForInstances(
  networks: readonly Network[],
  id: string,
  projectId: string,
  input: InputField,
): void {
  const network = networks.find((known) => known.id === id);
  if (network === undefined) throw ComputeError.input(input, `there is no network ${id}`);
  if (!isForInstances(network, projectId)) {
    const message = `network ${id} is external and not shared with this project: no instance can be attached to it`;
    throw ComputeError.input(input, message);
  }
}

/** An external network takes instances of the projects that own it or that it is shared with. */
export function isForInstances({ projectId, shared }: Network, ownProjectId: string): boolean {
  return shared || projectId === ownProjectId;
}

/** `invalid`: no such server group in the project. */
export async function assertServerGroup(cloud: Cloud, id: string | null): Promise<void> {
  if (id === null) return;
  await cloud.getServerGroup(id).catch((error) => {
    throw hasCode(error, 'not_found')
      ? ComputeError.input('serverGroup', `there is no server group ${id}`)
      : error;
  });
}

/** `invalid`: no such volume in the project. */
export async function assertBootVolume(cloud: Cloud, volume: BootVolume | null): Promise<void> {
  if (volume?.kind !== 'existing') return;
  await cloud.getVolume(volume.volumeId).catch((error) => {
    throw hasCode(error, 'not_found')
      ? ComputeError.input('bootVolume', `there is no volume ${volume.volumeId}`)
      : error;
  });
}

const MAX_CHOICES = 10;

/**
 * The default network: the project's only own one, else the only one shared with it, else the only external one that takes
 * instances. `invalid`: none, or several, which the message lists.
 */
export function resolveDefaultNetwork(networks: readonly Network[], ownProjectId: string): NetworkAttachment {
  const usable = networks.filter((network) => isForInstances(network, ownProjectId));
  const internal = usable.filter(({ external }) => !external);
  const own = internal.filter(({ projectId }) => projectId === ownProjectId);
  const candidates = [own, internal, usable].find(({ length }) => length > 0) ?? [];
  const [network] = candidates;
  if (network === undefined)
    throw ComputeError.input('network', 'this project has no network: make one first');
  if (candidates.length > 1) {
    const choices = candidates.slice(0, MAX_CHOICES).map(({ id, name }) => `${id} (${name})`);
    throw ComputeError.input(
      'network',
      `this project has several networks, choose one: ${choices.join(', ')}`,
    );
  }
  return { kind: 'network', networkId: network.id };
}
