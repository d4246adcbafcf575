import * as z from 'zod';
import type { Image } from '../../../src/compute/model.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';

const ImageItem = z.object({
  id: z.string(),
  name: z.string().nullable(),
  status: z.string(),
  visibility: z.string(),
  size: z.number().nullish(),
  min_disk: z.number(),
  min_ram: z.number(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** Glance's own default is 25 a page, its usual maximum 1,000. */
const PAGE = 1000;

export async function listImages(glance: Service): Promise<Image[]> {
  const images = await allPages(glance, '/images', 'images', ImageItem, { limit: PAGE });
  return images.map((image) => ({
    id: image.id,
    name: image.name ?? '',
    status: image.status,
    visibility: image.visibility,
    size: image.size ?? null,
    minDisk: image.min_disk,
    minRam: image.min_ram,
    created: image.created_at,
    updated: image.updated_at,
  }));
}
