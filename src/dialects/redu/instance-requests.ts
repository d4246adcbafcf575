import type { RequestedNetworks } from '../../compute/cloud.ts';
import type { CreateInstance, InstanceChange } from '../../compute/requests.ts';
import type { BootVolume } from '../../compute/volumes.ts';
import type { InstanceChangeBody, NewInstanceBody } from './instance-schemas.ts';
import { splitMetadata } from './metadata.ts';

/** The request of a validated body of `POST /v1/instances`. */
export function toCreateInstance(body: NewInstanceBody): CreateInstance {
  const { items, flags } = splitMetadata<string>(body.metadata ?? {});
  return {
    name: body.name,
    flavor: body.flavor_id,
    image: body.image_id ?? null,
    bootVolume: toBootVolume(body),
    networks: toAttachments(body),
    securityGroupNames: body.security_group_names ?? [],
    keypairName: body.keypair_name ?? null,
    userData: body.user_data || null,
    availabilityZone: body.availability_zone ?? null,
    serverGroupId: body.server_group_id ?? null,
    description: body.description || null,
    tags: body.tags ?? [],
    metadata: items,
    isPublic: flags.isPublic ?? false,
    enableSsh: flags.enableSsh ?? false,
  };
}

/** The change of a validated body of `PATCH /v1/instances/{id}`. */
export function toInstanceChange({ name, description, metadata }: InstanceChangeBody): InstanceChange {
  const attributes = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description || null }),
  };
  if (metadata === undefined) return attributes;
  const { items, flags } = splitMetadata<string | null>(metadata);
  return { ...attributes, metadata: items, ...flags };
}

function toBootVolume({ boot_volume, volume_id, delete_with_instance }: NewInstanceBody): BootVolume | null {
  if (volume_id)
    return { kind: 'existing', volumeId: volume_id, deleteWithInstance: delete_with_instance ?? false };
  if (!boot_volume) return null;
  return {
    kind: 'new',
    sizeGb: boot_volume.size_gb,
    volumeType: boot_volume.volume_type ?? null,
    deleteWithInstance: boot_volume.delete_with_instance,
  };
}

function toAttachments({ network_id, networks }: NewInstanceBody): RequestedNetworks {
  if (network_id) return [{ kind: 'network', networkId: network_id }];
  if (typeof networks === 'string') return networks;
  return (networks ?? []).map((attachment) => {
    if (typeof attachment === 'string') return { kind: 'network', networkId: attachment };
    if ('port' in attachment) return { kind: 'port', portId: attachment.port };
    return { kind: 'network', networkId: attachment.uuid };
  });
}
