/**
 * An instance as Nova's server, by microversion. `adapters/openstack/nova/server.ts` is the inverse; the table of both is in
 * `docs/dialects.md`.
 *
 * @module
 */

import { FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS } from '../../../compute/instance-view.ts';
import type { Flavor, Instance, InstanceAddress, InstanceVolume } from '../../../compute/model.ts';
import type { InstanceState, InstanceStatus } from '../../../compute/states.ts';
import { linksTo, type NovaCall } from './call.ts';

/** Statuses with which Nova prints a progress. */
const WITH_PROGRESS: ReadonlySet<InstanceStatus> = new Set([
  'ACTIVE',
  'BUILD',
  'REBUILD',
  'RESIZE',
  'VERIFY_RESIZE',
  'MIGRATING',
]);

/** The network of a public address when the cloud does not report the server's networks. */
const PUBLIC_NETWORK_NAME = 'public';

/** What a view depends on beyond the instance. */
export interface Viewer {
  readonly publicUrl: string;
  readonly minor: number;
  /** From 2.47 on a server has its flavor's members in place of its id. */
  readonly flavors: readonly Flavor[];
}

/**
 * Awaited before a write: a list of flavors that fails after it would lose the outcome.
 *
 * @param isShown Whether there is anything to show.
 */
export async function viewerOf({ publicUrl, minor, cloud }: NovaCall, isShown = true): Promise<Viewer> {
  return { publicUrl, minor, flavors: minor >= 47 && isShown ? await cloud.listFlavors() : [] };
}

export function serverReference({ id, name }: Instance, publicUrl: string) {
  return { id, name, links: linksTo(publicUrl, 'servers', id) };
}

/** A server as it is shown alone: since 2.71 with its group. */
export function shownServer(instance: Instance, viewer: Viewer) {
  return { ...serverView(instance, viewer), ...groupView(instance, viewer) };
}

function groupView({ serverGroupId }: Instance, { minor }: Viewer) {
  return minor >= 71 && { server_groups: serverGroupId === null ? [] : [serverGroupId] };
}

/** As in a list. */
export function serverView(instance: Instance, viewer: Viewer) {
  const { securityGroupNames } = instance;
  const { vmState, taskState, powerState } = serverStates(instance);
  return {
    ...plainServer(instance, viewer),
    addresses: byNetwork(instance, extendedAddress),
    key_name: instance.keypairName,
    config_drive: '',
    'OS-EXT-AZ:availability_zone': instance.availabilityZone ?? '',
    'OS-EXT-STS:vm_state': vmState,
    'OS-EXT-STS:task_state': taskState,
    'OS-EXT-STS:power_state': powerState,
    'OS-SRV-USG:launched_at': null,
    'OS-SRV-USG:terminated_at': null,
    'os-extended-volumes:volumes_attached': instance.volumes.map((volume) => attachedVolume(volume, viewer)),
    ...(securityGroupNames !== 'unknown' && {
      security_groups: securityGroupNames.map((name) => ({ name })),
    }),
  };
}

function attachedVolume({ id, deleteWithInstance }: InstanceVolume, { minor }: Viewer) {
  return { id, ...(minor >= 3 && { delete_on_termination: deleteWithInstance }) };
}

/** The response to updates and rebuilds: before 2.75 without the attributes of extensions. */
export function changedServer(instance: Instance, viewer: Viewer) {
  if (viewer.minor >= 75) return shownServer(instance, viewer);
  return { ...plainServer(instance, viewer), ...groupView(instance, viewer) };
}

function plainServer(instance: Instance, viewer: Viewer) {
  const { id, imageId, fault } = instance;
  const { publicUrl } = viewer;
  const { status } = serverStates(instance);
  return {
    id,
    name: instance.name,
    status,
    tenant_id: instance.projectId,
    user_id: instance.userId,
    metadata: serverMetadata(instance),
    hostId: '',
    image: imageId === null ? '' : { id: imageId, links: [linksTo(publicUrl, 'images', imageId)[1]] },
    flavor: flavorOf(instance, viewer),
    created: instance.created,
    updated: instance.updated,
    addresses: byNetwork(instance, plainAddress),
    accessIPv4: '',
    accessIPv6: '',
    links: linksTo(publicUrl, 'servers', id),
    'OS-DCF:diskConfig': 'MANUAL',
    ...(WITH_PROGRESS.has(status) && { progress: 0 }),
    ...(fault !== null && { fault: { code: fault.code, message: fault.message, created: fault.created } }),
    ...sinceOf(instance, viewer),
  };
}

/** Members of later microversions. redu reports neither why an instance is locked nor certificates. */
function sinceOf({ locked, description, tags }: Instance, { minor }: Viewer) {
  return {
    ...(minor >= 9 && { locked }),
    ...(minor >= 19 && { description }),
    ...(minor >= 26 && { tags }),
    ...(minor >= 63 && { trusted_image_certificates: null }),
    ...(minor >= 73 && { locked_reason: null }),
  };
}

