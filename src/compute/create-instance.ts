import { sleep } from '../async.ts';
import { wallTime } from '../clock.ts';
import type { Caller, Cloud, NetworkAttachment, NewInstance } from './cloud.ts';
import { asNotApplied, ComputeError, noKeyPairs } from './errors.ts';
import { allowsSsh, FLAG_PUBLIC, FLAG_SSH, NO_REACH, PUBLIC_ADDRESS, reachOf } from './instance-view.ts';
import { assertAccessSupported, viewOf } from './instances.ts';
import {
  assertBootVolume,
  assertServerGroup,
  flavorId,
  imageId,
  type ResolvedAttachments,
  resolveAttachments,
  securityGroupIds,
} from './lookups.ts';
import type { CloudInstance, Instance, SecurityGroup } from './model.ts';
import { instanceMark, newRequestMark, ownedDescription } from './ownership.ts';
import { type PublicAccess, preparePublicAccess } from './public-access.ts';
import { type NewRelease, noReleases } from './releases.ts';
import type { Attempt, CreateInstance, Owner } from './requests.ts';
import { isIndeterminate, recorded, type Undo, undoable } from './saga.ts';
import { ensureSshGroup, openPorts } from './ssh-access.ts';

/**
 * Creates an instance with the access it requests; resolves as soon as the cloud has accepted it.
 *
 * The port comes first, then its floating IP, then the server on that port: so the public address is known without waiting for
 * the boot. When a step fails, the earlier ones are undone.
 *
 * `invalid`, `quota_exceeded`, `conflict` (no route to an external network), `not_implemented`. After an error that is
 * `notApplied` there is certainly no instance.
 *
 * @param attempt Present when the request must not be carried out twice. A resumed one returns the instance that an earlier
 *   attempt created, if there is one.
 */
export async function createInstance(
  cloud: Cloud,
  request: CreateInstance,
  owner: Owner,
  attempt: Attempt | null = null,
): Promise<Instance> {
  if (attempt?.resumed) {
    const made = await cloud.findInstance(instanceMark(attempt.mark));
    if (made !== null) return viewOf(cloud, made, await reachOf(cloud, { instanceId: made.id }));
  }
  if (cloud.capabilities.nativeAccessFlags) return createByFlags(cloud, request, attempt);
  const order = { sent: false };
  try {
    return await create(cloud, request, owner, attempt, order);
  } catch (error) {
    throw order.sent ? error : asNotApplied(error);
  }
}

/** @param order Set when the server is requested: whatever fails before that has been undone. */
async function create(
  cloud: Cloud,
  request: CreateInstance,
  owner: Owner,
  attempt: Attempt | null,
  order: { sent: boolean },
): Promise<Instance> {
  assertAccessSupported(cloud, {
    isPublic: request.isPublic || undefined,
    enableSsh: request.enableSsh || undefined,
  });
  if (request.keypairName !== null && !cloud.capabilities.keyPairs) throw noKeyPairs();
  assertGroupsFit(request);
  const left = leftToCloud(request);
  const [flavor, image, places, groups] = await Promise.all([
    flavorId(cloud, request.flavor),
    request.image === null ? null : imageId(cloud, request.image),
    left === null ? resolveAttachments(cloud, listedNetworks(request)) : NO_PLACES,
    cloud.capabilities.securityGroups ? cloud.listSecurityGroups() : [],
    assertServerGroup(cloud, request.serverGroupId),
    assertBootVolume(cloud, request.bootVolume),
  ]);
  const caller = await cloud.caller();
  const named = securityGroupIds(groups, request.securityGroupNames, caller.projectId);
  const ofDefault = defaultGroupIds(groups, caller);
  const groupIds = named.length > 0 || !request.enableSsh ? named : ofDefault;
  const mark = ownedDescription(owner.keyId, request.name);
  const serverMark = instanceMark(attempt?.mark ?? newRequestMark());

  const steps = async (undo: Undo) => {
    const sshGroup = request.enableSsh ? await ensureSshGroup(cloud, groups) : null;
    const allGroupIds = sshGroup === null ? groupIds : [...new Set([...groupIds, sshGroup.id])];
    // The customer's own ports take no groups from the server.
    const ownPortIds = places.attachments.flatMap((one) => (one.kind === 'port' ? [one.portId] : []));
    if (sshGroup !== null) await openPorts(cloud, ownPortIds, sshGroup.id, undo);
    const entry = request.isPublic
      ? await preparePublicAccess(cloud, places, { name: request.name, groupIds: allGroupIds }, mark, undo)
      : null;
    const accepted: NewInstance = {
      name: request.name,
      flavorId: flavor,
      imageId: image,
      bootVolume: request.bootVolume,
      networks: entry?.attachments ?? left ?? places.attachments,
      securityGroupIds: allGroupIds,
      keypairName: request.keypairName,
      userData: request.userData,
      availabilityZone: request.availabilityZone,
      serverGroupId: request.serverGroupId,
      metadata: { ...request.metadata, ...flags(request, entry) },
      description: request.description,
      tags: request.tags,
      mark: serverMark,
      isMarkOptional: attempt === null,
    };
    order.sent = true;
    const id = await accept(cloud, accepted, entry?.made ?? null, undo);
    const ofPorts = allGroupIds.length > 0 ? allGroupIds : ofDefault;
    const onPorts = left === 'auto' ? ofPorts : groupsOnPorts(places, ofPorts);
    return {
      ...(await readCreated(cloud, id, accepted, caller)),
      serverGroupId: request.serverGroupId,
      publicAddress: entry?.address ?? null,
      sshEnabled: request.enableSsh || opensSsh(groups, onPorts),
    };
  };
  const { releases = noReleases } = owner;
  const made = () => undoable(cloud, steps, releases);
  return request.isPublic ? recorded(cloud, { mark, serverMark }, releases, made) : made();
}

