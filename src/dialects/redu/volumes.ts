import type { Context } from 'hono';
import * as z from 'zod';
import { imageId } from '../../compute/lookups.ts';
import type { Volume } from '../../compute/volumes.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { idOrName, name, shortText, text, uuid } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';

/** Cinder's largest. */
const MAX_GB = 2_147_483_647;

export const sizeGb = z.int().min(1).max(MAX_GB).describe('GiB.');
export const volumeDescription = text.max(255);
/** Of what is accepted and has no body of its own. */
export const acceptedSchema = z.object({}).meta({ id: 'Accepted' });

export const volumeSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    size_gb: z.int(),
    status: z
      .string()
      .describe("Cinder's status: creating, available, in-use, extending, deleting, error, ..."),
    volume_type: z.string().nullable(),
    bootable: z.boolean(),
    availability_zone: z.string().nullable(),
    snapshot_id: z.string().nullable().describe('The snapshot it was made from.'),
    image_id: z.string().nullable().describe('The image it was made from.'),
    attachments: z.array(z.object({ instance_id: z.string(), device: z.string().nullable() })),
    created: z.iso.datetime(),
  })
  .meta({ id: 'Volume' });

export const newVolumeSchema = z
  .strictObject({
    name,
    size_gb: sizeGb,
    description: volumeDescription.nullish(),
    volume_type: shortText.nullish(),
    availability_zone: shortText.nullish(),
    image_id: idOrName.nullish().describe('Id or name of an image: makes it bootable.'),
    snapshot_id: uuid.nullish(),
  })
  .refine((body) => (body.image_id ?? null) === null || (body.snapshot_id ?? null) === null, {
    path: ['snapshot_id'],
    error: 'must be left out when image_id is given',
  })
  .meta({ id: 'NewVolume' });

export const volumeChangeSchema = z
  .strictObject({ name: name.optional(), description: volumeDescription.optional() })
  .refine((body) => body.name !== undefined || body.description !== undefined, {
    path: ['body'],
    error: 'must have name, description or both',
  })
  .meta({ id: 'VolumeChange', minProperties: 1 });

export const volumeActionSchema = z
  .strictObject({ action: z.literal('extend', { error: 'must be extend' }), size_gb: sizeGb })
  .meta({ id: 'VolumeAction' });

export const VOLUME_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/volumes',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: volumeSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/volumes',
    scope: 'volumes:write',
    body: newVolumeSchema,
    status: 202,
    response: volumeSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/volumes/{id}',
    scope: 'instances:read',
    status: 200,
    response: volumeSchema,
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/volumes/{id}',
    scope: 'volumes:write',
    body: volumeChangeSchema,
    status: 200,
    response: volumeSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/volumes/{id}', scope: 'volumes:write', status: 204 }),
  act: route({
    method: 'POST',
    path: '/v1/volumes/{id}/actions',
    scope: 'volumes:write',
    body: volumeActionSchema,
    status: 202,
    response: acceptedSchema,
  }),
};

/** Whether a volume or snapshot changes by itself: `creating`, `deleting`, `attaching`; `error_deleting` and its like are final. */
export const isInTransition = ({ status }: { readonly status: string }) =>
  status.endsWith('ing') && !status.startsWith('error_');

const list = pagedList((cloud) => cloud.listVolumes(), byNameAndId, encodeVolume, isInTransition);
const get = resource('volume', (cloud, id) => cloud.getVolume(id), encodeVolume, isInTransition);

/** `/v1/volumes`. */
export function volumes(mount: Mount): void {
  mount
    .addRead(VOLUME_ROUTES.list, list)
    .add(VOLUME_ROUTES.create, create)
    .addRead(VOLUME_ROUTES.get, get)
    .add(VOLUME_ROUTES.update, update)
    .add(VOLUME_ROUTES.delete, remove)
    .add(VOLUME_ROUTES.act, act);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const { cloud } = c.var;
  const body = await decodeBody(c, VOLUME_ROUTES.create.body);
  const volume = await cloud.createVolume({
    name: body.name,
    sizeGb: body.size_gb,
    description: body.description ?? null,
    volumeType: body.volume_type ?? null,
    availabilityZone: body.availability_zone ?? null,
    imageId: body.image_id == null ? null : await imageId(cloud, body.image_id),
    snapshotId: body.snapshot_id ?? null,
  });
  c.header('Location', publicPath(c, `/v1/volumes/${volume.id}`));
  return respondJson(c, encodeVolume(volume), 202);
}

async function update(c: Context<GatewayEnv>): Promise<Response> {
  const id = volumeId(c);
  const { name, description } = await decodeBody(c, VOLUME_ROUTES.update.body);
  const change = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
  return respondJson(c, encodeVolume(await c.var.cloud.updateVolume(id, change)));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteVolume(volumeId(c));
  return c.body(null, 204);
}

async function act(c: Context<GatewayEnv>): Promise<Response> {
  const id = volumeId(c);
  const { size_gb } = await decodeBody(c, VOLUME_ROUTES.act.body);
  await c.var.cloud.extendVolume(id, size_gb);
  return respondJson(c, {}, 202);
}

function volumeId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'volume');
}

function encodeVolume(volume: Volume): z.infer<typeof volumeSchema> {
  return {
    id: volume.id,
    name: volume.name,
    description: volume.description,
    size_gb: volume.sizeGb,
    status: volume.status,
    volume_type: volume.volumeType,
    bootable: volume.isBootable,
    availability_zone: volume.availabilityZone,
    snapshot_id: volume.snapshotId,
    image_id: volume.imageId,
    attachments: volume.attachments.map(({ instanceId, device }) => ({ instance_id: instanceId, device })),
    created: volume.created,
  };
}
