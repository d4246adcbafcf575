import * as z from 'zod';
import type { CloudInstance, InstanceAddress } from '../../../src/compute/model.ts';
import { shownKeyPairName } from '../../../src/compute/service-key-pairs.ts';
import { stateOf } from '../../../src/compute/states.ts';
import { labelsFrom } from './labels.ts';

const Address = z.object({
  addr: z.string(),
  version: z.union([z.literal(4), z.literal(6)]),
  'OS-EXT-IPS:type': z.enum(['fixed', 'floating']).nullish(),
  'OS-EXT-IPS-MAC:mac_addr': z.string().nullish(),
});

/**
 * A server as `GET /servers/detail` and `GET /servers/{id}` print it, at every microversion (2.1 to 2.104): only
 * what the gateway reads. Measured peculiarities: `image` is `""` when booted from a volume; `flavor` is without id from
 * 2.47 on; `security_groups` is missing while there is no port; `fault` comes with status ERROR alone.
 */
export const Server = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  tenant_id: z.string(),
  user_id: z.string(),
  created: z.string(),
  updated: z.string(),
  metadata: z.record(z.string(), z.string()).nullish(),
  image: z.union([z.object({ id: z.string() }), z.literal('')]).nullish(),
  flavor: z.union([z.object({ id: z.string() }), z.object({ original_name: z.string() })]),
  addresses: z.record(z.string(), z.array(Address)).nullish(),
  key_name: z.string().nullish(),
  description: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  security_groups: z.array(z.object({ name: z.string() })).nullish(),
  locked: z.boolean().nullish(),
  'os-extended-volumes:volumes_attached': z
    .array(z.object({ id: z.string(), delete_on_termination: z.boolean().nullish() }))
    .nullish(),
  fault: z
    .object({ code: z.number(), message: z.string().nullish(), created: z.string().nullish() })
    .nullish(),
  'OS-EXT-STS:task_state': z.string().nullish(),
  'OS-EXT-AZ:availability_zone': z.string().nullish(),
});

/** The instance that a server is. */
export function instanceFrom(server: z.infer<typeof Server>): CloudInstance {
  const task = server['OS-EXT-STS:task_state'] ?? null;
  const groups = server.security_groups?.map((group) => group.name);
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    state: stateOf(server.status, task),
    task,
    inTransition: task !== null || server.status === 'BUILD',
    imageId: server.image ? server.image.id : null,
    flavorId: 'id' in server.flavor ? server.flavor.id : server.flavor.original_name,
    created: server.created,
    updated: server.updated,
    metadata: server.metadata ?? {},
    userId: server.user_id,
    projectId: server.tenant_id,
    addresses: addressesFrom(server.addresses ?? {}),
    keypairName: server.key_name ? shownKeyPairName(server.key_name, server.tenant_id) : null,
    availabilityZone: server['OS-EXT-AZ:availability_zone'] || null,
    securityGroupNames: groups === undefined ? 'unknown' : [...new Set(groups)],
    locked: server.locked ?? false,
    volumes: (server['os-extended-volumes:volumes_attached'] ?? []).map((volume) => ({
      id: volume.id,
      device: null,
      deleteWithInstance: volume.delete_on_termination ?? false,
    })),
    fault: server.fault
      ? {
          code: server.fault.code,
          message: server.fault.message ?? '',
          created: server.fault.created ?? server.updated,
        }
      : null,
    ...labelsFrom(server),
    serverGroupId: null,
  };
}

function addressesFrom(
  networks: Readonly<Record<string, readonly z.infer<typeof Address>[]>>,
): InstanceAddress[] {
  return Object.entries(networks).flatMap(([network, addresses]) =>
    addresses.map((address) => ({
      network,
      address: address.addr,
      version: address.version,
      type: address['OS-EXT-IPS:type'] ?? 'fixed',
      macAddress: address['OS-EXT-IPS-MAC:mac_addr'] ?? null,
    })),
  );
}