/** The cloud itself applies the flags. */
async function createByFlags(
  cloud: Cloud,
  request: CreateInstance,
  attempt: Attempt | null,
): Promise<Instance> {
  const accepted: NewInstance = {
    name: request.name,
    flavorId: request.flavor,
    imageId: request.image,
    bootVolume: request.bootVolume,
    networks: request.networks,
    securityGroupIds: request.securityGroupNames,
    keypairName: request.keypairName,
    userData: request.userData,
    availabilityZone: request.availabilityZone,
    serverGroupId: request.serverGroupId,
    metadata: { ...request.metadata, ...flags(request, null) },
    description: request.description,
    tags: request.tags,
    mark: attempt === null ? null : instanceMark(attempt.mark),
  };
  assertGroupsFit(request);
  const caller = await cloud.caller();
  const id = await cloud.createInstance(accepted);
  return viewOf(cloud, await readCreated(cloud, id, accepted, caller), NO_REACH);
}

/** The cloud puts an instance's groups only on the ports that it creates, and access needs a port. */
function assertGroupsFit(request: CreateInstance): void {
  const { networks, securityGroupNames, isPublic, enableSsh } = request;
  if (networks === 'none' && (isPublic || enableSsh || securityGroupNames.length > 0)) {
    throw ComputeError.input('networks', '"none" leaves no port for isPublic, enableSSH and security groups');
  }
  const attachments = listedNetworks(request);
  if (
    securityGroupNames.length > 0 &&
    attachments.length > 0 &&
    attachments.every(({ kind }) => kind === 'port')
  ) {
    throw ComputeError.input(
      'securityGroups',
      'cannot be given when every network is a port: ports have their own',
    );
  }
}

const NO_PLACES: ResolvedAttachments = { attachments: [], networks: [], ports: [] };

/** What the cloud resolves itself. A public instance needs its port first, hence its network. */
function leftToCloud({ networks, isPublic }: CreateInstance): 'auto' | 'none' | null {
  return networks === 'none' || (networks === 'auto' && !isPublic) ? networks : null;
}

function listedNetworks({ networks }: CreateInstance): readonly NetworkAttachment[] {
  return typeof networks === 'string' ? [] : networks;
}

/** Nothing is recorded for an instance on an external network: it has no floating IP that Nova would show late. */
function flags(request: CreateInstance, entry: PublicAccess | null): Record<string, string> {
  return {
    ...(entry?.isExternal ? {} : { [FLAG_PUBLIC]: String(request.isPublic) }),
    [FLAG_SSH]: String(request.enableSsh),
    ...(entry === null || entry.isExternal ? {} : { [PUBLIC_ADDRESS]: entry.address }),
  };
}

/** The groups of a port without any; next to the SSH group they have to be named. */
function defaultGroupIds(groups: readonly SecurityGroup[], { projectId }: Caller): string[] {
  return groups
    .filter((group) => group.name === 'default' && group.projectId === projectId)
    .map((group) => group.id);
}

/** Delays before each search for a server whose response was lost. */
const SEARCH_DELAYS_MS = [250, 750];
/** A server that is not found after this was not created. */
const SERVER_SETTLING_MS = 120_000;

/** The id of the accepted server. After a lost response it is searched for, first here and then in the background. */
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
    // Deleting the port of a server that boots after all would be worse than a temporary orphan.
    undo.commit();
    const found = await search(cloud, instance.mark);
    if (found !== null) return found;
    if (made !== null)
      undo.responseLost({ ...made, serverMark: instance.mark, settlesInMs: SERVER_SETTLING_MS });
    throw error;
  }
}

async function search(cloud: Cloud, mark: string | null): Promise<string | null> {
  if (mark === null) return null;
  for (const delayMs of SEARCH_DELAYS_MS) {
    await sleep(delayMs);
    try {
      const found = await cloud.findInstance(mark);
      if (found !== null) return found.id;
    } catch {
      // The search continues in the background.
    }
  }
  return null;
}

/** The accepted instance; if it cannot be read yet, what is certain about it. Never rejects, since it exists. */
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
      task: null,
      inTransition: true,
      imageId: accepted.bootVolume === null ? accepted.imageId : null,
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
      volumes: [],
      fault: null,
      description: accepted.description,
      tags: accepted.tags.toSorted(),
      serverGroupId: accepted.serverGroupId,
    };
  }
}

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
