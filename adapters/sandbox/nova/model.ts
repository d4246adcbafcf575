/** @module What Nova knows: servers, flavors, key pairs, server groups, quotas, the one host. */

import type { Source } from '../cinder/model.ts';
import type { Principal } from '../keystone/model.ts';

export interface Flavor {
  id: string;
  name: string;
  ramMiB: number;
  vcpus: number;
  diskGiB: number;
}

/** An address as Nova remembers it of Neutron (its network info cache). */
export interface KnownAddress {
  network: string;
  address: string;
  type: 'fixed' | 'floating';
  mac: string;
}

export interface ServerFault {
  code: number;
  message: string;
  created: number;
}

/** An entry of os-instance-actions. */
export interface InstanceAction {
  action: string;
  requestId: string;
  userId: string;
  startedAt: number;
  updatedAt: number | null;
}

/** A requested network of a server: a network, perhaps with an address, or a port that exists. */
export type Nic = { networkId: string; address?: string } | { portId: string };

/** A volume of a server. */
export interface BlockDevice {
  id: string;
  attachmentId: string;
  /** null until the boot has made it. */
  volumeId: string | null;
  /** What the boot makes it of; null for one that exists. */
  content: (Source & { sizeGiB: number }) | null;
  device: string;
  /** 0 for the one the server boots from. */
  bootIndex: number | null;
  deleteOnTermination: boolean;
  tag: string | null;
}

export interface Server {
  id: string;
  /** Order of creation; lists are newest first. */
  serial: number;
  name: string;
  projectId: string;
  userId: string;
  /** null when it boots from a volume that no image was named for. */
  imageId: string | null;
  flavor: Flavor;
  /** The flavor to go back to while a resize waits for its confirmation. */
  oldFlavor: Flavor | null;
  /** A confirmation of the resize is under way. */
  isConfirmed: boolean;
  metadata: Record<string, string>;
  keyName: string | null;
  description: string | null;
  tags: string[];
  userData: string | null;
  configDrive: boolean;
  accessIPv4: string;
  accessIPv6: string;
  hostname: string;
  reservationId: string;
  launchIndex: number;
  groupId: string | null;
  /** As requested. */
  schedulerHints: Record<string, unknown>;
  /** The zone it was requested for, and stays in. */
  pinnedZone: string | null;
  /** Properties of the image it was built from. */
  imageProperties: Record<string, string>;
  nics: Nic[];
  devices: BlockDevice[];
  /** Names or ids requested at creation; for the ports that Nova creates. */
  securityGroupIds: string[];
  vmState: string;
  taskState: string | null;
  powerState: number;
  host: string | null;
  zone: string;
  locked: boolean;
  lockedReason: string | null;
  /** Ids of the ports that came with the request and outlive the server. */
  keptPorts: Set<string>;
  addresses: KnownAddress[];
  fault: ServerFault | null;
  /** Id of the image a shelved server comes back from. */
  shelvedImageId: string | null;
  actions: InstanceAction[];
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  launchedAt: number | null;
  deletedAt: number | null;
}

export interface KeyPair {
  serial: number;
  userId: string;
  name: string;
  publicKey: string;
  fingerprint: string;
  type: string;
  createdAt: number;
}

/** A key pair with the next number. */
export function newKeyPair(
  compute: Compute,
  given: Omit<KeyPair, 'serial' | 'createdAt'>,
  createdAt: number,
): KeyPair {
  const serial = 1 + Math.max(0, ...compute.keyPairs.map((pair) => pair.serial));
  return { serial, createdAt, ...given };
}

export interface ServerGroup {
  id: string;
  name: string;
  policy: string;
  rules: Record<string, unknown>;
  projectId: string;
  userId: string;
}

/** Limits of a project; -1: none. */
export interface ComputeQuota {
  cores: number;
  instances: number;
  key_pairs: number;
  metadata_items: number;
  ram: number;
  server_group_members: number;
  server_groups: number;
}

/** Nova's own defaults. */
export const COMPUTE_QUOTA: ComputeQuota = {
  cores: 20,
  instances: 10,
  key_pairs: 100,
  metadata_items: 128,
  ram: 51200,
  server_group_members: 10,
  server_groups: 10,
};

export interface Compute {
  flavors: Flavor[];
  /** Deleted servers stay, for changes-since. */
  servers: Map<string, Server>;
  keyPairs: KeyPair[];
  groups: Map<string, ServerGroup>;
  quotas: Map<string, Partial<ComputeQuota>>;
  host: { id: string; name: string; serviceId: string };
  serial: number;
}

function flavor(id: string, ramMiB: number, vcpus: number, diskGiB: number): Flavor {
  return { id, name: id, ramMiB, vcpus, diskGiB };
}

export function createCompute(): Compute {
  return {
    flavors: [
      flavor('m1.tiny', 512, 1, 1),
      flavor('m1.small', 2048, 1, 20),
      flavor('m1.medium', 4096, 2, 40),
      flavor('m1.large', 8192, 4, 80),
    ],
    servers: new Map(),
    keyPairs: [],
    groups: new Map(),
    quotas: new Map(),
    host: { id: crypto.randomUUID(), name: 'compute1', serviceId: crypto.randomUUID() },
    serial: 0,
  };
}

/** A requested server, before anything was done for it. */
export function newServer(
  owner: Pick<Principal, 'projectId' | 'userId'>,
  given: Pick<Server, 'name' | 'imageId' | 'flavor' | 'createdAt' | 'serial'> & Partial<Server>,
): Server {
  return {
    id: crypto.randomUUID(),
    projectId: owner.projectId,
    userId: owner.userId,
    oldFlavor: null,
    isConfirmed: false,
    metadata: {},
    keyName: null,
    description: null,
    tags: [],
    userData: null,
    configDrive: false,
    accessIPv4: '',
    accessIPv6: '',
    hostname: given.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    reservationId: `r-${crypto.randomUUID().slice(0, 8)}`,
    launchIndex: 0,
    groupId: null,
    schedulerHints: {},
    pinnedZone: null,
    imageProperties: {},
    nics: [],
    devices: [],
    securityGroupIds: [],
    vmState: 'building',
    taskState: 'scheduling',
    powerState: 0,
    host: null,
    zone: '',
    locked: false,
    lockedReason: null,
    keptPorts: new Set(),
    addresses: [],
    fault: null,
    shelvedImageId: null,
    actions: [],
    updatedAt: given.createdAt,
    launchedAt: null,
    deletedAt: null,
    ...given,
  };
}
