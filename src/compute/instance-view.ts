/**
 * From what the cloud tells to what the gateway shows: the public access an instance really has. What the cloud says
 * wins over what the metadata says; metadata only fills the seconds in which the cloud cannot know yet.
 *
 * @module
 */

import type { Cloud } from './cloud.ts';
import type { CloudInstance, FloatingIp, Instance, SecurityGroup } from './model.ts';
import { admitsSsh } from './ssh-access.ts';

/** The flags as they stand in an instance's metadata in the cloud. */
export const FLAG_PUBLIC = 'isPublic';
export const FLAG_SSH = 'enableSSH';
/** Written beside `isPublic`, so that the address is known before the cloud shows it on the instance. */
export const PUBLIC_ADDRESS = 'floatingIp';

/**
 * Adds public access to instances. Costs one list of floating IPs, and that only when the addresses of some instance and
 * its flags disagree: in the seconds after a change, which Nova shows late.
 *
 * @param groups The security groups of the instances' projects.
 * @param allProjects They belong to several, whose floating IPs cannot be asked for: then metadata fills those seconds.
 */
export async function withAccess(
  cloud: Cloud,
  instances: readonly CloudInstance[],
  groups: readonly SecurityGroup[],
  allProjects = false,
): Promise<Instance[]> {
  const { floatingIps, securityGroups, accessByFlags } = cloud.capabilities;
  if (accessByFlags) {
    return instances.map((instance) => ({
      ...instance,
      publicAddress: promisedAddress(instance),
      sshEnabled: sshPromised(instance),
    }));
  }
  const opensSsh = sshByGroup(groups);
  const canAsk = floatingIps && !allProjects;
  // All that what is shown depends on, beside the instance itself and, while it is in doubt, the floating IPs.
  const by = JSON.stringify([canAsk, securityGroups, ...[...opensSsh].toSorted()]);
  const shown = instances.map((instance) => {
    const known = SHOWN.get(instance);
    return known?.by === by ? known.view : null;
  });
  const inDoubt = canAsk && instances.some((instance, at) => shown[at] === null && isInDoubt(instance));
  const addresses = inDoubt ? await cloud.listFloatingIps() : [];
  return instances.map(
    (instance, at) =>
      shown[at] ??
      shownAs(
        instance,
        canAsk ? publicAddressOf(instance, addresses) : (shownAddress(instance) ?? promisedAddress(instance)),
        securityGroups ? sshEnabledOn(instance, opensSsh) : sshPromised(instance),
        canAsk && isInDoubt(instance) ? null : by,
      ),
  );
}

/** What was last shown of an instance, and by what; null: it was in doubt. A fleet keeps it as the same object from list to list. */
const SHOWN = new WeakMap<CloudInstance, { readonly view: Instance; readonly by: string | null }>();

/** The same object as before while nothing about the instance is different, so that what is made of it can be kept too. */
function shownAs(
  instance: CloudInstance,
  publicAddress: string | null,
  sshEnabled: boolean,
  by: string | null,
): Instance {
  const before = SHOWN.get(instance)?.view;
  const isSame = before?.publicAddress === publicAddress && before.sshEnabled === sshEnabled;
  const view = isSame ? before : { ...instance, publicAddress, sshEnabled };
  SHOWN.set(instance, { view, by });
  return view;
}

function shownAddress(instance: CloudInstance): string | null {
  return instance.addresses.find((address) => address.type === 'floating')?.address ?? null;
}

/** The address the flags speak of; null when they say private, or nothing. */
function promisedAddress(instance: CloudInstance): string | null {
  return instance.metadata[FLAG_PUBLIC] === 'true' ? (instance.metadata[PUBLIC_ADDRESS] ?? null) : null;
}

function sshPromised({ metadata }: CloudInstance): boolean {
  return metadata[FLAG_SSH] === 'true';
}

/** What its metadata promises is not what its addresses show: a change that the cloud has not come to show, or somebody else's. */
export function flagsDisagree(instance: CloudInstance): boolean {
  const flag = instance.metadata[FLAG_PUBLIC];
  if (flag === undefined) return false;
  const shown = shownAddress(instance);
  const promised = promisedAddress(instance);
  // Somebody else's tool may set the flag without an address: then any address agrees with it, and none does not.
  return flag === 'true' && promised === null ? shown === null : shown !== promised;
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
function isInDoubt(instance: CloudInstance): boolean {
  return !TAKES_METADATA.has(instance.status) || flagsDisagree(instance);
}

function publicAddressOf(instance: CloudInstance, floatingIps: readonly FloatingIp[]): string | null {
  if (!isInDoubt(instance)) return shownAddress(instance);
  const promised = promisedAddress(instance);
  const leadingHere = floatingIps.filter((floatingIp) => floatingIp.instanceId === instance.id);
  // A server that has just been accepted does not own its port yet, but the address already leads to that port.
  const waiting = floatingIps.filter(
    (f) => f.instanceId === null && f.portId !== null && f.address === promised,
  );
  return (leadingHere[0] ?? waiting[0])?.address ?? null;
}

/**
 * Names of the groups that open port 22, by project. Names are unique per project only by habit: where several groups
 * share one, the name counts as open when any of them is.
 */
function sshByGroup(groups: readonly SecurityGroup[]): ReadonlySet<string> {
  const open = groups.filter((group) => group.rules.some(admitsSsh));
  return new Set(open.map((group) => `${group.shared ? '*' : group.projectId}/${group.name}`));
}

function sshEnabledOn(instance: CloudInstance, opensSsh: ReadonlySet<string>): boolean {
  if (instance.securityGroupNames === 'unknown') return sshPromised(instance);
  return instance.securityGroupNames.some(
    (name) => opensSsh.has(`${instance.projectId}/${name}`) || opensSsh.has(`*/${name}`),
  );
}
