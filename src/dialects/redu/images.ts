import * as z from 'zod';
import type { Image } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { byNameAndId, pagedList } from './paged-list.ts';

export const imageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string().describe('Only active boots.'),
    visibility: z.string(),
    size_bytes: z.int().nullable().describe('null until it is uploaded.'),
    min_disk_gb: z.int(),
    min_ram_mb: z.int(),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
  })
  .meta({ id: 'Image' });

/** Glance's words for an image whose bytes are on their way. */
const UPLOADING: ReadonlySet<string> = new Set(['queued', 'saving', 'uploading', 'importing']);

export const IMAGES = route({
  method: 'GET',
  path: '/v1/images',
  scope: 'instances:read',
  query: pageQuerySchema,
  status: 200,
  response: { page: imageSchema },
});

/** `GET /v1/images`. */
export const listImages = pagedList(
  (cloud) => cloud.listImages(),
  byNameAndId,
  encodeImage,
  ({ status }) => UPLOADING.has(status),
);

function encodeImage(image: Image): z.infer<typeof imageSchema> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    size_bytes: image.size,
    min_disk_gb: image.minDisk,
    min_ram_mb: image.minRam,
    created: image.created,
    updated: image.updated,
  };
}
