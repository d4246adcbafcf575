import type { Cloud } from './cloud.ts';
import { ComputeError, type ErrorCode, hasCode } from './errors.ts';
import { FLAG_PUBLIC, FLAG_SSH, inNetworkOrder, PUBLIC_ADDRESS, reachOf } from './instance-view.ts';
import { attachmentsOf, getInstance } from './instances.ts';
import type { Instance, Port } from './model.ts';
import { ownedDescription } from './ownership.ts';
import { attachFloatingIpToFirst, releaseFloatingIps } from './public-access.ts';
import type { InstanceChange, Owner } from './requests.ts';
import { type Undo, undoable } from './saga.ts';
import { ensureSshGroup, sshGroups } from './ssh-access.ts';

/**
 * Changes name, metadata and access of an instance, and answers it as it then is. What is already so is left alone.
 *
 * `not_found`, `invalid`, `conflict` (locked; still building, so that there is no port to open; no way to the outside),
 * `quota_exceeded`, `not_implemented`.
 *
 * Access is opened first, and closed again when a later step fails. It is taken away last, when nothing can refuse any
 * more: a refused change must not cost an address that cannot be had back.
 *
 * Access is what Neutron says, so it can be changed in every status in which Neutron allows that: where Nova takes no metadata,
 * the flags there stay as they were. A lock stops everybody but administrators, as it does at Nova.
 */
export async function updateInstance(
  cloud: Cloud,
  id: string,
  change: InstanceChange,
  owner: Owner,
): Promise<Instance> {
  if (cloud.capabilities.nativeAccessFlags) return updateByFlags(cloud, id, change);
  assertCapable(cloud, change);
  const before = await getInstance(cloud, id);
  const external = change.isPublic === undefined ? null : await externalNetworkOf(cloud, id);
  if (external !== null && change.isPublic === false) throw isExternalItself(id, external);
  if (before.locked && changesAccess(before, change)) await assertMayUnlock(cloud, id);
  await undoable(
    cloud,
    async (undo) => {
      const flags = {
        ...(external === null && (await openPublicAccess(cloud, before, change.isPublic, owner, undo))),
        ...(await openSshAccess(cloud, before, change.enableSsh, undo)),
      };
      if (change.name !== undefined && change.name !== before.name)
        await cloud.renameInstance(id, change.name);
      const items = changedItems(before, change.metadata);
      if (Object.keys(items).length > 0) await writeMetadata(cloud, before, { ...items, ...flags });
      else await noteFlags(cloud, before, flags);
    },
    owner.releases,
  );
  if (change.isPublic === false)
    await releaseFloatingIps(cloud, (await attachmentsOf(cloud, before)).floatingIps);
  if (change.enableSsh === false) await closeSshAccess(cloud, before);
  return getInstance(cloud, id);
}

/** The cloud does by itself what the flags ask for. */
async function updateByFlags(cloud: Cloud, id: string, change: InstanceChange): Promise<Instance> {
  const before = await getInstance(cloud, id);
  if (change.name !== undefined && change.name !== before.name) await cloud.renameInstance(id, change.name);
  await writeMetadata(cloud, before, {
    ...change.metadata,
    ...(change.isPublic !== undefined && { [FLAG_PUBLIC]: String(change.isPublic) }),
    ...(change.enableSsh !== undefined && { [FLAG_SSH]: String(change.enableSsh) }),
  });
  return getInstance(cloud, id);
}

function changesAccess(instance: Instance, { isPublic, enableSsh }: InstanceChange): boolean {
  const differs = (wanted: boolean | undefined, is: boolean) => wanted !== undefined && wanted !== is;
  return differs(isPublic, instance.publicAddress !== null) || differs(enableSsh, instance.sshEnabled);
}

/** Neutron knows nothing of Nova's locks. */
async function assertMayUnlock(cloud: Cloud, id: string): Promise<void> {
  if ((await cloud.caller()).roles.includes('admin')) return;
  throw new ComputeError('conflict', `Instance ${id} is locked: unlock it first.`);
}

