/**
 * From what the cloud tells to what the gateway shows: the public access an instance really has. What the cloud says
 * wins over what the metadata says; metadata only fills the seconds in which the cloud cannot know yet.
 *
 * @module
 */

import type { Cloud, ReachFilter } from './cloud.ts';
import type { CloudInstance, FloatingIp, Instance, Port, Reach, SecurityGroupRule } from './model.ts';

/** The flags as they stand in an instance's metadata in the cloud. */
export const FLAG_PUBLIC = 'isPublic';
export const FLAG_SSH = 'enableSSH';
/** Written beside `isPublic`, so that the address is known before the cloud shows it on the instance. */
export const PUBLIC_ADDRESS = 'floatingIp';

/** Where the cloud tells the flags itself, or has none of it. */
export const NO_REACH: Reach = { groups: [], ports: [], externalNetworkIds: new Set() };

/** What decides who reaches instances of this cloud. */
export async function reachOf(cloud: Cloud, of: ReachFilter = {}): Promise<Reach> {
  const { securityGroups, nativeAccessFlags } = cloud.capabilities;
  return securityGroups && !nativeAccessFlags ? cloud.listReach(of) : NO_REACH;
}

/**
 * Adds public access to instances. Costs one list of floating IPs, and that only when the addresses of some instance and
 * its flags disagree: in the seconds after a change, which Nova shows late.
 *
 * @param reach Of these instances.
 * @param allProjects They belong to several: then nothing is shown of what their metadata says.
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
  // A server that is being built has no port yet: until then its own flag counts.
  const isPromised = (one: CloudInstance) => !allProjects && one.status === 'BUILD' && sshRecorded(one);
  return instances.map((instance) => {
    const ports = (portsOf.get(instance.id) ?? []).filter((port) => port.projectId === instance.projectId);
    const floating = floatingIps ? floatingAddressOf(instance, addresses) : shownAddress(instance);
    return shownAs(
      instance,
      floating ?? externalAddressOf(ports, reach.externalNetworkIds),
      securityGroups ? (openedBy(ports, opensSsh) ?? isPromised(instance)) : sshRecorded(instance),
    );
  });
}

/** What was last shown of an instance. A fleet keeps it as the same object from list to list. */
const SHOWN = new WeakMap<CloudInstance, Instance>();

/** The same object as before while nothing about the instance is different, so that what is made of it can be kept too. */
function shownAs(instance: CloudInstance, publicAddress: string | null, sshEnabled: boolean): Instance {
  const before = SHOWN.get(instance);
  if (before?.publicAddress === publicAddress && before.sshEnabled === sshEnabled) return before;
  const view = { ...instance, publicAddress, sshEnabled };
  SHOWN.set(instance, view);
  return view;
}

const BY_INSTANCE = new WeakMap<readonly Port[], ReadonlyMap<string | null, readonly Port[]>>();

/** Kept with the list, which a fleet shows again and again. */
function portsByInstance(ports: readonly Port[]): ReadonlyMap<string | null, readonly Port[]> {
  const known = BY_INSTANCE.get(ports) ?? Map.groupBy(ports, ({ instanceId }) => instanceId);
  BY_INSTANCE.set(ports, known);
  return known;
}

/** The ports of an instance in the order of its networks, as its addresses stand; those without an address yet come last. */
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

/** Of several floating IPs the one that the gateway led there, as long as it leads there; else the one of the first network. */
function shownAddress(instance: CloudInstance): string | null {
  const shown = floatingOn(instance);
  return shown.find((address) => address === recordedAddress(instance)) ?? shown[0] ?? null;
}

/** The address the flags speak of; null when they say private, or nothing. */
function recordedAddress(instance: CloudInstance): string | null {
  return instance.metadata[FLAG_PUBLIC] === 'true' ? (instance.metadata[PUBLIC_ADDRESS] ?? null) : null;
}

function sshRecorded({ metadata }: CloudInstance): boolean {
  return metadata[FLAG_SSH] === 'true';
}

/** What its metadata promises is not what its addresses show: a change that the cloud has not come to show, or somebody else's. */
export function flagsDisagree(instance: CloudInstance): boolean {
  const flag = instance.metadata[FLAG_PUBLIC];
  if (flag === undefined) return false;
  const promised = recordedAddress(instance);
  // Somebody else's tool may set the flag without an address: then any address agrees with it, and none does not.
  return flag === 'true' && promised === null
    ? floatingOn(instance).length === 0
    : shownAddress(instance) !== promised;
}

/** Statuses in which Nova takes metadata. In all others a change of access leaves the flags as they were. */
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

/** Neither its metadata nor its addresses can be relied on. */
function isUncertain(instance: CloudInstance): boolean {
  return !TAKES_METADATA.has(instance.status) || flagsDisagree(instance);
}

/** What a customer wrote only chooses among the floating IPs that Neutron shows to lead there. */
function floatingAddressOf(instance: CloudInstance, floatingIps: readonly FloatingIp[]): string | null {
  if (!isUncertain(instance)) return shownAddress(instance);
  const promised = recordedAddress(instance);
  const own = floatingIps.filter(({ projectId }) => projectId === instance.projectId);
  const order = instance.addresses.map(({ address }) => address);
  const placeOf = ({ fixedAddress }: FloatingIp) => {
    const place = order.indexOf(fixedAddress ?? '');
    return place < 0 ? order.length : place;
  };
  const leadingHere = own
    .filter(({ instanceId }) => instanceId === instance.id)
    .sort((a, b) => placeOf(a) - placeOf(b) || a.created.localeCompare(b.created) || (a.id < b.id ? -1 : 1));
  const chosen = leadingHere.find(({ address }) => address === promised) ?? leadingHere[0];
  // A server that has just been accepted does not own its port yet, but the address already leads to that port.
  const waiting = own.find(({ portIsFree, address }) => portIsFree && address === promised);
  return (chosen ?? waiting)?.address ?? null;
}

/** The address of an instance that is on an external network itself. */
function externalAddressOf(ports: readonly Port[], externalNetworkIds: ReadonlySet<string>): string | null {
  const addresses = ports
    .filter(({ networkId }) => externalNetworkIds.has(networkId))
    .flatMap(({ fixedAddresses }) => fixedAddresses);
  return addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? null;
}

/** By the groups that are on its own ports, whatever they are named; null without a port. */
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
