import * as z from 'zod';
import type { Hypervisor } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { pagedList } from './paged-list.ts';

export const hypervisorSchema = z
  .object({
    id: z.string(),
    hostname: z.string(),
    type: z.string(),
    state: z.string(),
    status: z.string(),
    vcpus: z.int().nullable(),
    vcpus_used: z.int().nullable(),
    memory_mb: z.int().nullable(),
    memory_mb_used: z.int().nullable(),
    running_instances: z.int().nullable(),
  })
  .meta({ id: 'Hypervisor', description: 'Numbers are null where the cloud no longer reports them.' });

export const HYPERVISORS = route({
  method: 'GET',
  path: '/v1/hypervisors',
  scope: 'admin',
  query: pageQuerySchema,
  status: 200,
  response: { page: hypervisorSchema },
});

/** `GET /v1/hypervisors`. Sorted by host name. */
export const listHypervisors = pagedList(
  (cloud) => cloud.listHypervisors(),
  ({ hostname, id }) => [hostname, id],
  encodeHypervisor,
);

function encodeHypervisor(hypervisor: Hypervisor): z.infer<typeof hypervisorSchema> {
  return {
    id: hypervisor.id,
    hostname: hypervisor.hostname,
    type: hypervisor.type,
    state: hypervisor.state,
    status: hypervisor.status,
    vcpus: hypervisor.vcpus,
    vcpus_used: hypervisor.vcpusUsed,
    memory_mb: hypervisor.memory,
    memory_mb_used: hypervisor.memoryUsed,
    running_instances: hypervisor.runningInstances,
  };
}
