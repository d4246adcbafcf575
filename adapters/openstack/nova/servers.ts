import * as z from 'zod';
import type {
  ActionResult,
  InstanceAction,
  InstanceFilter,
  InstancePage,
  InstanceWindow,
  NewInstance,
} from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { CloudInstance } from '../../../src/compute/model.ts';
import type { BootVolume } from '../../../src/compute/volumes.ts';
import { refusingStates } from '../cinder/refusal.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { pages } from '../pages.ts';
import type { Query } from '../service.ts';
import { listFlavors } from './catalog.ts';
import type { Feature } from './features.ts';
import { hasMark, newLabels } from './labels.ts';
import type { Nova } from './nova.ts';
import { instanceFrom, Server } from './server.ts';

const ServerBody = z.object({ server: Server });
const ActorsBody = z.object({ instanceActions: z.array(z.object({ project_id: z.string() })) });
const CreatedBody = z.object({ server: z.object({ id: z.string() }) });
const SnapshotBody = z.object({ image_id: z.string() });
/** A cloud may set no password (`enable_instance_password`), or print none. */
const PasswordBody = z.object({
  adminPass: z.string().nullish(),
  server: z.object({ adminPass: z.string().nullish() }).nullish(),
});

/**
 * Nova links a full last page to an empty one, so `more` is found by requesting one instance more than wanted. It filters by key
 * pair for administrators only, and not by network.
 *
 * @param onNetwork Ids of the instances on `filter.networkId`.
 */
export async function listServers(
  nova: Nova,
  filter: InstanceFilter,
  { limit = Number.POSITIVE_INFINITY, marker }: InstanceWindow,
  onNetwork: ReadonlySet<string | null> | null,
): Promise<InstancePage> {
  if (filter.tags !== undefined) await nova.assertHas('tags');
  if (limit === 0) return { instances: [], more: false };
  const isNarrowedHere = filter.keypairName !== undefined || onNetwork !== null;
  const query: Query = {
    status: filter.statuses,
    name: filter.name,
    flavor: filter.flavorId,
    image: filter.imageId,
    all_tenants: filter.allProjects ? '1' : undefined,
    project_id: filter.projectId,
    tags: filter.tags?.join(','),
    'changes-since': filter.changedSince,
    marker,
    limit: Number.isFinite(limit) && !isNarrowedHere ? limit + 1 : undefined,
  };
  const matches = ({ id, keypairName }: CloudInstance) =>
    (filter.keypairName ?? keypairName) === keypairName && (onNetwork?.has(id) ?? true);
  const mayBeGone = filter.changedSince !== undefined || filter.statuses !== undefined;
  const instances: CloudInstance[] = [];
  for await (const page of pages(nova.using(...READ), '/servers/detail', 'servers', Server, query)) {
    const shown = mayBeGone ? page : page.filter((server) => !isGone(server));
    instances.push(...(await instancesFrom(nova, shown)).filter(matches));
    if (instances.length > limit) break;
  }
  return { instances: instances.slice(0, limit), more: instances.length > limit };
}

/** With its flavor's id: a Nova whose oldest version is after 2.46 shows the name alone, which is as unambiguous. */
async function instancesFrom(
  nova: Nova,
  servers: readonly z.infer<typeof Server>[],
): Promise<CloudInstance[]> {
  const isComplete = servers.every(({ flavor }) => 'id' in flavor);
  const flavors = isComplete ? [] : await listFlavors(nova);
  const ids = new Map(flavors.map(({ id, name }) => [name, id]));
  return servers.map((server) => {
    const instance = instanceFrom(server);
    return 'id' in server.flavor
      ? instance
      : { ...instance, flavorId: ids.get(instance.flavorId) ?? instance.flavorId };
  });
}

/** What an instance shows. */
const READ: readonly Feature[] = ['deletedVolumes', 'locks', 'descriptions', 'tags', 'flavorIds'];

/** Nova still lists a deleted server while it releases its resources. */
function isGone({ status }: z.infer<typeof Server>): boolean {
  return status === 'DELETED';
}

