import * as z from 'zod';
import type { SignedInCaller } from '../../../src/compute/cloud.ts';
import type { Image } from '../../../src/compute/model.ts';
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
  min_disk: z.number().nullish(),
  min_ram: z.number().nullish(),
  created_at: z.string(),
  updated_at: z.string().nullish(),
});

/** Glance's own default is 25 a page, its usual maximum 1,000. */
const PAGE = 1000;

/**
 * The project's images, the public ones and, for a member, those shared with it. Glance does not show administrators which images
 * are shared with the project, so shared images are left out for them.
 */
export async function listImages(
  glance: Service,
  { projectId, roles }: Pick<SignedInCaller, 'projectId' | 'roles'>,
): Promise<Image[]> {
  const listed = await allPages(glance, '/images', 'images', ImageItem, { limit: PAGE });
  const images = isProjectScoped(roles)
    ? listed
    : listed.filter(({ owner, visibility }) => owner === projectId || visibility === 'public');
  return images.map((image) => ({
    id: image.id,
    name: image.name ?? '',
    status: image.status,
    visibility: image.visibility,
    size: image.size ?? null,
    minDisk: image.min_disk ?? 0,
    minRam: image.min_ram ?? 0,
    created: image.created_at,
    updated: image.updated_at ?? image.created_at,
  }));
}
