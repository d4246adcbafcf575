/** @module Images: list, show. */

import type { Cloud } from '../cloud.ts';
import { Fault, type Fields, json } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { seconds } from '../timeline.ts';
import type { Image } from './model.ts';

/** One request to Glance. */
export interface GlanceCall {
  readonly cloud: Cloud;
  readonly request: Request;
  readonly principal: Principal;
  readonly query: URLSearchParams;
}

/** The default length of a list of images; Glance's `limit_param_default`. */
const DEFAULT_LIMIT = 25;
const SORT_KEYS = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
];
const CONTROL = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'member_status',
  'tag',
]);

/** An image as Glance prints it. */
export function imageView(image: Image): Fields {
  const active = image.status === 'active';
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.size,
    virtual_size: image.diskFormat === 'raw' && image.size !== 0 ? image.size : null,
    status: image.status,
    checksum: active ? image.checksum : null,
    protected: image.protected,
    min_ram: image.minRam,
    min_disk: image.minDisk,
    owner: image.owner,
    os_hidden: false,
    os_hash_algo: active ? 'sha512' : null,
    os_hash_value: active ? image.hash : null,
    id: image.id,
    created_at: seconds(image.createdAt),
    updated_at: seconds(image.updatedAt),
    tags: image.tags,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
    ...(active && { stores: 'store' }),
  };
}

/** The images that a principal sees: public ones, their project's, all for the administrator; newest first. */
export function visibleImages(cloud: Cloud, principal: Principal): Image[] {
  const found = [...cloud.images.values()].filter((image) => sees(principal, image));
  return found.reverse().sort((a, b) => b.createdAt - a.createdAt);
}

/** Whether a principal may use an image. */
export function sees(principal: Principal, image: Image): boolean {
  const open = image.visibility === 'public' || image.visibility === 'community';
  const isMember = image.visibility === 'shared' && image.members.has(principal.projectId);
  return open || isMember || image.owner === principal.projectId || principal.isAdmin;
}

/** GET /v2/images */
export function listImages(call: GlanceCall): Response {
  const { query } = call;
  const limit = limitOf(query);
  const visibility = query.get('visibility');
  if (visibility && !['public', 'private', 'shared', 'community', 'all'].includes(visibility)) {
    throw new Fault(400, '', `Invalid visibility value: ${visibility}`);
  }
  const found = visibleImages(call.cloud, call.principal)
    .filter((image) => isListed(call, image, visibility))
    .map(imageView)
    .filter((view) => !visibility || visibility === 'all' || view.visibility === visibility)
    .filter((view) => matches(view, query));
  sort(found, query);
  const marker = query.get('marker');
  const start = marker ? found.findIndex((view) => view.id === marker) : -1;
  if (marker && start === -1) throw new Fault(400, '', `No image found with ID ${marker}`);
  const page = found.slice(start + 1, start + 1 + limit);
  const first = new URLSearchParams(query);
  first.delete('marker');
  const next = new URLSearchParams(first);
  next.set('marker', String(page.at(-1)?.id));
  return json(200, {
    images: page,
    first: `/v2/images${String(first) && `?${first}`}`,
    schema: '/v2/schemas/images',
    ...(page.length > 0 && page.length === limit && { next: `/v2/images?${next}` }),
  });
}

/** Of other projects: shares with this `member_status`, community images only by their visibility. */
function isListed({ principal, query }: GlanceCall, image: Image, visibility: string | null): boolean {
  if (image.owner === principal.projectId) return true;
  if (image.visibility === 'community') return visibility === 'community' || visibility === 'all';
  const member = image.visibility === 'shared' ? image.members.get(principal.projectId) : undefined;
  const status = query.get('member_status') ?? 'accepted';
  return member === undefined || status === 'all' || member.status === status;
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || text === '') throw new Fault(400, '', 'limit param must be an integer');
  if (limit < 0) throw new Fault(400, '', 'limit param must be positive');
  return Math.min(limit, 1000);
}

function matches(view: Fields, query: URLSearchParams): boolean {
  const tagged = query.getAll('tag').every((tag) => Array.isArray(view.tags) && view.tags.includes(tag));
  return (
    tagged &&
    [...query].every(([key, wanted]) => {
      if (CONTROL.has(key)) return true;
      const value = String(view[key] ?? '');
      if (wanted.startsWith('in:')) return wanted.slice(3).split(',').includes(value);
      return value.toLowerCase() === wanted.toLowerCase();
    })
  );
}

function sort(views: Fields[], query: URLSearchParams): void {
  const directions = query.getAll('sort_dir');
  const short = (query.get('sort') ?? '').split(',').filter(Boolean);
  const order = [
    ...short.map((item) => item.split(':') as [string, string | undefined]),
    ...query.getAll('sort_key').map((key, index): [string, string | undefined] => [key, directions[index]]),
  ];
  for (const [key] of order) {
    if (SORT_KEYS.includes(key)) continue;
    throw new Fault(
      400,
      '',
      `Invalid sort key: ${key}. It must be one of the following: ${SORT_KEYS.join(', ')}.`,
    );
  }
  views.sort((a, b) => {
    for (const [key, direction = 'desc'] of order) {
      const [left, right] = [String(a[key]), String(b[key])];
      if (left !== right) return left < right === (direction === 'asc') ? -1 : 1;
    }
    return 0;
  });
}

/** GET /v2/images/{id} */
export function showImage(call: GlanceCall, id: string): Response {
  return json(200, imageView(findImage(call, id, `No image found with ID ${id}`)));
}

export function findImage(call: GlanceCall, id: string, message: string): Image {
  const image = call.cloud.images.get(id);
  if (!image || !sees(call.principal, image)) throw new Fault(404, '', message);
  return image;
}
