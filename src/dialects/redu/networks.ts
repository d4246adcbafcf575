import * as z from 'zod';
import type { Network } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { byNameAndId, pagedList } from './paged-list.ts';

export const networkSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    external: z.boolean().describe('Floating IPs come from here.'),
    shared: z.boolean(),
    subnet_ids: z.array(z.string()),
    project_id: z.string(),
  })
  .meta({ id: 'Network' });

export const NETWORKS = route({
  method: 'GET',
  path: '/v1/networks',
  scope: 'instances:read',
  query: pageQuerySchema,
  status: 200,
  response: { page: networkSchema },
});

/** `GET /v1/networks`. */
export const listNetworks = pagedList((cloud) => cloud.listNetworks(), byNameAndId, encodeNetwork);

function encodeNetwork(network: Network): z.infer<typeof networkSchema> {
  return {
    id: network.id,
    name: network.name,
    status: network.status,
    external: network.external,
    shared: network.shared,
    subnet_ids: [...network.subnetIds],
    project_id: network.projectId,
  };
}