/**
 * @param projectId Its project, null for any: Nova shows administrators those of all. For another project's unscheduled server Nova's policy
 *   returns 403, which would reveal that it exists.
 */
export async function getServer(nova: Nova, id: string, projectId: string | null): Promise<CloudInstance> {
  const found = nova.using(...READ).get(`/servers/${id}`, ServerBody);
  const { server } = await found.catch((error) => {
    throw isUpstream(error, 'forbidden', 'itemNotFound') ? noSuchServer(id) : error;
  });
  const [instance] = await instancesFrom(nova, [server]);
  if (instance?.projectId === (projectId ?? server.tenant_id) && !isGone(server)) return instance;
  throw noSuchServer(id);
}

/**
 * Nova takes an instance of any project as a marker; one of another project is refused like one that does not exist. A deleted
 * one, which Nova still has the history of, is a marker.
 *
 * @throws ComputeError `invalid`, with Nova's text.
 */
export async function assertOwnMarker(nova: Nova, marker: string, projectId: string): Promise<void> {
  try {
    await getServer(nova, marker, projectId);
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    if (await wasOf(nova, marker, projectId)) return;
    throw new ComputeError('invalid', `marker [${marker}] not found`);
  }
}

/** Whether a deleted instance was of the project, by what its members did with it. */
async function wasOf(nova: Nova, id: string, projectId: string): Promise<boolean> {
  try {
    const { instanceActions } = await nova
      .using('historyOfDeleted')
      .get(`/servers/${id}/os-instance-actions`, ActorsBody);
    return instanceActions.some(({ project_id }) => project_id === projectId);
  } catch (error) {
    if (hasCode(error, 'not_found', 'forbidden')) return false;
    throw error;
  }
}

/** With Nova's text. */
function noSuchServer(id: string): ComputeError {
  return new ComputeError('not_found', `Instance ${id} could not be found.`);
}

/** Searches the whole list: Nova ignores a filter by description of all but administrators. */
export async function findServer(nova: Nova, mark: string): Promise<CloudInstance | null> {
  for await (const page of pages(nova.using(...READ), '/servers/detail', 'servers', Server, {})) {
    const found = page.filter((server) => hasMark(server, mark));
    const [instance] = await instancesFrom(nova, found);
    if (instance !== undefined) return instance;
  }
  return null;
}

/** @param keyName Its key pair's name at the cloud. */
export async function createServer(
  nova: Nova,
  instance: NewInstance,
  keyName: string | null,
): Promise<string> {
  const labels = await newLabels(nova, instance);
  const { networks } = instance;
  const service = nova.needing(
    ...labels.needed,
    ...(needsVolumeTypes(instance) ? (['volumeTypes'] as const) : []),
    ...(instance.bootVolume?.deleteWithInstance ? (['deletedVolumes'] as const) : []),
    ...(typeof networks === 'string' ? (['networkChoice'] as const) : []),
  );
  const body = {
    server: {
      name: instance.name,
      flavorRef: instance.flavorId,
      ...(instance.bootVolume === null
        ? { imageRef: instance.imageId }
        : { block_device_mapping_v2: [bootDevice(instance.bootVolume, instance.imageId)] }),
      networks:
        typeof networks === 'string'
          ? networks
          : networks.map((network) =>
              network.kind === 'port' ? { port: network.portId } : { uuid: network.networkId },
            ),
      metadata: instance.metadata,
      ...(instance.securityGroupIds.length > 0
        ? { security_groups: instance.securityGroupIds.map((name) => ({ name })) }
        : {}),
      ...(keyName === null ? {} : { key_name: keyName }),
      ...(instance.userData === null ? {} : { user_data: instance.userData }),
      ...labels.members,
      ...(instance.availabilityZone === null ? {} : { availability_zone: instance.availabilityZone }),
    },
    ...(instance.serverGroupId === null ? {} : { 'os:scheduler_hints': { group: instance.serverGroupId } }),
  };
  try {
    return (await refusingStates(() => service.post('/servers', body, CreatedBody))).server.id;
  } catch (error) {
    // The only reference of a create that Nova rejects without naming it.
    if (hasCode(error, 'invalid') && error.message === 'Invalid key_name provided.') {
      throw ComputeError.input('keypair', `there is no key pair "${instance.keypairName}"`);
    }
    throw error;
  }
}

