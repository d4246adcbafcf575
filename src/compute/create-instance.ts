import { wallTime } from '../clock.ts';
import type { Caller, Cloud, NetworkAttachment, NewInstance } from './cloud.ts';
import { asNotApplied, ComputeError, noKeyPairs } from './errors.ts';
import { FLAG_PUBLIC, FLAG_SSH, NO_REACH, PUBLIC_ADDRESS, reachOf } from './instance-view.ts';
import { viewOf } from './instances.ts';
import {
  assertServerGroup,
  flavorId,
  imageId,
  type ResolvedAttachments,
  resolveAttachments,
  securityGroupIds,
} from './lookups.ts';
import type { CloudInstance, Instance, SecurityGroup } from './model.ts';
import { newRequestMark, requestDescription } from './ownership.ts';
import type { NewRelease } from './pending-releases.ts';
import { type PublicAccess, preparePublicAccess } from './public-entry.ts';
import type { Attempt, CreateInstance, Owner } from './requests.ts';
import { isIndeterminate, type Undo, undoable } from './saga.ts';
import { allowsSsh, ensureSshGroup } from './ssh-access.ts';

/**
 * Makes an instance with the access it asks for, and answers as soon as the cloud has accepted it.
 *
 * The port comes first, then the floating IP that leads to it, then the server on that port: so the public address is
 * known at once, without waiting for the boot. When a step fails, those before it are undone.
 *
 * `invalid`, `quota_exceeded`, `conflict` (no way from the network to the outside), `not_implemented`. An error that is
 * `notApplied` says that there is certainly no instance.
 *
 * @param attempt Given when the request must not be carried out twice. One that is resumed answers the instance that an earlier
 *   attempt has made, if there is one.
 */
export async function createInstance(
  cloud: Cloud,
  request: CreateInstance,
  owner: Owner,
  attempt: Attempt | null = null,
): Promise<Instance> {
  if (attempt?.resumed) {
    const made = await cloud.findInstance(requestDescription(attempt.mark));
    if (made !== null) return viewOf(cloud, made, await reachOf(cloud, { instanceId: made.id }));
  }
  if (cloud.capabilities.nativeAccessFlags) return createByFlags(cloud, request, attempt);
  const order = { asked: false };
  try {
    return await create(cloud, request, owner, attempt, order);
  } catch (error) {
    throw order.asked ? error : asNotApplied(error);
  }
}

/** @param order Notes when the cloud is asked for the server: what failed before that has been undone. */
async function create(
  cloud: Cloud,
  request: CreateInstance,
  owner: Owner,
  attempt: Attempt | null,
  order: { asked: boolean },
): Promise<Instance> {
  assertCapable(cloud, request);
  assertGroupsFit(request);
  const [flavor, image, places, groups] = await Promise.all([
    flavorId(cloud, request.flavor),
    imageId(cloud, request.image),
    resolveAttachments(cloud, request.networks),
    cloud.capabilities.securityGroups ? cloud.listSecurityGroups() : [],
    assertServerGroup(cloud, request.serverGroupId),
  ]);
  const caller = await cloud.caller();
  const named = securityGroupIds(groups, request.securityGroupNames, caller.projectId);
  const ofDefault = defaultGroupIds(groups, caller);
  const groupIds = named.length > 0 || !request.enableSsh ? named : ofDefault;

  const steps = async (undo: Undo) => {
    const sshGroup = request.enableSsh ? await ensureSshGroup(cloud) : null;
    const allGroupIds = sshGroup === null ? groupIds : [...new Set([...groupIds, sshGroup.id])];
    if (sshGroup !== null) await openNamedPorts(cloud, places.attachments, sshGroup.id, undo);
    const entry = request.isPublic
      ? await preparePublicAccess(cloud, places, { name: request.name, groupIds: allGroupIds }, owner, undo)
      : null;
    const accepted: NewInstance = {
      name: request.name,
      flavorId: flavor,
      imageId: image,
      networks: entry?.attachments ?? places.attachments,
      securityGroupIds: allGroupIds,
      keypairName: request.keypairName,
      userData: request.userData,
      availabilityZone: request.availabilityZone,
      serverGroupId: request.serverGroupId,
      metadata: { ...request.metadata, ...flags(request, entry) },
      description: requestDescription(attempt?.mark ?? newRequestMark()),
      isDescriptionOptional: attempt === null,
    };
    order.asked = true;
    const id = await accept(cloud, accepted, entry?.made ?? null, undo);
    const onPorts = groupsOnPorts(places, allGroupIds.length > 0 ? allGroupIds : ofDefault);
    return {
      ...(await readCreated(cloud, id, accepted, caller)),
      publicAddress: entry?.address ?? null,
      sshEnabled: request.enableSsh || opensSsh(groups, onPorts),
    };
  };
  return undoable(cloud, steps, owner.releases);
}

/** The cloud does by itself what the flags ask for. */
async function createByFlags(
  cloud: Cloud,
  request: CreateInstance,
  attempt: Attempt | null,
): Promise<Instance> {
  const accepted: NewInstance = {
    name: request.name,
    flavorId: request.flavor,
    imageId: request.image,
    networks: request.networks,
    securityGroupIds: request.securityGroupNames,
    keypairName: request.keypairName,
    userData: request.userData,
    availabilityZone: request.availabilityZone,
    serverGroupId: request.serverGroupId,
    metadata: { ...request.metadata, ...flags(request, null) },
    description: attempt === null ? null : requestDescription(attempt.mark),
  };
  const caller = await cloud.caller();
  const id = await cloud.createInstance(accepted);
  return viewOf(cloud, await readCreated(cloud, id, accepted, caller), NO_REACH);
}

