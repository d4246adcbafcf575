import * as z from 'zod';
import { sleep } from '../../src/async.ts';
import type {
  ActionResult,
  InstanceAction,
  InstanceFilter,
  InstancePage,
  InstanceWindow,
  NewInstance,
} from '../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../src/compute/errors.ts';
import type { CloudInstance } from '../../src/compute/model.ts';
import { decodeInstance } from '../../src/dialects/redu/decode-answers.ts';
import { actionAcceptedSchema } from '../../src/dialects/redu/instance-actions.ts';
import { instanceDetailSchema, instanceSchema } from '../../src/dialects/redu/instance-schemas.ts';
import type { ReduRequest, ReduResponse } from './http-client.ts';
import { operationOf, type ReduSession } from './session.ts';

const INSTANCES = '/v1/instances';
const LEGACY_LIST = '/cloud/v1/compute/instances/list';
const LEGACY_CREATE = '/cloud/v1/compute/instances/create';

/** More than the fields that redu documents, where the far side tells it. */
const Detailed = instanceDetailSchema.partial().extend(instanceSchema.shape);
/** redu documents the bare array; its first clients also met the others. */
const Listed = z.union([
  z.array(Detailed),
  z.object({ instances: z.array(Detailed) }).transform(({ instances }) => instances),
  z.object({ items: z.array(Detailed) }).transform(({ items }) => items),
]);

/** How often a list is asked for what an older API has made without telling its id, and the pause before, milliseconds. */
const MAX_POLLS = 10;
const POLL_INTERVAL_MS = 500;

/**
 * The documentation knows no filter and no page: a far side that has them honours them, one that has not answers everything.
 * So what comes is narrowed here once more; only `name`, a pattern of the cloud's own, cannot be.
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
  const answer = await fetchList(session, queryOf(filter, window));
  const matching = session
    .parse(answer, Listed)
    .map(decodeInstance)
    .filter((one) => matches(one, filter));
  const rest = matching.slice(matching.findIndex(({ id }) => id === marker) + 1);
  const further = answer.headers.get('link')?.includes('rel="next"') ?? false;
  return { instances: rest.slice(0, limit), more: further || rest.length > limit };
}

/** By itself where the far side can, else from the list, which every redu cloud has. `not_found`. */
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

/** The id of the accepted instance. The flags go along in the metadata: the far side knows what they mean. */
export async function createInstance(session: ReduSession, instance: NewInstance): Promise<string> {
  const { description } = instance;
  const request: ReduRequest = {
    method: 'POST',
    path: INSTANCES,
    body: createBody(instance),
    ...(description !== null && { idempotencyKey: description }),
  };
  try {
    return (await session.read(request, 'collection', z.object({ id: z.string() }))).id;
  } catch (error) {
    if (!hasCode(error, 'not_implemented')) throw error;
    return createByLegacy(session, instance);
  }
}