function needsVolumeTypes({ bootVolume }: NewInstance): boolean {
  return bootVolume?.kind === 'new' && bootVolume.volumeType !== null;
}

function bootDevice(volume: BootVolume, imageId: string | null) {
  const shared = {
    boot_index: 0,
    destination_type: 'volume',
    delete_on_termination: volume.deleteWithInstance,
  };
  if (volume.kind === 'existing') return { ...shared, source_type: 'volume', uuid: volume.volumeId };
  const type = volume.volumeType === null ? {} : { volume_type: volume.volumeType };
  return { ...shared, source_type: 'image', uuid: imageId, volume_size: volume.sizeGb, ...type };
}

export async function mergeServerMetadata(
  nova: Nova,
  id: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await nova.using().call('POST', `/servers/${id}/metadata`, { body: { metadata } });
}

/** Nova returns 404 for a missing item and for a missing server; only its text distinguishes them. */
export async function deleteServerMetadata(nova: Nova, id: string, key: string): Promise<void> {
  try {
    await nova.using().call('DELETE', `/servers/${id}/metadata/${encodeURIComponent(key)}`);
  } catch (error) {
    const itemMissing =
      error instanceof ComputeError && error.code === 'not_found' && /metadata/i.test(error.message);
    if (!itemMissing) throw error;
  }
}

export async function deleteServer(nova: Nova, id: string): Promise<void> {
  await nova.using().call('DELETE', `/servers/${id}`);
}

export async function actOnServer(nova: Nova, id: string, action: InstanceAction): Promise<ActionResult> {
  // One that no version reports as locked would seem to refuse for no reason.
  const service =
    action.action === 'lock' || action.action === 'unlock' ? nova.needing('locks') : nova.using();
  const response = await service.call('POST', `/servers/${id}/action`, { body: actionBody(action) });
  if (action.action !== 'rescue' && action.action !== 'rebuild') return { adminPassword: null };
  if (response.body === '') return { adminPassword: null };
  const { adminPass, server } = service.read(response, PasswordBody);
  return { adminPassword: adminPass ?? server?.adminPass ?? null };
}

/** Before 2.45 the response is empty, and its Location header ends with the image's id. */
export async function imageServer(
  nova: Nova,
  id: string,
  body: { readonly createImage: object } | { readonly createBackup: object },
): Promise<string> {
  const service = nova.using('imageIds');
  const response = await service.call('POST', `/servers/${id}/action`, { body });
  const located = /\/images\/([^/]+)$/.exec(response.headers.location ?? '')?.[1];
  return located ?? service.read(response, SnapshotBody).image_id;
}

/** Actions that Nova knows by another name and that take no argument. */
const PLAIN_ACTIONS = {
  start: 'os-start',
  stop: 'os-stop',
  confirm_resize: 'confirmResize',
  revert_resize: 'revertResize',
  pause: 'pause',
  unpause: 'unpause',
  suspend: 'suspend',
  resume: 'resume',
  lock: 'lock',
  unlock: 'unlock',
  shelve: 'shelve',
  unshelve: 'unshelve',
  unrescue: 'unrescue',
} as const;

/** As `requestedAction` of the Nova dialect reads it. */
export function actionBody(action: InstanceAction): Record<string, unknown> {
  switch (action.action) {
    case 'reboot':
      return { reboot: { type: action.hard ? 'HARD' : 'SOFT' } };
    case 'resize':
      return { resize: { flavorRef: action.flavorId } };
    case 'rebuild':
      return { rebuild: { imageRef: action.imageId } };
    case 'rescue':
      return { rescue: action.imageId === null ? null : { rescue_image_ref: action.imageId } };
    case 'set_password':
      return { changePassword: { adminPass: action.adminPassword } };
    default:
      return { [PLAIN_ACTIONS[action.action]]: null };
  }
}
