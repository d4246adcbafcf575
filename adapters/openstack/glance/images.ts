import * as z from 'zod';
import type { SignedInCaller } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { ImageCalls, ImageChange, ImageVisibility, NewImage } from '../../../src/compute/images.ts';
import type { Image } from '../../../src/compute/model.ts';
import { UpstreamError } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { isProjectScoped } from '../tenancy.ts';

const ImageItem = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  visibility: z.string(),
  owner: z.string().nullish(),
  size: z.number().nullish(),
  checksum: z.string().nullish(),
  min_disk: z.number().nullish(),
  min_ram: z.number().nullish(),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  created_at: z.string(),
  updated_at: z.string().nullish(),
});

type Viewer = Pick<SignedInCaller, 'projectId' | 'roles'>;

/** Glance's own default is 25 a page, its usual maximum 1,000. */
const PAGE = 1000;
const PATCH_TYPE = 'application/openstack-images-v2.1-json-patch';
const OPEN: ReadonlySet<string> = new Set(['public', 'community']);

export function imageCalls(glance: Service, caller: () => Promise<Viewer>): ImageCalls {
  /** Glance lets administrators change the images of all projects. `not_found`, `forbidden`. */
  const ownImage = async (id: string): Promise<Image> => {
    const viewer = await caller();
    const image = await getImage(glance, id, viewer);
    if (image.projectId === viewer.projectId) return image;
    throw new ComputeError('forbidden', 'This image belongs to another project.');
  };
  return {
    listImages: async (visibility) => listImages(glance, await caller(), visibility),
    getImage: async (id) => getImage(glance, id, await caller()),
    createImage: (image) => createImage(glance, image),
    updateImage: async (id, change) => updateImage(glance, (await ownImage(id)).id, change),
    deleteImage: async (id) => deleteImage(glance, (await ownImage(id)).id),
    uploadImage: async (id, data) => uploadImage(glance, await ownImage(id), data),
  };
}

/**
 * Glance does not show administrators which images are shared with the project, so shared images are left out of their lists.
 */
async function listImages(
  glance: Service,
  { projectId, roles }: Viewer,
  visibility?: ImageVisibility,
): Promise<Image[]> {
  const query = { limit: PAGE, ...(visibility && { visibility }) };
  const listed = (await allPages(glance, '/images', 'images', ImageItem, query)).map(imageFrom);
  if (isProjectScoped(roles)) return listed;
  return listed.filter(
    (image) =>
      image.projectId === projectId ||
      image.visibility === 'public' ||
      (visibility === 'community' && image.visibility === visibility),
  );
}

async function getImage(glance: Service, id: string, viewer: Viewer): Promise<Image> {
  const image = imageFrom(await glance.get(pathOf(id), ImageItem));
  if (!(await isVisible(glance, image, viewer)))
    throw new ComputeError('not_found', `No image found with ID ${id}`);
  return image;
}

/** Glance shows administrators the images of all projects. */
async function isVisible(glance: Service, image: Image, { projectId, roles }: Viewer): Promise<boolean> {
  if (isProjectScoped(roles) || image.projectId === projectId || OPEN.has(image.visibility)) return true;
  if (image.visibility !== 'shared') return false;
  try {
    await glance.call('GET', `${pathOf(image.id)}/members/${encodeURIComponent(projectId)}`);
    return true;
  } catch (error) {
    if (hasCode(error, 'not_found')) return false;
    throw error;
  }
}

async function createImage(
  glance: Service,
  { name, diskFormat, containerFormat, visibility, tags }: NewImage,
): Promise<Image> {
  const body = {
    name,
    disk_format: diskFormat,
    container_format: containerFormat,
    tags,
    ...(visibility && { visibility }),
  };
  return imageFrom(await glance.post('/images', body, ImageItem));
}

async function updateImage(glance: Service, id: string, change: ImageChange): Promise<Image> {
  const body = Object.entries(change)
    .filter(([, value]) => value !== undefined)
    .map(([member, value]) => ({ op: 'replace', path: `/${member}`, value }));
  const options = { body, headers: { 'content-type': PATCH_TYPE } };
  return imageFrom(glance.read(await glance.call('PATCH', pathOf(id), options), ImageItem));
}

async function deleteImage(glance: Service, id: string): Promise<void> {
  try {
    await glance.call('DELETE', pathOf(id));
  } catch (error) {
    const isProtected = isRefused(error, 403) && /is protected/.test(error.message);
    throw isProtected ? new ComputeError('conflict', error.message, { cause: error.cause }) : error;
  }
}

const LOOK_UP_TIMEOUT_MS = 5_000;

async function uploadImage(
  glance: Service,
  { id, status }: Image,
  data: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (status !== 'queued')
    throw new ComputeError('conflict', `The image is ${status}: only a queued one takes data.`);
  try {
    await glance.upload(`${pathOf(id)}/file`, data);
  } catch (error) {
    // Glance keeps what it has refused, and fails to store anything in its place.
    if (isRefused(error, 500) && (await hasRefusedData(glance, id)))
      throw new ComputeError(
        'conflict',
        'The cloud refused data for this image before: delete it, and create another.',
        { cause: error.cause },
      );
    if (!isRefused(error, 415)) throw error;
    // The media type is the gateway's own: the data is of another format than the image was made for.
    throw new ComputeError('invalid', 'The data is not of the disk_format of the image.', {
      cause: error.cause,
    });
  }
}

/** Of what it received Glance has the checksum. The upload may have outlived the request's deadline. */
async function hasRefusedData(glance: Service, id: string): Promise<boolean> {
  try {
    const response = await glance.call('GET', pathOf(id), { timeoutMs: LOOK_UP_TIMEOUT_MS });
    const { status, checksum } = glance.read(response, ImageItem);
    return status === 'queued' && checksum != null;
  } catch {
    return false;
  }
}

function isRefused(error: unknown, status: number): error is ComputeError {
  return (
    error instanceof ComputeError && error.cause instanceof UpstreamError && error.cause.status === status
  );
}

function pathOf(id: string): string {
  return `/images/${encodeURIComponent(id)}`;
}

function imageFrom(image: z.infer<typeof ImageItem>): Image {
  return {
    id: image.id,
    name: image.name ?? '',
    status: image.status,
    visibility: image.visibility,
    projectId: image.owner ?? null,
    diskFormat: image.disk_format ?? null,
    containerFormat: image.container_format ?? null,
    // Glance returns them in any order.
    tags: (image.tags ?? []).toSorted(),
    size: image.size ?? null,
    minDisk: image.min_disk ?? 0,
    minRam: image.min_ram ?? 0,
    created: image.created_at,
    updated: image.updated_at ?? image.created_at,
  };
}