function assertCapable(cloud: Cloud, request: CreateInstance): void {
  if (request.isPublic && !cloud.capabilities.floatingIps) {
    throw new ComputeError('not_implemented', 'This cloud gives no public addresses (metadata.isPublic).');
  }
  if (request.enableSsh && !cloud.capabilities.securityGroups) {
    throw new ComputeError('not_implemented', 'This cloud has no security groups (metadata.enableSSH).');
  }
  if (request.keypairName !== null && !cloud.capabilities.keyPairs) throw noKeyPairs();
}

/** The cloud puts an instance's groups on the ports it makes; a port that was there keeps its own. */
function assertGroupsFit({ networks, securityGroupNames }: CreateInstance): void {
  if (securityGroupNames.length > 0 && networks.length > 0 && networks.every(({ kind }) => kind === 'port')) {
    throw ComputeError.field(
      'security_group_names',
      'cannot be given when every network is a port: ports have their own',
    );
  }
}

/** Ports that the customer named take no groups from the server, so the one for SSH is put on them here. */
async function openNamedPorts(
  cloud: Cloud,
  networks: readonly NetworkAttachment[],
  groupId: string,
  undo: Undo,
): Promise<void> {
  for (const network of networks) {
    if (network.kind !== 'port') continue;
    const { portId } = network;
    if (await cloud.addPortSecurityGroup(portId, groupId)) {
      undo.push(`group on port ${portId}`, async (detached) => {
        await detached.removePortSecurityGroup(portId, groupId);
      });
    }
  }
}

/** Of an instance that is on an external network itself nothing is promised: it has no floating IP that Nova would show late. */
function flags(request: CreateInstance, entry: PublicAccess | null): Record<string, string> {
  return {
    ...(entry?.isExternal ? {} : { [FLAG_PUBLIC]: String(request.isPublic) }),
    [FLAG_SSH]: String(request.enableSsh),
    ...(entry === null || entry.isExternal ? {} : { [PUBLIC_ADDRESS]: entry.address }),
  };
}

/** What a port without groups would get: beside the group for SSH it has to be named. */
function defaultGroupIds(groups: readonly SecurityGroup[], { projectId }: Caller): string[] {
  return groups
    .filter((group) => group.name === 'default' && group.projectId === projectId)
    .map((group) => group.id);
}

/** Pauses in milliseconds before a server whose response was lost is searched for. */
const SEARCH_DELAYS_MS = [250, 750];
/** Milliseconds after which a server that is not found was not made. */
const SERVER_SETTLING_MS = 120_000;

/** The id of the accepted server. When the response is lost it is searched for: at once, and after that in the background. */
async function accept(
  cloud: Cloud,
  instance: NewInstance,
  made: NewRelease | null,
  undo: Undo,
): Promise<string> {
  try {
    const id = await cloud.createInstance(instance);
    undo.commit();
    return id;
  } catch (error) {
    if (!isIndeterminate(error)) throw error;
    // Taking the port from under a server that is booting after all would be worse than a leftover for a while.
    undo.commit();
    const found = await search(cloud, instance.description);
    if (found !== null) return found;
    if (made !== null)
      undo.responseLost({ ...made, serverMark: instance.description, settlesInMs: SERVER_SETTLING_MS });
    throw error;
  }
}

async function search(cloud: Cloud, description: string | null): Promise<string | null> {
  if (description === null) return null;
  for (const pause of SEARCH_DELAYS_MS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const found = await cloud.findInstance(description);
      if (found !== null) return found.id;
    } catch {
      // The service is away, so the search goes on in the background.
    }
  }
  return null;
}

/** The accepted instance; when the cloud cannot show it yet, what is certain about it. Never fails: it exists. */
async function readCreated(
  cloud: Cloud,
  id: string,
  accepted: NewInstance,
  { userId, projectId }: Caller,
): Promise<CloudInstance> {
  try {
    return await cloud.getInstance(id);
  } catch (error) {
    cloud.log.warn('created_instance_not_readable', { instance: id }, error);
    const now = wallTime().replace(/\.\d+Z$/, 'Z');
    return {
      id,
      name: accepted.name,
      status: 'BUILD',
      state: 'provisioning',
      inTransition: true,
      imageId: accepted.imageId,
      flavorId: accepted.flavorId,
      created: now,
      updated: now,
      metadata: accepted.metadata,
      userId,
      projectId,
      addresses: [],
      keypairName: accepted.keypairName,
      availabilityZone: accepted.availabilityZone,
      securityGroupNames: 'unknown',
      locked: false,
      fault: null,
    };
  }
}

/** A port that is named keeps its own groups; the ones that the cloud makes get those of the instance. */
function groupsOnPorts(
  { attachments, ports }: ResolvedAttachments,
  ofInstance: readonly string[],
): readonly string[] {
  return attachments.flatMap((attachment) => {
    if (attachment.kind === 'network') return ofInstance;
    return ports.find(({ id }) => id === attachment.portId)?.securityGroupIds ?? [];
  });
}

function opensSsh(groups: readonly SecurityGroup[], ids: readonly string[]): boolean {
  return groups.some((group) => ids.includes(group.id) && group.rules.some(allowsSsh));
}
