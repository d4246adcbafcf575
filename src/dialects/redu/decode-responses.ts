/**
 * Decodes responses of a redu cloud into the model: the inverses of this dialect's encoders. What the dialect does not report is noted
 * at each.
 *
 * @module
 */

import * as z from 'zod';
import type { HistoryEntry } from '../../compute/instance-operations.ts';
import type {
  CloudInstance,
  CreatedKeyPair,
  Flavor,
  FloatingIp,
  Hypervisor,
  Image,
  Network,
  Port,
  Quotas,
  SecurityGroup,
  SecurityGroupRule,
  ServerGroup,
} from '../../compute/model.ts';
import type { NetworkDetail } from '../../compute/networks.ts';
import { isTransitional, stateFrom } from '../../compute/states.ts';
import type { Volume, VolumeSnapshot } from '../../compute/volumes.ts';
import { isIcmp } from '../../http/protocols.ts';
import type { flavorSchema } from './flavors.ts';
import { floatingIpSchema } from './floating-ips.ts';
import type { hypervisorSchema } from './hypervisors.ts';
import { imageSchema } from './images.ts';
import type { attachedNetworkSchema } from './instance-networks.ts';
import type { historyEntrySchema } from './instance-operations.ts';
import type { InstanceBody, InstanceDetailBody } from './instance-schemas.ts';
import { createdKeypairSchema } from './keypairs.ts';
import type { networkDetailSchema, networkSchema } from './networks.ts';
import type { quotasSchema } from './quotas.ts';
import { ruleSchema, securityGroupSchema } from './security-group-schemas.ts';
import type { serverGroupSchema } from './server-groups.ts';
import type { volumeSnapshotSchema } from './volume-snapshots.ts';
import type { volumeSchema } from './volumes.ts';

type Extra = Exclude<keyof InstanceDetailBody, keyof InstanceBody>;

/**
 * An instance of a list, or in detail. A list has no more than the first eleven fields: the public address is in the metadata, a
 * task in flight is read from the state.
 */
export function decodeInstance(
  body: InstanceBody & { [F in Extra]?: InstanceDetailBody[F] | undefined },
): CloudInstance {
  const state = stateFrom(body.state, body.status);
  return {
    id: body.id,
    name: body.name,
    status: body.status,
    state,
    task: body.task ?? null,
    inTransition: body.task != null || isTransitional(state),
    imageId: body.image_id,
    flavorId: body.flavor_id,
    created: body.created,
    updated: body.updated,
    metadata: body.metadata,
    userId: body.user_id,
    projectId: body.project_id,
    addresses: (body.addresses ?? []).map(({ mac_address, ...address }) => ({
      ...address,
      macAddress: mac_address,
    })),
    keypairName: body.keypair_name ?? null,
    availabilityZone: body.availability_zone ?? null,
    securityGroupNames: body.security_group_names ?? 'unknown',
    locked: body.locked ?? false,
    volumes: (body.volumes ?? []).map(({ id, device, delete_with_instance }) => ({
      id,
      device,
      deleteWithInstance: delete_with_instance,
    })),
    fault: body.fault ?? null,
    description: body.description ?? null,
    tags: body.tags ?? [],
    serverGroupId: body.server_group_id ?? null,
  };
}

export function decodeFlavor(body: z.infer<typeof flavorSchema>): Flavor {
  const { id, name, vcpus, ram_mb, disk_gb, is_public } = body;
  return { id, name, vcpus, ram: ram_mb, disk: disk_gb, isPublic: is_public };
}

/** What older redu clouds leave out. */
export const foreignImageSchema = imageSchema.partial({
  project_id: true,
  disk_format: true,
  container_format: true,
  tags: true,
});

export function decodeImage(body: z.infer<typeof foreignImageSchema>): Image {
  const { size_bytes, min_disk_gb, min_ram_mb, project_id, disk_format, container_format, ...image } = body;
  return {
    ...image,
    projectId: project_id ?? null,
    diskFormat: disk_format ?? null,
    containerFormat: container_format ?? null,
    tags: image.tags ?? [],
    size: size_bytes,
    minDisk: min_disk_gb,
    minRam: min_ram_mb,
  };
}

/** The default of several external networks is not reported. */
export function decodeNetwork(body: z.infer<typeof networkSchema>): Network {
  const { subnet_ids, project_id, ...network } = body;
  return {
    ...network,
    subnetIds: subnet_ids,
    projectId: project_id,
    isDefault: false,
    description: '',
    created: '',
  };
}

/** Routers are not reported: a routed network has an interface of an unknown one. */
export function decodeNetworkDetail({
  subnets,
  routed,
  ...network
}: z.infer<typeof networkDetailSchema>): NetworkDetail {
  const interfaces = routed ? subnets.map(({ id }) => ({ routerId: '', subnetId: id })) : [];
  return { ...decodeNetwork(network), subnets, interfaces };
}

/** Older redu clouds have SSH keys alone. */
export const foreignKeyPairSchema = createdKeypairSchema.partial({ type: true });

