/**
 * Images: Glance's `/image/v2`, and Nova's older proxy for it.
 *
 * @module
 */

import type { Image } from '../../../compute/model.ts';
import { linksTo, type NovaCall, parseId, unsupported } from './call.ts';
import { imageFilter, imageOrder, visibilityIn } from './image-query.ts';
import { type Accepts, nextQuery, pageResponse, pageWindow, paginate, timeOf, wholeNumber } from './lists.ts';

const LIST_PATH = '/v2/images';
/** Nova's filters by what redu does not report of an image. */
const UNSUPPORTED_COMPUTE_FILTERS = /^(?:server|type|property-.*)$/;

export async function listImages(call: NovaCall): Promise<Response> {
  const accepts = imageFilter(call.query);
  const order = imageOrder(call.query);
  const page = paginate(
    (await call.cloud.listImages(visibilityIn(call.query))).toSorted(order),
    pageWindow(call.query),
    accepts,
  );
  const first = new URLSearchParams(call.query);
  first.delete('marker');
  const next = nextQuery(call, page);
  return call.c.json({
    images: page.items.map(imageView),
    first: first.size === 0 ? LIST_PATH : `${LIST_PATH}?${first}`,
    // Relative to the version, as Glance prints it: clients resolve it against the endpoint.
    ...(next !== null && { next: `${LIST_PATH}?${next}` }),
    schema: '/v2/schemas/images',
  });
}

export async function showImage({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  return c.json(imageView(await imageOf(cloud, id)));
}

export function listComputeImages(call: NovaCall): Promise<Response> {
  return computeListResponse(call, ({ id, name }) => ({
    id,
    name,
    links: linksTo(call.publicUrl, 'images', id),
  }));
}

export function listComputeImagesWithDetail(call: NovaCall): Promise<Response> {
  return computeListResponse(call, (image) => computeImageView(image, call.publicUrl));
}

export async function showComputeImage({ c, cloud, publicUrl }: NovaCall, id = ''): Promise<Response> {
  return c.json({ image: computeImageView(await imageOf(cloud, id), publicUrl) });
}

async function imageOf(cloud: NovaCall['cloud'], id: string): Promise<Image> {
  return cloud.getImage(parseId(id, 'Image'));
}

async function computeListResponse(call: NovaCall, view: (image: Image) => object): Promise<Response> {
  const accepts = computeImageFilter(call.query);
  const page = paginate(await call.cloud.listImages(), pageWindow(call.query), accepts);
  return pageResponse(call, 'images', page, view);
}

/** Nova's filters of its list of images; Nova ignores all other parameters. */
function computeImageFilter(query: URLSearchParams): Accepts<Image> {
  const beyond = [...query.keys()].find((name) => UNSUPPORTED_COMPUTE_FILTERS.test(name));
  if (beyond !== undefined) throw unsupported(`filtering images by ${beyond}`);
  const given = <T>(parameter: string, parse: (name: string, text: string) => T): T | null => {
    const text = query.get(parameter);
    return text === null ? null : parse(parameter, text);
  };
  const [name, status] = [query.get('name'), query.get('status')];
  const [minDisk, minRam] = [given('minDisk', wholeNumber), given('minRam', wholeNumber)];
  const since = given('changes-since', timeOf);
  return (image) =>
    (name === null || image.name === name) &&
    (status === null || computeStatus(image) === status.toUpperCase()) &&
    (minDisk === null || image.minDisk === minDisk) &&
    (minRam === null || image.minRam === minRam) &&
    (since === null || Date.parse(image.updated) >= since);
}

/** Members that redu does not report have the value most images have. */
export function imageView(image: Image) {
  const { id, name, status, visibility, size, minDisk, minRam, created, updated, tags } = image;
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
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    protected: false,
    tags,
    checksum: null,
    owner: image.projectId,
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
  };
}

/** Compute's status for each of Glance's. */
const COMPUTE_STATUS: Readonly<Record<string, string>> = {
  active: 'ACTIVE',
  queued: 'SAVING',
  saving: 'SAVING',
  deleted: 'DELETED',
  pending_delete: 'DELETED',
  killed: 'ERROR',
};

function computeImageView(image: Image, publicUrl: string) {
  const status = computeStatus(image);
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

function computeStatus({ status }: Image): string {
  return COMPUTE_STATUS[status] ?? 'UNKNOWN';
}
