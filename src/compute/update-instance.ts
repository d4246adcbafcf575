import type { Cloud } from './cloud.ts';
import { ComputeError, type ErrorCode, hasCode } from './errors.ts';
import { FLAG_PUBLIC, FLAG_SSH, inNetworkOrder, PUBLIC_ADDRESS, reachOf } from './instance-view.ts';
import { assertAccessSupported, attachmentsOf, getInstance, viewOf } from './instances.ts';
import type { CloudInstance, Instance, Port, Reach } from './model.ts';
import { ownedDescription } from './ownership.ts';
import { attachFloatingIpToFirst, releaseFloatingIps } from './public-access.ts';
import type { InstanceChange, Owner } from './requests.ts';
import { type Undo, undoable } from './saga.ts';
import { ensureSshGroup, openPorts, sshGroups } from './ssh-access.ts';

/**
 * Changes name, description, metadata and access of an instance, and returns it afterwards. What is already so causes no write.
 *
 * Access is opened first and undone when a later step fails; it is closed last, since a released address cannot be had back. It
 * follows Neutron, so it can be changed where Nova refuses metadata, and the recorded flags then stay as they were.
 *
 * `not_found`, `invalid`, `conflict` (locked; no port yet; no route to an external network), `quota_exceeded`, `not_implemented`.
 */
export async function updateInstance(
  cloud: Cloud,
  id: string,
  change: InstanceChange,
  owner: Owner,
): Promise<Instance> {
  if (cloud.capabilities.nativeAccessFlags) return updateByFlags(cloud, id, change);
  assertAccessSupported(cloud, change);
  const [instance, reach] = await Promise.all([cloud.getInstance(id), reachOf(cloud, { instanceId: id })]);
  const before = await viewOf(cloud, instance, reach);
  const ports = reach.ports.filter(({ instanceId }) => instanceId === id);
  const external = ports.find(({ networkId }) => reach.externalNetworkIds.has(networkId))?.networkId;
  if (external !== undefined && change.isPublic === false) throw isExternalItself(id, external);
  if (before.locked && changesAccess(before, change)) await assertMayUnlock(cloud, id);
  const items = changedItems(before, change.metadata);
  const writesItems = Object.keys(items).length > 0;
  const renamed = await undoable(
    cloud,
    async (undo) => {
      const flags = {
        ...(external === undefined && (await openPublicAccess(cloud, before, change.isPublic, owner, undo))),
        ...(await openSshAccess(cloud, before, change.enableSsh, ports, reach, undo)),
      };
      const renamed = await changeAttributes(cloud, before, change);
      if (writesItems) await writeMetadata(cloud, before, { ...items, ...flags });
      else await recordFlags(cloud, before, flags);
      return renamed;
    },
    owner.releases,
  );
  if (change.isPublic === false)
    await releaseFloatingIps(cloud, (await attachmentsOf(cloud, before)).floatingIps);
  if (change.enableSsh === false) await closeSshAccess(cloud, ports, reach);
  if (change.isPublic !== undefined || change.enableSsh !== undefined) return getInstance(cloud, id);
  return writesItems || renamed === null
    ? viewOf(cloud, await cloud.getInstance(id), reach)
    : { ...before, ...renamed };
}

/** The cloud itself applies the flags. */
async function updateByFlags(cloud: Cloud, id: string, change: InstanceChange): Promise<Instance> {
  const before = await getInstance(cloud, id);
  await changeAttributes(cloud, before, change);
  await writeMetadata(cloud, before, {
    ...change.metadata,
    ...(change.isPublic !== undefined && { [FLAG_PUBLIC]: String(change.isPublic) }),
    ...(change.enableSsh !== undefined && { [FLAG_SSH]: String(change.enableSsh) }),
  });
  return getInstance(cloud, id);
}

/** What changed of name and description; null when the cloud does not report it. */
async function changeAttributes(
  cloud: Cloud,
  before: Instance,
  { name = before.name, description = before.description }: InstanceChange,
): Promise<Partial<CloudInstance> | null> {
  const changed = {
    ...(name !== before.name && { name }),
    ...(description !== before.description && { description }),
  };
  return Object.keys(changed).length === 0 ? {} : cloud.changeInstance(before.id, changed);
}

function changesAccess(instance: Instance, { isPublic, enableSsh }: InstanceChange): boolean {
  const differs = (wanted: boolean | undefined, is: boolean) => wanted !== undefined && wanted !== is;
  return differs(isPublic, instance.publicAddress !== null) || differs(enableSsh, instance.sshEnabled);
}

