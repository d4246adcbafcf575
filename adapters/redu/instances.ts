import * as z from 'zod';
import type {
  ActionResult,
  InstanceAction,
  InstanceAttributes,
  InstanceFilter,
  InstancePage,
  InstanceWindow,
  NewInstance,
} from '../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../src/compute/errors.ts';
import type { CloudInstance } from '../../src/compute/model.ts';
import { decodeInstance } from '../../src/dialects/redu/decode-responses.ts';
import { actionAcceptedSchema } from '../../src/dialects/redu/instance-actions.ts';
import {
  instanceDetailSchema,
  instanceSchema,
  tagsSchema,
} from '../../src/dialects/redu/instance-schemas.ts';
import type { ReduRequest, ReduResponse } from './http-client.ts';
import { createByLegacy } from './legacy-create.ts';
import { operationOf, type ReduSession } from './session.ts';

const INSTANCES = '/v1/instances';
const LEGACY_LIST = '/cloud/v1/compute/instances/list';

/** The documented fields, and those of the detail view if the cloud returns them. */
const Detailed = instanceDetailSchema.partial().extend(instanceSchema.shape);
/** redu documents the bare array; deployed versions also return the others. */
const Listed = z.union([
  z.array(Detailed),
  z.object({ instances: z.array(Detailed) }).transform(({ instances }) => instances),
  z.object({ items: z.array(Detailed) }).transform(({ items }) => items),
]);

/**
 * redu documents neither filters nor pages, and a cloud without them returns everything. So the list is filtered again here,
 * except by `name`, a pattern of the cloud's own, and by what came with `tags`, which a cloud with these filters lists.
 */
export async function listInstances(
  session: ReduSession,
  filter: InstanceFilter,
  { limit = Number.POSITIVE_INFINITY, marker }: InstanceWindow,
): Promise<InstancePage> {
  if (limit === 0) return { instances: [], more: false };
  const window = {
    ...(Number.isFinite(limit) && { limit: `${limit}` }),
    ...(marker !== undefined && { marker }),
  };
  const response = await fetchList(session, queryOf(filter, window));
  const listed = session.parse(response, Listed);
  const narrows = filter.tags !== undefined || (filter.keypairName ?? filter.networkId) !== undefined;
  if (narrows && listed.some(({ tags }) => tags === undefined)) {
    const filters = 'tag, key pair or network';
    throw new ComputeError(
      'not_implemented',
      `The cloud behind this gateway cannot filter instances by ${filters}.`,
    );
  }
  const matching = listed.map(decodeInstance).filter((one) => matches(one, filter));
  const rest = matching.slice(matching.findIndex(({ id }) => id === marker) + 1);
  const further = response.headers.get('link')?.includes('rel="next"') ?? false;
  return { instances: rest.slice(0, limit), more: further || rest.length > limit };
}

/** Read individually if the cloud supports it, else from the list, which every redu cloud has. `not_found`. */
export async function getInstance(session: ReduSession, id: string): Promise<CloudInstance> {
  const request = { method: 'GET', path: `${INSTANCES}/${id}` } as const;
  if (!session.missing.has(operationOf(request))) {
    try {
      return decodeInstance(await session.read(request, 'item', Detailed));
    } catch (error) {
      if (!hasCode(error, 'not_found', 'not_implemented')) throw error;
    }
  }
  const listed = (await listInstances(session, {}, {})).instances.find((instance) => instance.id === id);
  if (listed === undefined) throw notFound(id);
  session.missing.add(operationOf(request));
  return listed;
}

/** The id of the accepted instance. The cloud itself acts on the flags in the metadata. */
export async function createInstance(session: ReduSession, instance: NewInstance): Promise<string> {
  const { mark } = instance;
  const request: ReduRequest = {
    method: 'POST',
    path: INSTANCES,
    body: createBody(instance),
    ...(mark !== null && { idempotencyKey: mark }),
  };
  try {
    return (await session.read(request, 'collection', z.object({ id: z.string() }))).id;
  } catch (error) {
    if (!hasCode(error, 'not_implemented')) throw error;
    const list = async () => (await listInstances(session, {}, {})).instances;
    return createByLegacy(session, instance, list);
  }
}

/** `PATCH`, if the cloud supports it. `not_found`. */
export async function changeInstance(
  session: ReduSession,
  id: string,
  body: InstanceAttributes & { metadata?: Readonly<Record<string, string | null>> },
): Promise<void> {
  await callInstance(session, id, { method: 'PATCH', path: `${INSTANCES}/${id}`, body });
}

export async function setTags(
  session: ReduSession,
  id: string,
  tags: readonly string[],
): Promise<readonly string[]> {
  const request = { method: 'PUT', path: `${INSTANCES}/${id}/tags`, body: { tags } } as const;
  return session.parse(await callInstance(session, id, request), tagsSchema).tags;
}

export async function deleteInstance(session: ReduSession, id: string): Promise<void> {
  await callInstance(session, id, { method: 'DELETE', path: `${INSTANCES}/${id}` });
}

export async function actOnInstance(
  session: ReduSession,
  id: string,
  action: InstanceAction,
): Promise<ActionResult> {
  const { admin_password = null } = await runAction(session, id, actionBody(action));
  return { adminPassword: admin_password };
}

export async function imageInstance(
  session: ReduSession,
  id: string,
  action: { readonly action: 'snapshot' | 'backup'; readonly [field: string]: unknown },
): Promise<string> {
  const { image_id } = await runAction(session, id, action);
  if (image_id !== undefined) return image_id;
  throw new ComputeError('bad_gateway', `The cloud accepted the ${action.action} without returning its id.`);
}

