/**
 * Derives the actual public access of instances. The cloud's state wins over metadata, which only covers the seconds until the
 * cloud shows a change.
 *
 * @module
 */

import type { Cloud, ReachFilter } from './cloud.ts';
import { hasCode } from './errors.ts';
import type {
  CloudInstance,
  FloatingIp,
  Instance,
  Port,
  Reach,
  SecurityGroupRule,
  ServerGroup,
} from './model.ts';

/** Metadata keys. */
export const FLAG_PUBLIC = 'isPublic';
export const FLAG_SSH = 'enableSSH';
/** Recorded with `isPublic`, so that the address is known before the cloud shows it on the instance. */
export const PUBLIC_ADDRESS = 'floatingIp';

export const NO_REACH: Reach = { groups: [], ports: [], externalNetworkIds: new Set() };

export async function reachOf(cloud: Cloud, of: ReachFilter = {}): Promise<Reach> {
  const { securityGroups, nativeAccessFlags } = cloud.capabilities;
  return securityGroups && !nativeAccessFlags ? cloud.listReach(of) : NO_REACH;
}

/** Empty where the cloud does not let the caller list them. */
export async function serverGroupsOf(
  cloud: Pick<Cloud, 'listServerGroups'>,
): Promise<readonly ServerGroup[]> {
  try {
    return await cloud.listServerGroups();
  } catch (error) {
    if (hasCode(error, 'forbidden', 'not_found', 'not_implemented')) return [];
    throw error;
  }
}

/**
 * Adds public access and server groups to instances. It lists floating IPs only when the addresses and flags of some instance disagree, as in the
 * seconds after a change, which Nova shows late.
 *
 * @param allProjects They belong to several projects, so their metadata is ignored.
 */
export async function withAccess(
  cloud: Cloud,
  instances: readonly CloudInstance[],
  reach: Reach,
  allProjects = false,
): Promise<Instance[]> {
  const { floatingIps, securityGroups, nativeAccessFlags } = cloud.capabilities;
  if (nativeAccessFlags) {
    return instances.map((instance) => ({
      ...instance,
      publicAddress: recordedAddress(instance),
      sshEnabled: sshRecorded(instance),
    }));
  }
  const inDoubt = floatingIps && instances.some(isUncertain);
  const addresses = inDoubt ? await cloud.listFloatingIps(allProjects ? { allProjects } : {}) : [];
  const opensSsh = new Set(reach.groups.filter(({ rules }) => rules.some(allowsSsh)).map(({ id }) => id));
  const portsOf = portsByInstance(reach.ports);
  const groupOf = groupByInstance(reach.serverGroups ?? []);
  // A server that is being built has no port yet.
  const isRecorded = (one: CloudInstance) => !allProjects && one.status === 'BUILD' && sshRecorded(one);
  return instances.map((instance) => {
    const ports = (portsOf.get(instance.id) ?? []).filter((port) => port.projectId === instance.projectId);
    const floating = floatingIps ? floatingAddressOf(instance, addresses) : shownAddress(instance);
    return shownAs(
      instance,
      floating ?? externalAddressOf(ports, reach.externalNetworkIds),
      securityGroups ? (openedBy(ports, opensSsh) ?? isRecorded(instance)) : sshRecorded(instance),
      groupOf.get(instance.id) ?? instance.serverGroupId,
    );
  });
}

const SHOWN = new WeakMap<CloudInstance, Instance>();

/** The same object while nothing changed, so that its encoding can be memoized. */
function shownAs(
  instance: CloudInstance,
  publicAddress: string | null,
  sshEnabled: boolean,
  serverGroupId: string | null,
): Instance {
  const before = SHOWN.get(instance);
  const isSame =
    before?.publicAddress === publicAddress &&
    before.sshEnabled === sshEnabled &&
    before.serverGroupId === serverGroupId;
  if (isSame) return before;
  const view = { ...instance, publicAddress, sshEnabled, serverGroupId };
  SHOWN.set(instance, view);
  return view;
}

const BY_INSTANCE = new WeakMap<readonly Port[], ReadonlyMap<string | null, readonly Port[]>>();

/** Memoized, since an inventory returns the same list. */
function portsByInstance(ports: readonly Port[]): ReadonlyMap<string | null, readonly Port[]> {
  const known = BY_INSTANCE.get(ports) ?? Map.groupBy(ports, ({ instanceId }) => instanceId);
  BY_INSTANCE.set(ports, known);
  return known;
}

const GROUP_BY_INSTANCE = new WeakMap<readonly ServerGroup[], ReadonlyMap<string, string>>();