/** Neutron does not enforce Nova's locks. */
export async function assertMayUnlock(cloud: Cloud, id: string): Promise<void> {
  if ((await cloud.caller()).roles.includes('admin')) return;
  throw new ComputeError('conflict', `Instance ${id} is locked: unlock it first.`);
}

/** Refusals of recorded flags that are ignored: the access itself has been changed by then. */
const NOT_STORED: readonly ErrorCode[] = ['conflict', 'forbidden', 'quota_exceeded'];

export async function recordFlags(
  cloud: Cloud,
  instance: CloudInstance,
  flags: MetadataChange,
): Promise<void> {
  try {
    await writeMetadata(cloud, instance, flags);
  } catch (error) {
    if (!hasCode(error, ...NOT_STORED)) throw error;
  }
}

type MetadataChange = Readonly<Record<string, string | null>>;

/** Opens what is closed and returns the flags to record. */
async function openPublicAccess(
  cloud: Cloud,
  instance: Instance,
  wanted: boolean | undefined,
  owner: Owner,
  undo: Undo,
): Promise<MetadataChange> {
  if (wanted === undefined) return {};
  if (!wanted) return { [FLAG_PUBLIC]: 'false', [PUBLIC_ADDRESS]: null };
  if (instance.publicAddress !== null) {
    return { [FLAG_PUBLIC]: 'true', [PUBLIC_ADDRESS]: instance.publicAddress };
  }
  const { ports } = await attachmentsOf(cloud, instance);
  assertHasPort(instance, ports);
  const portIds = inNetworkOrder(instance, ports).map((port) => port.id);
  const made = await attachFloatingIpToFirst(
    cloud,
    portIds,
    ownedDescription(owner.keyId, instance.name),
    undo,
  );
  return { [FLAG_PUBLIC]: 'true', [PUBLIC_ADDRESS]: made.address };
}

async function openSshAccess(
  cloud: Cloud,
  instance: Instance,
  wanted: boolean | undefined,
  ports: readonly Port[],
  { groups }: Reach,
  undo: Undo,
): Promise<MetadataChange> {
  if (wanted === undefined) return {};
  if (wanted && !instance.sshEnabled) {
    assertHasPort(instance, ports);
    const portIds = ports.map(({ id }) => id);
    await openPorts(cloud, portIds, (await ensureSshGroup(cloud, groups)).id, undo);
  }
  return { [FLAG_SSH]: String(wanted) };
}

async function closeSshAccess(cloud: Cloud, ports: readonly Port[], { groups }: Reach): Promise<void> {
  for (const group of sshGroups(groups, await cloud.caller())) {
    for (const port of ports.filter((port) => port.securityGroupIds.includes(group.id))) {
      await cloud.removePortSecurityGroup(port.id, group.id);
    }
  }
}

function isExternalItself(id: string, networkId: string): ComputeError {
  const message = `Instance ${id} is on the external network ${networkId} itself, so it is public as long as it is on that network.`;
  return new ComputeError('conflict', message);
}

export function assertHasPort(instance: CloudInstance, ports: readonly Port[]): void {
  if (ports.length > 0) return;
  throw new ComputeError(
    'conflict',
    `Instance ${instance.id} has no network port ${instance.inTransition ? 'yet; try again when its state is active' : 'to open'}.`,
  );
}

/** Items that differ: Nova refuses metadata in many states, so no write is made without need. */
export function changedItems(instance: CloudInstance, items: MetadataChange = {}): MetadataChange {
  const differs = ([key, value]: [string, string | null]) => (instance.metadata[key] ?? null) !== value;
  return Object.fromEntries(Object.entries(items).filter(differs));
}

/**
 * Removals first: they do not touch `updated`, and the merge after them does. An absent item is not removed, since Nova refuses
 * that while an instance is being built.
 */
async function writeMetadata(cloud: Cloud, instance: CloudInstance, items: MetadataChange): Promise<void> {
  const merged: Record<string, string> = {};
  for (const [key, value] of Object.entries(items)) {
    if (value !== null) merged[key] = value;
    else if (Object.hasOwn(instance.metadata, key)) await cloud.deleteMetadata(instance.id, key);
  }
  if (Object.keys(merged).length > 0) await cloud.mergeMetadata(instance.id, merged);
}