async function runAction(session: ReduSession, id: string, body: object) {
  const path = `${INSTANCES}/${id}/actions`;
  const response = await callInstance(session, id, { method: 'POST', path, body });
  return response.body === '' ? {} : session.parse(response, actionAcceptedSchema);
}

function callInstance(session: ReduSession, id: string, request: ReduRequest): Promise<ReduResponse> {
  return ofInstance(session, id, operationOf(request), () => session.request(request, 'item'));
}

/** A 404 is about the instance if the list does not have it, else about the route. */
export async function ofInstance<T>(
  session: ReduSession,
  id: string,
  operation: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    const { instances } = await listInstances(session, {}, {});
    throw instances.some((instance) => instance.id === id) ? session.missing.add(operation) : error;
  }
}

async function fetchList(session: ReduSession, query: URLSearchParams): Promise<ReduResponse> {
  try {
    return await fetchDetailedList(session, query);
  } catch (error) {
    if (!hasCode(error, 'not_implemented')) throw error;
    return session.request({ method: 'GET', path: LEGACY_LIST }, 'collection');
  }
}

/** Supported by gateways like this one, and not documented by redu. */
const DETAILED_LIST = 'GET /v1/instances?detail';

/** With all fields where the cloud supports that; others ignore the parameter, or reject it by name. */
async function fetchDetailedList(session: ReduSession, query: URLSearchParams): Promise<ReduResponse> {
  const fetchWith = (parameters: URLSearchParams) => {
    const path = parameters.size === 0 ? INSTANCES : `${INSTANCES}?${parameters}`;
    return session.request({ method: 'GET', path }, 'collection');
  };
  if (session.missing.has(DETAILED_LIST)) return fetchWith(query);
  try {
    return await fetchWith(new URLSearchParams([...query, ['detail', 'true']]));
  } catch (error) {
    if (!hasCode(error, 'invalid') || !/\bdetail\b/.test(error.message)) throw error;
    session.missing.add(DETAILED_LIST);
    return fetchWith(query);
  }
}

function queryOf(filter: InstanceFilter, window: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams(window);
  for (const status of filter.statuses ?? []) query.append('status', status);
  if (filter.name !== undefined) query.set('name', filter.name);
  if (filter.flavorId !== undefined) query.set('flavor', filter.flavorId);
  if (filter.imageId !== undefined) query.set('image', filter.imageId);
  for (const tag of filter.tags ?? []) query.append('tag', tag);
  if (filter.networkId !== undefined) query.set('network_id', filter.networkId);
  if (filter.keypairName !== undefined) query.set('keypair_name', filter.keypairName);
  if (filter.projectId !== undefined) query.set('project_id', filter.projectId);
  if (filter.allProjects) query.set('all_tenants', '1');
  return query;
}

function matches(instance: CloudInstance, { statuses, flavorId, imageId }: InstanceFilter): boolean {
  return (
    (statuses === undefined || statuses.includes(instance.status)) &&
    (flavorId === undefined || instance.flavorId === flavorId) &&
    (imageId === undefined || instance.imageId === imageId)
  );
}

function createBody(instance: NewInstance): object {
  return {
    name: instance.name,
    flavor_id: instance.flavorId,
    ...bootFields(instance),
    ...(instance.networks.length > 0 && {
      networks:
        typeof instance.networks === 'string'
          ? instance.networks
          : instance.networks.map((network) =>
              network.kind === 'port' ? { port: network.portId } : { uuid: network.networkId },
            ),
    }),
    ...(instance.keypairName !== null && { keypair_name: instance.keypairName }),
    ...(instance.securityGroupIds.length > 0 && { security_group_names: instance.securityGroupIds }),
    ...(instance.userData !== null && { user_data: instance.userData }),
    ...(instance.availabilityZone !== null && { availability_zone: instance.availabilityZone }),
    ...(instance.serverGroupId !== null && { server_group_id: instance.serverGroupId }),
    ...(instance.description !== null && { description: instance.description }),
    ...(instance.tags.length > 0 && { tags: instance.tags }),
    metadata: instance.metadata,
  };
}

/** The disk of the flavor made from the image, a volume made from it, or a volume that exists. */
function bootFields({ imageId, bootVolume: volume }: NewInstance): object {
  if (volume === null) return { image_id: imageId };
  const deletion = { delete_with_instance: volume.deleteWithInstance };
  if (volume.kind === 'existing') return { volume_id: volume.volumeId, ...deletion };
  const type = volume.volumeType === null ? {} : { volume_type: volume.volumeType };
  return { image_id: imageId, boot_volume: { size_gb: volume.sizeGb, ...type, ...deletion } };
}

/** As parsed by `instanceActionSchema`. */
function actionBody(action: InstanceAction): object {
  switch (action.action) {
    case 'reboot':
      return { action: 'reboot', type: action.hard ? 'hard' : 'soft' };
    case 'resize':
      return { action: 'resize', flavor_id: action.flavorId };
    case 'rebuild':
      return { action: 'rebuild', image_id: action.imageId };
    case 'rescue':
      return { action: 'rescue', ...(action.imageId !== null && { image_id: action.imageId }) };
    case 'set_password':
      return { action: 'set_password', admin_password: action.adminPassword };
    default:
      return action;
  }
}

function notFound(id: string): ComputeError {
  return new ComputeError('not_found', `Instance ${id} could not be found.`);
}