/** Memoized too. */
function groupByInstance(groups: readonly ServerGroup[]): ReadonlyMap<string, string> {
  const known =
    GROUP_BY_INSTANCE.get(groups) ??
    new Map(groups.flatMap(({ id, memberIds }) => memberIds.map((member) => [member, id] as const)));
  GROUP_BY_INSTANCE.set(groups, known);
  return known;
}

/** The ports in the order of the instance's addresses; those without an address last. */
export function inNetworkOrder(instance: CloudInstance, ports: readonly Port[]): Port[] {
  const order = instance.addresses.map(({ address }) => address);
  const placeOf = ({ fixedAddresses }: Port) => {
    const places = fixedAddresses.map((address) => order.indexOf(address)).filter((place) => place >= 0);
    return Math.min(order.length, ...places);
  };
  return ports.toSorted(
    (a, b) => placeOf(a) - placeOf(b) || a.created.localeCompare(b.created) || a.id.localeCompare(b.id),
  );
}

function floatingOn(instance: CloudInstance): string[] {
  return instance.addresses.filter(({ type }) => type === 'floating').map(({ address }) => address);
}

/** The recorded floating IP if it is on the instance, else the first network's. */
function shownAddress(instance: CloudInstance): string | null {
  const shown = floatingOn(instance);
  return shown.find((address) => address === recordedAddress(instance)) ?? shown[0] ?? null;
}

function recordedAddress(instance: CloudInstance): string | null {
  return instance.metadata[FLAG_PUBLIC] === 'true' ? (instance.metadata[PUBLIC_ADDRESS] ?? null) : null;
}

function sshRecorded({ metadata }: CloudInstance): boolean {
  return metadata[FLAG_SSH] === 'true';
}

/** Metadata and addresses differ: the cloud does not show a change yet, or another tool made one. */
export function flagsDisagree(instance: CloudInstance): boolean {
  const flag = instance.metadata[FLAG_PUBLIC];
  if (flag === undefined) return false;
  const recorded = recordedAddress(instance);
  // Another tool may set the flag without an address: then any address agrees.
  return flag === 'true' && recorded === null
    ? floatingOn(instance).length === 0
    : shownAddress(instance) !== recorded;
}

/** Statuses in which Nova accepts metadata; in others a change of access leaves the flags as they were. */
const TAKES_METADATA: ReadonlySet<string> = new Set([
  'ACTIVE',
  'SHUTOFF',
  'PAUSED',
  'SUSPENDED',
  'BUILD',
  'REBOOT',
  'HARD_REBOOT',
  'PASSWORD',
]);

function isUncertain(instance: CloudInstance): boolean {
  return !TAKES_METADATA.has(instance.status) || flagsDisagree(instance);
}

/** Metadata only chooses among the floating IPs that Neutron associates with the instance. */
function floatingAddressOf(instance: CloudInstance, floatingIps: readonly FloatingIp[]): string | null {
  if (!isUncertain(instance)) return shownAddress(instance);
  const recorded = recordedAddress(instance);
  const own = floatingIps.filter(({ projectId }) => projectId === instance.projectId);
  const order = instance.addresses.map(({ address }) => address);
  const placeOf = ({ fixedAddress }: FloatingIp) => {
    const place = order.indexOf(fixedAddress ?? '');
    return place < 0 ? order.length : place;
  };
  const associated = own
    .filter(({ instanceId }) => instanceId === instance.id)
    .sort((a, b) => placeOf(a) - placeOf(b) || a.created.localeCompare(b.created) || (a.id < b.id ? -1 : 1));
  const chosen = associated.find(({ address }) => address === recorded) ?? associated[0];
  // A server that has just been accepted does not have its port yet.
  const waiting = own.find(({ portIsFree, address }) => portIsFree && address === recorded);
  return (chosen ?? waiting)?.address ?? null;
}

function externalAddressOf(ports: readonly Port[], externalNetworkIds: ReadonlySet<string>): string | null {
  const addresses = ports
    .filter(({ networkId }) => externalNetworkIds.has(networkId))
    .flatMap(({ fixedAddresses }) => fixedAddresses);
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? null;
}

/** By the groups on its ports; null without a port. */
function openedBy(ports: readonly Port[], opensSsh: ReadonlySet<string>): boolean | null {
  if (ports.length === 0) return null;
  return ports.some(({ securityGroupIds }) => securityGroupIds.some((id) => opensSsh.has(id)));
}

export const SSH_PORT = 22;

/** Whether this rule opens TCP port 22 to some network, not only to members of a group. */
export function allowsSsh(rule: SecurityGroupRule): boolean {
  if (rule.direction !== 'ingress' || rule.remoteGroupId !== null) return false;
  if (rule.protocol !== null && rule.protocol !== 'tcp' && rule.protocol !== '6') return false;
  return (rule.portMin ?? 0) <= SSH_PORT && SSH_PORT <= (rule.portMax ?? 65_535);
}