/** A flavor that is listed no more is shown by its name alone. redu reports neither swap nor extra specs. */
function flavorOf({ flavorId }: Instance, { minor, publicUrl, flavors }: Viewer) {
  if (minor < 47) return { id: flavorId, links: [linksTo(publicUrl, 'flavors', flavorId)[1]] };
  const byId = flavors.find(({ id }) => id === flavorId);
  const found = byId ?? flavors.find(({ name }) => name === flavorId);
  if (found === undefined) return { original_name: flavorId };
  const { name, vcpus, ram, disk } = found;
  return { original_name: name, vcpus, ram, disk, ephemeral: 0, swap: 0, extra_specs: {} };
}

/** The items, and the flags that are true: a server without flags has exactly the metadata it was given. */
export function serverMetadata({ metadata, publicAddress, sshEnabled }: Instance): Record<string, string> {
  const { [FLAG_PUBLIC]: _public, [FLAG_SSH]: _ssh, [PUBLIC_ADDRESS]: _address, ...items } = metadata;
  return {
    ...items,
    ...(publicAddress !== null && { [FLAG_PUBLIC]: 'true', [PUBLIC_ADDRESS]: publicAddress }),
    ...(sshEnabled && { [FLAG_SSH]: 'true' }),
  };
}

export function serverAddresses(instance: Instance) {
  return byNetwork(instance, plainAddress);
}

function byNetwork<T>(instance: Instance, view: (address: InstanceAddress) => T): Record<string, T[]> {
  const networks = Map.groupBy(reportedAddresses(instance), ({ network }) => network);
  return Object.fromEntries([...networks].map(([network, addresses]) => [network, addresses.map(view)]));
}

/** A cloud may report the public address only. */
function reportedAddresses({ addresses, publicAddress: address }: Instance): readonly InstanceAddress[] {
  if (addresses.length > 0 || address === null) return addresses;
  const version = address.includes(':') ? 6 : 4;
  return [{ network: PUBLIC_NETWORK_NAME, address, version, type: 'floating', macAddress: null }];
}

function plainAddress({ version, address }: InstanceAddress) {
  return { version, addr: address };
}

function extendedAddress(address: InstanceAddress) {
  return {
    ...plainAddress(address),
    'OS-EXT-IPS:type': address.type,
    ...(address.macAddress !== null && { 'OS-EXT-IPS-MAC:mac_addr': address.macAddress }),
  };
}

/** Nova's `power_state`. */
const NONE = 0;
const RUNNING = 1;
const PAUSED = 3;
const SHUTDOWN = 4;

const STATUS_STATES: Readonly<Record<InstanceStatus, readonly [vmState: string, powerState: number]>> = {
  ACTIVE: ['active', RUNNING],
  SHUTOFF: ['stopped', SHUTDOWN],
  BUILD: ['building', NONE],
  REBOOT: ['active', RUNNING],
  HARD_REBOOT: ['active', RUNNING],
  REBUILD: ['active', RUNNING],
  RESIZE: ['active', RUNNING],
  VERIFY_RESIZE: ['resized', RUNNING],
  REVERT_RESIZE: ['resized', RUNNING],
  MIGRATING: ['active', RUNNING],
  PASSWORD: ['active', RUNNING],
  PAUSED: ['paused', PAUSED],
  SUSPENDED: ['suspended', SHUTDOWN],
  RESCUE: ['rescued', RUNNING],
  SHELVED: ['shelved', SHUTDOWN],
  SHELVED_OFFLOADED: ['shelved_offloaded', SHUTDOWN],
  ERROR: ['error', NONE],
  DELETED: ['deleted', NONE],
  SOFT_DELETED: ['soft-delete', SHUTDOWN],
  UNKNOWN: ['unknown', NONE],
};

/** For a cloud that reports no task: of several tasks that lead to a state, the longest. */
const TASKS: Readonly<Partial<Record<InstanceState, string>>> = {
  provisioning: 'spawning',
  starting: 'powering-on',
  stopping: 'powering-off',
  rebooting: 'rebooting',
  rebuilding: 'rebuilding',
  resizing: 'resize_migrating',
  reverting: 'resize_reverting',
  migrating: 'migrating',
  deleting: 'deleting',
  restoring: 'restoring',
  pausing: 'pausing',
  unpausing: 'unpausing',
  suspending: 'suspending',
  resuming: 'resuming',
  shelving: 'shelving_image_uploading',
  unshelving: 'unshelving',
  rescuing: 'rescuing',
  unrescuing: 'unrescuing',
  snapshotting: 'image_uploading',
};

export interface ServerStates {
  readonly status: InstanceStatus;
  readonly vmState: string;
  /** null when the state is not transitional. */
  readonly taskState: string | null;
  readonly powerState: number;
}

/** Status and states of Nova's extension `OS-EXT-STS`, from which `stateOf` derives the same state. Any other status is `UNKNOWN`. */
export function serverStates({
  status: given,
  state,
  task,
}: Pick<Instance, 'status' | 'state' | 'task'>): ServerStates {
  const status = Object.hasOwn(STATUS_STATES, given) ? (given as InstanceStatus) : 'UNKNOWN';
  const [vmState, powerState] = STATUS_STATES[status];
  const likely = status === 'HARD_REBOOT' && state === 'rebooting' ? 'rebooting_hard' : TASKS[state];
  return { status, vmState, taskState: task ?? likely ?? null, powerState };
}
