import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { AvailabilityZone, Flavor, Hypervisor } from '../../../src/compute/model.ts';
import { allPages } from '../pages.ts';
import type { Nova } from './nova.ts';

const FlavorItem = z.object({
  id: z.string(),
  name: z.string(),
  vcpus: z.number(),
  ram: z.number(),
  disk: z.number(),
  'os-flavor-access:is_public': z.boolean().nullish(),
});

const AccessBody = z.object({ flavor_access: z.array(z.object({ tenant_id: z.string() })) });

const ZonesBody = z.object({
  availabilityZoneInfo: z.array(
    z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }) }),
  ),
});

/** A Nova whose oldest version is after 2.87 leaves out the resource figures. */
const HypervisorItem = z.object({
  id: z.union([z.string(), z.number()]),
  hypervisor_hostname: z.string(),
  hypervisor_type: z.string(),
  state: z.string(),
  status: z.string(),
  vcpus: z.number().nullish(),
  vcpus_used: z.number().nullish(),
  memory_mb: z.number().nullish(),
  memory_mb_used: z.number().nullish(),
  running_vms: z.number().nullish(),
});

export async function listFlavors(nova: Nova): Promise<Flavor[]> {
  const flavors = await allPages(nova.using(), '/flavors/detail', 'flavors', FlavorItem);
  return flavors.map(flavorFrom);
}

/**
 * Nova's list leaves out disabled ones, by id it has them.
 *
 * @param limitTo The project whose private flavors are found; null: Nova itself limits the caller to its own.
 */
export async function getFlavor(nova: Nova, id: string, limitTo: string | null): Promise<Flavor> {
  const path = `/flavors/${encodeURIComponent(id)}`;
  const flavor = flavorFrom((await nova.using().get(path, z.object({ flavor: FlavorItem }))).flavor);
  if (flavor.isPublic || limitTo === null) return flavor;
  const { flavor_access } = await nova.using().get(`${path}/os-flavor-access`, AccessBody);
  if (flavor_access.some(({ tenant_id }) => tenant_id === limitTo)) return flavor;
  throw new ComputeError('not_found', `Flavor ${id} could not be found.`);
}

function flavorFrom({ id, name, vcpus, ram, disk, ...rest }: z.infer<typeof FlavorItem>): Flavor {
  return { id, name, vcpus, ram, disk, isPublic: rest['os-flavor-access:is_public'] ?? true };
}

export async function listAvailabilityZones(nova: Nova): Promise<AvailabilityZone[]> {
  const { availabilityZoneInfo } = await nova.using().get('/os-availability-zone', ZonesBody);
  return availabilityZoneInfo.map(({ zoneName, zoneState }) => ({
    name: zoneName,
    available: zoneState.available,
  }));
}

export async function listHypervisors(nova: Nova): Promise<Hypervisor[]> {
  const hypervisors = await allPages(
    nova.using('hypervisorPages'),
    '/os-hypervisors/detail',
    'hypervisors',
    HypervisorItem,
  );
  return hypervisors.map((hypervisor) => ({
    id: String(hypervisor.id),
    hostname: hypervisor.hypervisor_hostname,
    type: hypervisor.hypervisor_type,
    state: hypervisor.state,
    status: hypervisor.status,
    vcpus: hypervisor.vcpus ?? null,
    vcpusUsed: hypervisor.vcpus_used ?? null,
    memory: hypervisor.memory_mb ?? null,
    memoryUsed: hypervisor.memory_mb_used ?? null,
    runningInstances: hypervisor.running_vms ?? null,
  }));
}