export function decodeKeyPair(body: z.infer<typeof foreignKeyPairSchema>): CreatedKeyPair {
  const { name, type = 'ssh', public_key, fingerprint, private_key = null } = body;
  return { name, type, publicKey: public_key, fingerprint, privateKey: private_key };
}

/** Owner, creation time, shared and stateful are not reported: it is taken for the caller's own. */
export function decodeSecurityGroup(
  body: z.infer<typeof foreignSecurityGroupSchema>,
  projectId: string,
): SecurityGroup {
  const { id, name, description, rules } = body;
  return {
    id,
    name,
    description,
    projectId,
    stateful: true,
    shared: false,
    created: '',
    rules: rules.map((rule) => decodeRule(rule, id)),
  };
}

/** What older redu clouds leave out. */
export const foreignRuleSchema = ruleSchema.partial({ ethertype: true, description: true });
export const foreignSecurityGroupSchema = securityGroupSchema.extend({ rules: z.array(foreignRuleSchema) });

/** Without `ethertype` the address family follows the network. */
export function decodeRule(
  body: z.infer<typeof foreignRuleSchema>,
  securityGroupId: string,
): SecurityGroupRule {
  const { id, direction, protocol, port, cidr } = body;
  const isTypeOnly = protocol !== null && isIcmp(protocol);
  const [min, max = isTypeOnly ? null : min] = port === null ? [] : String(port).split('-').map(Number);
  return {
    id,
    securityGroupId,
    direction,
    ethertype: body.ethertype ?? (cidr?.includes(':') ? 'IPv6' : 'IPv4'),
    protocol,
    portMin: min ?? null,
    portMax: max ?? null,
    remotePrefix: cidr,
    remoteGroupId: body.source_group_id ?? null,
    ...(body.source_address_group_id && { remoteAddressGroupId: body.source_address_group_id }),
    description: body.description ?? '',
  };
}

export function decodeHistoryEntry(body: z.infer<typeof historyEntrySchema>): HistoryEntry {
  const { started_at, user_id, ...entry } = body;
  return { ...entry, startedAt: started_at, userId: user_id };
}

export function decodeServerGroup(body: z.infer<typeof serverGroupSchema>): ServerGroup {
  return { id: body.id, name: body.name, policy: body.policy, memberIds: body.member_ids };
}

/** What older redu clouds leave out. */
export const foreignFloatingIpSchema = floatingIpSchema.partial({ description: true });

export function decodeFloatingIp(body: z.infer<typeof foreignFloatingIpSchema>): FloatingIp {
  const { id, address, status, instance_id, port_id, fixed_address, network_id, created } = body;
  return {
    id,
    address,
    status,
    description: body.description ?? '',
    externalNetworkId: network_id,
    portId: port_id,
    fixedAddress: fixed_address,
    instanceId: instance_id,
    portIsFree: port_id !== null && instance_id === null,
    // Not reported: all of them are the caller's.
    projectId: '',
    created,
  };
}

/** Only an instance's are reported, and of them what is set here. */
export function decodePort(
  body: z.infer<typeof attachedNetworkSchema>,
  instanceId: string,
  projectId: string,
): Port {
  return {
    id: body.port_id,
    name: '',
    projectId,
    networkId: body.network_id,
    description: '',
    instanceId,
    inOtherUse: false,
    isOfNetwork: false,
    securityGroupIds: [],
    fixedAddresses: body.addresses,
    created: '',
  };
}

export function decodeVolume(body: z.infer<typeof volumeSchema>): Volume {
  const { size_gb, volume_type, bootable, availability_zone, snapshot_id, image_id, ...same } = body;
  return {
    ...same,
    sizeGb: size_gb,
    volumeType: volume_type,
    isBootable: bootable,
    availabilityZone: availability_zone,
    snapshotId: snapshot_id,
    imageId: image_id,
    attachments: body.attachments.map(({ instance_id, device }) => ({ instanceId: instance_id, device })),
  };
}

export function decodeVolumeSnapshot(body: z.infer<typeof volumeSnapshotSchema>): VolumeSnapshot {
  const { volume_id, size_gb, ...same } = body;
  return { ...same, volumeId: volume_id, sizeGb: size_gb };
}

export function decodeHypervisor(body: z.infer<typeof hypervisorSchema>): Hypervisor {
  const { vcpus_used, memory_mb, memory_mb_used, running_instances, ...hypervisor } = body;
  return {
    ...hypervisor,
    vcpusUsed: vcpus_used,
    memory: memory_mb,
    memoryUsed: memory_mb_used,
    runningInstances: running_instances,
  };
}

export function decodeQuotas(body: z.infer<typeof quotasSchema>): Quotas {
  const { ram_mb, key_pairs, server_groups, floating_ips, security_groups, ...same } = body;
  return {
    ...same,
    ram: ram_mb,
    keyPairs: key_pairs,
    serverGroups: server_groups,
    floatingIps: floating_ips,
    securityGroups: security_groups,
  };
}
