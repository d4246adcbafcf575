import * as z from 'zod';
import type { Flavor } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { byNameAndId, pagedList } from './paged-list.ts';

export const flavorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    vcpus: z.int(),
    ram_mb: z.int(),
    disk_gb: z.int(),
    is_public: z.boolean(),
  })
  .meta({ id: 'Flavor' });

export const FLAVORS = route({
  method: 'GET',
  path: '/v1/flavors',
  scope: 'instances:read',
  query: pageQuerySchema,
  status: 200,
  response: { page: flavorSchema },
});

/** `GET /v1/flavors`. */
export const listFlavors = pagedList((cloud) => cloud.listFlavors(), byNameAndId, encodeFlavor);

function encodeFlavor(flavor: Flavor): z.infer<typeof flavorSchema> {
  return {
    id: flavor.id,
    name: flavor.name,
    vcpus: flavor.vcpus,
    ram_mb: flavor.ram,
    disk_gb: flavor.disk,
    is_public: flavor.isPublic,
  };
}
