import type { Context } from 'hono';
import * as z from 'zod';
import { IMAGE_VISIBILITIES } from '../../compute/images.ts';
import type { Image } from '../../compute/model.ts';
import type { GatewayEnv } from '../../context.ts';
import { readStream } from '../../http/body.ts';
import { decodeBody } from '../../http/decode.ts';
import { name, shortText } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import type { RequestBody } from '../../http/request-target.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, filteredList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';

export const imageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string().describe('Only active boots.'),
    visibility: z.string(),
    project_id: z.string().nullable().describe('The owner.'),
    disk_format: z.string().nullable(),
    container_format: z.string().nullable(),
    tags: z.array(z.string()),
    size_bytes: z.int().nullable().describe('null until it is uploaded.'),
    min_disk_gb: z.int(),
    min_ram_mb: z.int(),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
  })
  .meta({ id: 'Image' });

const visibility = z.enum(IMAGE_VISIBILITIES);
/** Glance allows 128. */
const tags = z.array(shortText).max(128);
const DISK_FORMATS = [
  'raw',
  'qcow2',
  'iso',
  'vmdk',
  'vdi',
  'vhd',
  'vhdx',
  'ploop',
  'ami',
  'ari',
  'aki',
] as const;
const CONTAINER_FORMATS = ['bare', 'ovf', 'ova', 'docker', 'compressed', 'ami', 'ari', 'aki'] as const;

export const newImageSchema = z
  .strictObject({
    name,
    disk_format: z.enum(DISK_FORMATS).default('raw'),
    container_format: z.enum(CONTAINER_FORMATS).default('bare'),
    visibility: visibility.nullish(),
    tags: tags.default([]),
  })
  .meta({ id: 'NewImage' });

export const imageChangeSchema = z
  .strictObject({
    name: name.optional(),
    visibility: visibility.optional(),
    tags: tags.optional().describe('Replaces all.'),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    path: ['body'],
    error: 'must have name, visibility or tags',
  })
  .meta({ id: 'ImageChange', minProperties: 1 });

const imageQuerySchema = pageQuerySchema.extend({
  name: z.string().max(255).optional(),
  status: z.string().max(255).optional(),
  visibility: visibility.optional().describe('`community` lists those of all projects.'),
  tag: z.array(z.string().max(255)).max(128).optional().describe('Repeatable: all of them.'),
});

/** Glance's words for an image whose bytes are on their way. */
const UPLOADING: ReadonlySet<string> = new Set(['queued', 'saving', 'uploading', 'importing']);

export const IMAGE_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/images',
    scope: 'instances:read',
    query: imageQuerySchema,
    status: 200,
    response: { page: imageSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/images',
    scope: 'images:write',
    body: newImageSchema,
    status: 201,
    response: imageSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/images/{id}',
    scope: 'instances:read',
    status: 200,
    response: imageSchema,
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/images/{id}',
    scope: 'images:write',
    body: imageChangeSchema,
    status: 200,
    response: imageSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/images/{id}', scope: 'images:write', status: 204 }),
  upload: route({
    method: 'PUT',
    path: '/v1/images/{id}/file',
    scope: 'images:write',
    takesBytes: true,
    status: 204,
  }),
};

const FILTERS = ['name', 'status', 'visibility'] as const;

const isTransitional = ({ status }: Image) => UPLOADING.has(status);

const list = filteredList(
  {
    schema: imageQuerySchema,
    repeatable: ['tag'],
    accepts: (image: Image, { tag = [], ...wanted }) =>
      FILTERS.every((field) => wanted[field] === undefined || image[field] === wanted[field]) &&
      tag.every((one) => image.tags.includes(one)),
  },
  (cloud, { visibility }) => cloud.listImages(visibility),
  byNameAndId,
  encodeImage,
  isTransitional,
);

const get = resource('image', (cloud, id) => cloud.getImage(id), encodeImage, isTransitional);

/** `/v1/images`. @param streamed How the data of an image is read. */
export function images(mount: Mount, streamed: RequestBody): void {
  mount
    .addRead(IMAGE_ROUTES.list, list, { ttl: 'static' })
    .add(IMAGE_ROUTES.create, create)
    .addRead(IMAGE_ROUTES.get, get)
    .add(IMAGE_ROUTES.update, update)
    .add(IMAGE_ROUTES.delete, remove)
    .add(IMAGE_ROUTES.upload, async (c) => {
      await c.var.cloud.uploadImage(imageId(c), readStream(c, streamed));
      return c.body(null, 204);
    });
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const { disk_format, container_format, ...given } = await decodeBody(c, IMAGE_ROUTES.create.body);
  const image = await c.var.cloud.createImage({
    ...given,
    diskFormat: disk_format,
    containerFormat: container_format,
    visibility: given.visibility ?? null,
  });
  c.header('Location', publicPath(c, `/v1/images/${image.id}`));
  return respondJson(c, encodeImage(image), 201);
}

async function update(c: Context<GatewayEnv>): Promise<Response> {
  const id = imageId(c);
  const change = await decodeBody(c, IMAGE_ROUTES.update.body);
  return respondJson(c, encodeImage(await c.var.cloud.updateImage(id, change)));
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteImage(imageId(c));
  return c.body(null, 204);
}

function imageId(c: Context<GatewayEnv>): string {
  return pathId(c.req.param('id'), 'image');
}

function encodeImage(image: Image): z.infer<typeof imageSchema> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    project_id: image.projectId,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    tags: [...image.tags],
    size_bytes: image.size,
    min_disk_gb: image.minDisk,
    min_ram_mb: image.minRam,
    created: image.created,
    updated: image.updated,
  };
}
