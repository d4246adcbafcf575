/**
 * Images to read: Glance's `/image/v2`, and compute's older window on it.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { Image } from '../../../compute/model.ts';
import { findOrThrow, linksTo, type NovaCall, unsupported } from './call.ts';
import { imageFilter, imageOrder } from './image-query.ts';
import { nextLinks, paginate } from './lists.ts';

const LIST_PATH = '/v2/images';
/** Filters of Nova by what redu does not report of an image. */
const NOT_REPORTED_AT_COMPUTE = /^(?:server|type|property-.*)$/;

/** `GET /v2/images`. */
export async function listImages(call: NovaCall): Promise<Response> {
  const accepts = imageFilter(call.query);
  const order = imageOrder(call.query);
  const matching = (await call.cloud.listImages()).filter(accepts).toSorted(order);
  const { items, next } = paginate(call, matching);
  const parameters = new URLSearchParams(call.query);
  parameters.delete('marker');
  const first = parameters.size === 0 ? LIST_PATH : `${LIST_PATH}?${parameters}`;
  return call.c.json({
    images: items.map(imageView),
    first,
    // Relative to the version, as Glance prints it: clients resolve it against the endpoint.
    ...(next !== null && { next: `${LIST_PATH}${new URL(next).search}` }),
    schema: '/v2/schemas/images',
  });
}

/** `GET /v2/images/{id}`. */
export async function showImage({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  return c.json(imageView(await imageOf(cloud, id)));
}

/** Compute's `GET /images`. */
export function listComputeImages(call: NovaCall): Promise<Response> {
  return computeListResponse(call, ({ id, name }) => ({
    id,
    name,
    links: linksTo(call.publicUrl, 'images', id),
  }));
}

/** Compute's `GET /images/detail`. */
export function listComputeImagesWithDetail(call: NovaCall): Promise<Response> {
  return computeListResponse(call, (image) => computeImageView(image, call.publicUrl));
}

/** Compute's `GET /images/{id}`. */
export async function showComputeImage({ c, cloud, publicUrl }: NovaCall, id = ''): Promise<Response> {
  return c.json({ image: computeImageView(await imageOf(cloud, id), publicUrl) });
}

async function imageOf(cloud: NovaCall['cloud'], id: string): Promise<Image> {
  return findOrThrow(await cloud.listImages(), (image) => image.id === id, 'Image', id);
}

async function computeListResponse(call: NovaCall, view: (image: Image) => object): Promise<Response> {
  const accepts = computeImageFilter(call.query);
  const { items, next } = paginate(call, (await call.cloud.listImages()).filter(accepts));
  return call.c.json({ images: items.map(view), ...nextLinks('images', next) });
}

/** What Nova filters its list of images by; other parameters are ignored, as Nova does. */
function computeImageFilter(query: URLSearchParams): (image: Image) => boolean {
  const beyond = [...query.keys()].find((name) => NOT_REPORTED_AT_COMPUTE.test(name));
  if (beyond !== undefined) throw unsupported(`filtering images by ${beyond}`);
  const [name, status] = [query.get('name'), query.get('status')];
  const wholeNumber = (parameter: string) => {
    const text = query.get(parameter);
    if (text === null) return null;
    if (!/^\d{1,9}$/.test(text)) throw ComputeError.field(parameter, 'must be a whole number of 0 or more');
    return Number(text);
  };
  const [minDisk, minRam] = [wholeNumber('minDisk'), wholeNumber('minRam')];
  const since = query.get('changes-since');
  const from = since === null ? Number.NEGATIVE_INFINITY : Date.parse(since);
  if (Number.isNaN(from)) throw ComputeError.field('changes-since', 'must be a time in ISO 8601');
  return (image) =>
    (name === null || image.name === name) &&
    (status === null || statusAtCompute(image) === status.toUpperCase()) &&
    (minDisk === null || image.minDisk === minDisk) &&
    (minRam === null || image.minRam === minRam) &&
    Date.parse(image.updated) >= from;
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
  const status = statusAtCompute(image);
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

function statusAtCompute({ status }: Image): string {
  return STATUS_AT_COMPUTE[status] ?? 'UNKNOWN';
}