/** `PATCH`, where the far side has it. `not_found`. */
export async function changeInstance(
  session: ReduSession,
  id: string,
  body: { name?: string; metadata?: Readonly<Record<string, string | null>> },
): Promise<void> {
  await callInstance(session, id, { method: 'PATCH', path: `${INSTANCES}/${id}`, body });
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

export async function snapshotInstance(
  session: ReduSession,
  id: string,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Promise<string> {
  const { image_id } = await runAction(session, id, { action: 'snapshot', name, metadata });
  if (image_id !== undefined) return image_id;
  throw new ComputeError('bad_gateway', 'The cloud took the snapshot and did not tell its id.');
}

async function runAction(session: ReduSession, id: string, body: object) {
  const path = `${INSTANCES}/${id}/actions`;
  const answer = await callInstance(session, id, { method: 'POST', path, body });
  return answer.body === '' ? {} : session.parse(answer, actionAcceptedSchema);
}

/** A 404 may be about the instance or about the route; the list tells which. */
async function callInstance(session: ReduSession, id: string, request: ReduRequest): Promise<ReduResponse> {
  try {
    return await session.request(request, 'item');
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
    const { instances } = await listInstances(session, {}, {});
    throw instances.some((instance) => instance.id === id)
      ? session.missing.add(operationOf(request))
      : error;
  }
}

/** The list under its current path, else under its older one. */
async function fetchList(session: ReduSession, query: URLSearchParams): Promise<ReduResponse> {
  try {
    return await fetchDetailedList(session, query);
  } catch (error) {
    if (!hasCode(error, 'not_implemented')) throw error;
    return session.request({ method: 'GET', path: LEGACY_LIST }, 'collection');
  }
}

/** What a gateway like this one does; redu does not document it. */
const DETAILED_LIST = 'GET /v1/instances?detail';

/** With all fields, where the far side tells them in a list; others do not mind the parameter, or refuse it by name. */
async function fetchDetailedList(session: ReduSession, query: URLSearchParams): Promise<ReduResponse> {
  const ask = (parameters: URLSearchParams) => {
    const path = parameters.size === 0 ? INSTANCES : `${INSTANCES}?${parameters}`;
    return session.request({ method: 'GET', path }, 'collection');
  };
  if (session.missing.has(DETAILED_LIST)) return ask(query);
  try {
    return await ask(new URLSearchParams([...query, ['detail', 'true']]));
  } catch (error) {
    if (!hasCode(error, 'invalid') || !/\bdetail\b/.test(error.message)) throw error;
    session.missing.add(DETAILED_LIST);
    return ask(query);
  }
}

function queryOf(filter: InstanceFilter, window: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams(window);
  for (const status of filter.statuses ?? []) query.append('status', status);
  if (filter.name !== undefined) query.set('name', filter.name);
  if (filter.flavorId !== undefined) query.set('flavor', filter.flavorId);
  if (filter.imageId !== undefined) query.set('image', filter.imageId);
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
    image_id: instance.imageId,
    ...(instance.networks.length > 0 && {
      networks: instance.networks.map((network) =>
        network.kind === 'port' ? { port: network.portId } : { uuid: network.networkId },
      ),
    }),
    ...(instance.keypairName !== null && { keypair_name: instance.keypairName }),
    ...(instance.securityGroupIds.length > 0 && { security_group_names: instance.securityGroupIds }),
    ...(instance.userData !== null && { user_data: instance.userData }),
    ...(instance.availabilityZone !== null && { availability_zone: instance.availabilityZone }),
    ...(instance.serverGroupId !== null && { server_group_id: instance.serverGroupId }),
    metadata: instance.metadata,
  };
}

/**
 * The older create tells no id: what is new under that name afterwards is what was made. Two creates of one name at once
 * cannot be told apart, and neither can their callers' wishes be: both are answered with an instance that was made.
 */
async function createByLegacy(session: ReduSession, instance: NewInstance): Promise<string> {
  const { isPublic = 'false', enableSSH = 'false', ...items } = instance.metadata;
  const [network] = instance.networks;
  const beyond = [
    instance.networks.length > 1 && 'several networks',
    network?.kind === 'port' && 'a port',
    instance.availabilityZone !== null && 'an availability zone',
    instance.serverGroupId !== null && 'a server group',
    Object.keys(items).length > 0 && 'metadata',
  ].find((wish) => wish !== false);
  if (beyond !== undefined) {
    throw new ComputeError(
      'not_implemented',
      `The cloud behind this gateway cannot make instances with ${beyond}.`,
    );
  }
  const ofThatName = async () => {
    const { instances } = await listInstances(session, {}, {});
    return instances.filter(({ name }) => name === instance.name).map(({ id }) => id);
  };
  const before = new Set(await ofThatName());
  const body = {
    name: instance.name,
    image: instance.imageId,
    imageName: instance.imageId,
    flavor: instance.flavorId,
    securityGroups: instance.securityGroupIds.map((value) => ({ value, label: value })),
    key_name: instance.keypairName,
    network: network?.kind === 'network' ? network.networkId : null,
    is_public: isPublic === 'true',
    enable_ssh: enableSSH === 'true',
    user_data: instance.userData,
    volume: null,
  };
  await session.request({ method: 'POST', path: LEGACY_CREATE, body }, 'collection');
  for (let look = 0; look < MAX_POLLS; look++) {
    const made = (await ofThatName()).find((id) => !before.has(id));
    if (made !== undefined) return made;
    await sleep(POLL_INTERVAL_MS);
  }
  throw new ComputeError(
    'timeout',
    'The cloud accepted the instance and has not shown it yet: look for its name.',
  );
}

/** As `instanceActionSchema` reads it. */
function actionBody(action: InstanceAction): object {
  switch (action.action) {
    case 'reboot':
      return { action: 'reboot', type: action.hard ? 'hard' : 'soft' };
    case 'resize':
      return { action: 'resize', flavor_id: action.flavorId };
    case 'rebuild':
      return { action: 'rebuild', image_id: action.imageId };
    default:
      return action;
  }
}

function notFound(id: string): ComputeError {
  return new ComputeError('not_found', `Instance ${id} could not be found.`);
}
