/**
 * Images to read: Glance's `/image/v2`, and compute's older window on it.
 *
 * @module
 */

import type { Image } from '../../../compute/model.ts';
import { FACES } from '../services.ts';
import { linksTo, type NovaCall, oneOf } from './call.ts';
import { narrowed, nextLinks, part } from './lists.ts';

/** `GET /v2/images`. */
export async function listImages(call: NovaCall): Promise<Response> {
  const all = narrowed((await call.cloud.listImages()).map(imageView), call.query);
  const { items, next } = part(call, all);
  const first = `${FACES.image.prefix}/v2/images`;
  return call.c.json({
    images: items,
    first,
    // Glance's own links begin with its path.
    ...(next !== null && { next: next.slice(call.publicUrl.length) }),
    schema: '/v2/schemas/images',
  });
}

/** `GET /v2/images/{id}`. */
export async function showImage({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  return c.json(imageView(await imageOf(cloud, id)));
}

/** Compute's `GET /images`. */
export function listComputeImages(call: NovaCall): Promise<Response> {
  return listedAtCompute(call, ({ id, name }) => ({
    id,
    name,
    links: linksTo(call.publicUrl, 'images', id),
  }));
}

/** Compute's `GET /images/detail`. */
export function listComputeImagesWithDetail(call: NovaCall): Promise<Response> {
  return listedAtCompute(call, (image) => computeImageView(image, call.publicUrl));
}

/** Compute's `GET /images/{id}`. */
export async function showComputeImage({ c, cloud, publicUrl }: NovaCall, id = ''): Promise<Response> {
  return c.json({ image: computeImageView(await imageOf(cloud, id), publicUrl) });
}

async function imageOf(cloud: NovaCall['cloud'], id: string): Promise<Image> {
  return oneOf(await cloud.listImages(), (image) => image.id === id, 'Image', id);
}

async function listedAtCompute(call: NovaCall, view: (image: Image) => object): Promise<Response> {
  const name = call.query.get('name');
  const images = (await call.cloud.listImages()).filter((image) => name === null || image.name === name);
  const { items, next } = part(call, images);
  return call.c.json({ images: items.map(view), ...nextLinks('images', next) });
}

/** What is not told of an image is what most of them are. */
function imageView(image: Image) {
  const { id, name, status, visibility, size, minDisk, minRam, created, updated } = image;
  return {
    id,
    name,
    status,
    visibility,
    size,
    min_disk: minDisk,
    min_ram: minRam,
    created_at: created,
    updated_at: updated,
    disk_format: 'raw',
    container_format: 'bare',
    protected: false,
    tags: [],
    checksum: null,
    owner: null,
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
  };
}

/** Compute's words for Glance's. */
const STATUS_AT_COMPUTE: Readonly<Record<string, string>> = {
  active: 'ACTIVE',
  queued: 'SAVING',
  saving: 'SAVING',
  deleted: 'DELETED',
  pending_delete: 'DELETED',
  killed: 'ERROR',
};

function computeImageView(image: Image, publicUrl: string) {
  const status = STATUS_AT_COMPUTE[image.status] ?? 'UNKNOWN';
  return {
    id: image.id,
    name: image.name,
    status,
    progress: status === 'ACTIVE' ? 100 : 0,
    minDisk: image.minDisk,
    minRam: image.minRam,
    created: image.created,
    updated: image.updated,
    metadata: {},
    'OS-EXT-IMG-SIZE:size': image.size,
    links: linksTo(publicUrl, 'images', image.id),
  };
}
