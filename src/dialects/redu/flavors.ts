import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import type { Flavor } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';
import type { Mount } from './mount.ts';
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

export const FLAVOR_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/flavors',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: flavorSchema },
  }),
  get: route({
    method: 'GET',
    path: '/v1/flavors/{id}',
    scope: 'instances:read',
    status: 200,
    response: flavorSchema,
  }),
};

/** Nova's rule. The two relative paths would change the path they stand in. */
const flavorId = z.string().regex(/^(?!\.{1,2}$)(?! )[A-Za-z0-9_. -]{1,255}(?<! )$/);

const list = pagedList((cloud) => cloud.listFlavors(), byNameAndId, encodeFlavor);

const get: Read<string, Flavor> = {
  input({ param }) {
    const id = flavorId.safeParse(param('id'));
    if (!id.success) throw new ComputeError('not_found', 'There is no such flavor.');
    return id.data;
  },
  load: (cloud, id) => cloud.getFlavor(id),
  render: (flavor) => ({ body: JSON.stringify(encodeFlavor(flavor)) }),
};

/** `/v1/flavors`. */
export function flavors(mount: Mount): void {
  mount
    .addRead(FLAVOR_ROUTES.list, list, { ttl: 'static' })
    .addRead(FLAVOR_ROUTES.get, get, { ttl: 'static' });
}

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
