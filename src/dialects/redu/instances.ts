import type { Context } from 'hono';
import { assertScope } from '../../access/require-scope.ts';
import { createInstance } from '../../compute/create-instance.ts';
import { deleteInstance, getInstance, type InstanceList, listInstances } from '../../compute/instances.ts';
import type { Instance } from '../../compute/model.ts';
import type { Owner } from '../../compute/requests.ts';
import { isTransitional } from '../../compute/states.ts';
import { updateInstance } from '../../compute/update-instance.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { respondJson } from '../../http/json.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { CachePolicy, Read } from '../../traffic/cache/read.ts';
import { type InstanceInput, instanceInput, onInstance } from './across-projects.ts';
import { encodeInstanceDetail, printInstanceDetails, printInstances } from './encode-instance.ts';
import { INSTANCE_ACTION, runInstanceAction } from './instance-actions.ts';
import { instanceOperations } from './instance-operations.ts';
import {
  decodeInstanceQuery,
  type InstanceListInput,
  instanceQuerySchema,
  nextPageLink,
} from './instance-query.ts';
import { toCreateInstance, toInstanceChange } from './instance-requests.ts';
import {
  instanceChangeSchema,
  instanceDetailSchema,
  instanceSchema,
  newInstanceSchema,
  newTagsSchema,
  tagsSchema,
} from './instance-schemas.ts';
import type { Mount } from './mount.ts';
import { pathId } from './path-id.ts';

export const INSTANCE_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/instances',
    scope: 'instances:read',
    query: instanceQuerySchema,
    status: 200,
    response: { list: instanceSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/instances',
    scope: 'instances:write',
    body: newInstanceSchema,
    status: 202,
    response: instanceDetailSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/instances/{id}',
    scope: 'instances:read',
    status: 200,
    response: instanceDetailSchema,
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/instances/{id}',
    scope: 'instances:write',
    body: instanceChangeSchema,
    status: 200,
    response: instanceDetailSchema,
  }),
  setTags: route({
    method: 'PUT',
    path: '/v1/instances/{id}/tags',
    scope: 'instances:write',
    body: newTagsSchema,
    status: 200,
    response: tagsSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/instances/{id}', scope: 'instances:write', status: 204 }),
};

/** `/v1/instances`. */
export function instances(mount: Mount): void {
  mount
    .addRead(INSTANCE_ROUTES.list, list, INSTANCE_LIST_POLICY)
    .add(INSTANCE_ROUTES.create, create)
    .addRead(INSTANCE_ROUTES.get, get)
    .add(INSTANCE_ROUTES.update, change)
    .add(INSTANCE_ROUTES.setTags, setTags)
    .add(INSTANCE_ROUTES.delete, remove);
  instanceOperations(mount);
  mount.add(INSTANCE_ACTION, runInstanceAction);
}

/** A list of all projects has no version that a write would change. */
export const INSTANCE_LIST_POLICY: CachePolicy = { bypassOn: ['all_tenants'] };

/**
 * The list as redu documents it: a bare array; with `limit` a part of it and a `Link` to the next one. `detail`, which redu does
 * not document, adds the fields of the detail view. The legacy path has the same responses.
 */
export const list: Read<InstanceListInput, InstanceList> = {
  input: decodeInstanceQuery,
  load: async (cloud, { query, window }) =>
    window.limit === 0 ? { instances: [], more: false } : listInstances(cloud, query, window),
  render({ instances, more }, { target, detail }) {
    const last = instances.at(-1);
    return {
      body: (detail ? printInstanceDetails : printInstances)(instances),
      link: target !== undefined && more && last !== undefined ? nextPageLink(target, last.id) : undefined,
      transitional: instances.some(changesByItself),
    };
  },
};

const get: Read<InstanceInput, Instance> = {
  input: instanceInput,
  load: (cloud, input) => onInstance(cloud, input.isAdmin, (reached) => getInstance(reached, input.id)),
  render: (instance) => ({
    body: JSON.stringify(encodeInstanceDetail(instance)),
    transitional: changesByItself(instance),
  }),
};

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const request = toCreateInstance(await decodeBody(c, INSTANCE_ROUTES.create.body));
  // "zone:host" picks the host: with a service account the cloud itself would allow that to any customer.
  if (request.availabilityZone?.includes(':')) assertScope(c.var.principal, 'admin');
  // Makes a volume, or lets the instance's deletion delete one.
  if (request.bootVolume !== null) assertScope(c.var.principal, 'volumes:write');
  const instance = await createInstance(c.var.cloud, request, ownerOf(c), c.var.attempt);
  c.header('Location', publicPath(c, `/v1/instances/${instance.id}`));
  return respondJson(c, encodeInstanceDetail(instance), 202);
}

async function change(c: Context<GatewayEnv>): Promise<Response> {
  const id = instanceId(c);
  const request = toInstanceChange(await decodeBody(c, INSTANCE_ROUTES.update.body));
  const changed = await updateInstance(c.var.cloud, id, request, ownerOf(c));
  return respondJson(c, encodeInstanceDetail(changed));
}

async function setTags(c: Context<GatewayEnv>): Promise<Response> {
  const id = instanceId(c);
  const { tags } = await decodeBody(c, INSTANCE_ROUTES.setTags.body);
  return respondJson(c, { tags: await c.var.cloud.setInstanceTags(id, tags) });
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await deleteInstance(c.var.cloud, instanceId(c), c.var.releases);
  return c.body(null, 204);
}

function changesByItself({ state, inTransition }: Instance): boolean {
  return inTransition || isTransitional(state);
}

function instanceId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'instance');
}

/** On whose behalf something is made. */
export function ownerOf(c: Context<GatewayEnv>): Owner {
  return { keyId: c.var.principal.keyId, releases: c.var.releases };
}