/** Why a cloud may refuse to store the flags; the access itself has been changed by then. */
const NOT_STORED: readonly ErrorCode[] = ['conflict', 'forbidden', 'quota_exceeded'];

/** Stores the flags where the cloud takes them. */
async function noteFlags(cloud: Cloud, instance: Instance, flags: MetadataChange): Promise<void> {
  try {
    await writeMetadata(cloud, instance, flags);
  } catch (error) {
    if (!hasCode(error, ...NOT_STORED)) throw error;
  }
}

type MetadataChange = Readonly<Record<string, string | null>>;

function assertCapable({ capabilities }: Cloud, { isPublic, enableSsh }: InstanceChange): void {
  if (isPublic !== undefined && !capabilities.floatingIps) {
    throw new ComputeError('not_implemented', 'This cloud gives no public addresses (metadata.isPublic).');
  }
  if (enableSsh !== undefined && !capabilities.securityGroups) {
    throw new ComputeError('not_implemented', 'This cloud has no security groups (metadata.enableSSH).');
  }
}

/** The flags to write; opens what is to be open and is not. */
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
  undo: Undo,
): Promise<MetadataChange> {
  if (wanted === undefined) return {};
  if (wanted && !instance.sshEnabled) {
    const ports = await cloud.listPorts({ instanceId: instance.id });
    assertHasPort(instance, ports);
    const group = await ensureSshGroup(cloud);
    for (const port of ports) {
      if (await cloud.addPortSecurityGroup(port.id, group.id)) {
        undo.push(`group on port ${port.id}`, async (detached) => {
          await detached.removePortSecurityGroup(port.id, group.id);
        });
      }
    }
  }
  return { [FLAG_SSH]: String(wanted) };
}

async function closeSshAccess(cloud: Cloud, instance: Instance): Promise<void> {
  const ports = await cloud.listPorts({ instanceId: instance.id });
  for (const group of await sshGroups(cloud)) {
    for (const port of ports.filter((port) => port.securityGroupIds.includes(group.id))) {
      await cloud.removePortSecurityGroup(port.id, group.id);
    }
  }
}

/** The external network that an instance is on itself, which makes it public without a floating IP; null: none. */
async function externalNetworkOf(cloud: Cloud, instanceId: string): Promise<string | null> {
  const { ports, externalNetworkIds } = await reachOf(cloud, { instanceId });
  const port = ports.find((one) => one.instanceId === instanceId && externalNetworkIds.has(one.networkId));
  return port?.networkId ?? null;
}

function isExternalItself(id: string, networkId: string): ComputeError {
  const message = `Instance ${id} is on the external network ${networkId} itself, so it is public as long as it is on that network.`;
  return new ComputeError('conflict', message);
}

function assertHasPort(instance: Instance, ports: readonly Port[]): void {
  if (ports.length > 0) return;
  throw new ComputeError(
    'conflict',
    `Instance ${instance.id} has no network port ${instance.inTransition ? 'yet; try again when its state is active' : 'to open'}.`,
  );
}

/** What is so already needs no write, which Nova refuses in many states. */
function changedItems(instance: Instance, items: MetadataChange = {}): MetadataChange {
  const differs = ([key, value]: [string, string | null]) => (instance.metadata[key] ?? null) !== value;
  return Object.fromEntries(Object.entries(items).filter(differs));
}

/**
 * Removals first: they alone do not touch the instance's `updated`, and a merge after them makes the change visible. What
 * is not there is not removed, for Nova refuses that while an instance is being built.
 */
async function writeMetadata(cloud: Cloud, instance: Instance, items: MetadataChange): Promise<void> {
  const merged: Record<string, string> = {};
  for (const [key, value] of Object.entries(items)) {
    if (value !== null) merged[key] = value;
    else if (Object.hasOwn(instance.metadata, key)) await cloud.deleteMetadata(instance.id, key);
  }
  if (Object.keys(merged).length > 0) await cloud.mergeMetadata(instance.id, merged);
}
