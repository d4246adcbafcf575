/**
 * The neutral model. Plain data; times are ISO 8601 in UTC with a trailing `Z`, as Nova prints them.
 *
 * @module
 */

import type { InstanceState } from './states.ts';

/** A server as the cloud returns it. */
export interface CloudInstance {
  readonly id: string;
  readonly name: string;
  /** Nova's status, in capitals. */
  readonly status: string;
  readonly state: InstanceState;
  /** Nova's task in flight; null also where it is not reported. */
  readonly task: string | null;
  /** A task is in flight. */
  readonly inTransition: boolean;
  /** null when booted from a volume. */
  readonly imageId: string | null;
  readonly flavorId: string;
  readonly created: string;
  readonly updated: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly userId: string;
  readonly projectId: string;
  readonly addresses: readonly InstanceAddress[];
  readonly keypairName: string | null;
  readonly availabilityZone: string | null;
  /** Of its ports, each once. `unknown` while it is being built: Nova omits them until the ports are attached. */
  readonly securityGroupNames: readonly string[] | 'unknown';
  readonly locked: boolean;
  /** Attached ones; empty where a list does not report them. `Cloud.listInstanceVolumes` has the devices and the latest changes. */
  readonly volumes: readonly InstanceVolume[];
  readonly fault: InstanceFault | null;
  /** The customer's own. */
  readonly description: string | null;
  /** Sorted. */
  readonly tags: readonly string[];
  /** null also where only `Reach` has it. */
  readonly serverGroupId: string | null;
}

/** An instance with its actual public access. */
export interface Instance extends CloudInstance {
  readonly publicAddress: string | null;
  /** TCP port 22 is open to some network. */
  readonly sshEnabled: boolean;
}

export interface InstanceAddress {
  readonly network: string;
  readonly address: string;
  readonly version: 4 | 6;
  readonly type: 'fixed' | 'floating';
  readonly macAddress: string | null;
}

/** A volume as its instance has it. */
export interface InstanceVolume {
  readonly id: string;
  /** null: not reported, or not attached yet. */
  readonly device: string | null;
  readonly deleteWithInstance: boolean;
}

export interface InstanceFault {
  readonly code: number;
  readonly message: string;
  readonly created: string;
}

export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB. */
  readonly ram: number;
  /** GiB of the root disk. */
  readonly disk: number;
  readonly isPublic: boolean;
}

export interface Image {
  readonly id: string;
  readonly name: string;
  /** Glance's status. Only `active` boots. */
  readonly status: string;
  readonly visibility: string;
  /** The owner; null: not reported. */
  readonly projectId: string | null;
  /** null until it is set, or not reported. */
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  readonly tags: readonly string[];
  /** Bytes; null until the upload. */
  readonly size: number | null;
  /** GiB. */
  readonly minDisk: number;
  /** MiB. */
  readonly minRam: number;
  readonly created: string;
  readonly updated: string;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** Has floating IPs. */
  readonly external: boolean;
  readonly shared: boolean;
  /** The operator's default among external networks. */
  readonly isDefault: boolean;
  readonly projectId: string;
  readonly subnetIds: readonly string[];
  readonly description: string;
  /** Empty where the cloud does not report it. */
  readonly created: string;
}

export interface AvailabilityZone {
  readonly name: string;
  readonly available: boolean;
}

export const KEY_PAIR_TYPES = ['ssh', 'x509'] as const;
export type KeyPairType = (typeof KEY_PAIR_TYPES)[number];

export interface KeyPair {
  readonly name: string;
  readonly type: KeyPairType;
  readonly publicKey: string;
  readonly fingerprint: string;
}

export interface CreatedKeyPair extends KeyPair {
  /** Shown once; null for a given public key. Of an x509 pair: PKCS#12 in base64. */
  readonly privateKey: string | null;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly projectId: string;
  readonly stateful: boolean;
  readonly shared: boolean;
  readonly created: string;
  readonly rules: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly securityGroupId: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  /** Name or number; null is any. */
  readonly protocol: string | null;
  /** null is any. For ICMP these are type and code. */
  readonly portMin: number | null;
  readonly portMax: number | null;
  /** null is any address, unless one of the next two is set. */
  readonly remotePrefix: string | null;
  readonly remoteGroupId: string | null;
  /** Of a list of networks. */
  readonly remoteAddressGroupId?: string;
  readonly description: string;
}

export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: ServerGroupPolicy;
  readonly memberIds: readonly string[];
}

export const SERVER_GROUP_POLICIES = [
  'affinity',
  'anti-affinity',
  'soft-affinity',
  'soft-anti-affinity',
] as const;
export type ServerGroupPolicy = (typeof SERVER_GROUP_POLICIES)[number];

export interface FloatingIp {
  readonly id: string;
  readonly address: string;
  readonly status: string;
  readonly description: string;
  readonly externalNetworkId: string;
  /** null: not associated. */
  readonly portId: string | null;
  readonly fixedAddress: string | null;
  /** Of that port; null also in the seconds before a new server takes its port. */
  readonly instanceId: string | null;
  /** The port has no device yet: a new server is about to take it. */
  readonly portIsFree: boolean;
  readonly projectId: string;
  readonly created: string;
}

export interface Port {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly networkId: string;
  readonly description: string;
  readonly instanceId: string | null;
  /** Its device is not an instance but a router, a load balancer. */
  readonly inOtherUse: boolean;
  /** Its device is a part of the network itself: DHCP, a router. */
  readonly isOfNetwork: boolean;
  readonly securityGroupIds: readonly string[];
  /** Present and false: it takes no security groups. */
  readonly portSecurity?: false;
  readonly fixedAddresses: readonly string[];
  readonly created: string;
}

/** What decides from where instances are reachable, and which server groups they are in. */
export interface Reach {
  readonly groups: readonly SecurityGroup[];
  /** At least those of instances. */
  readonly ports: readonly Port[];
  /** An instance on one of these is public without a floating IP. */
  readonly externalNetworkIds: ReadonlySet<string>;
  /** Of the caller's project. */
  readonly serverGroups?: readonly ServerGroup[];
}

export interface Hypervisor {
  readonly id: string;
  readonly hostname: string;
  readonly type: string;
  readonly state: string;
  readonly status: string;
  readonly vcpus: number | null;
  readonly vcpusUsed: number | null;
  /** MiB. */
  readonly memory: number | null;
  readonly memoryUsed: number | null;
  readonly runningInstances: number | null;
}

/** `limit` null: unlimited; `used` null: not reported. */
export interface Quota {
  readonly limit: number | null;
  readonly used: number | null;
}

export const QUOTA_NAMES = [
  'instances',
  'cores',
  'ram',
  'keyPairs',
  'serverGroups',
  'floatingIps',
  'securityGroups',
  'networks',
  'ports',
  'volumes',
  'gigabytes',
  'snapshots',
] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];
/** RAM is in MiB. Gigabytes (GiB) and snapshots are those of volumes. */
export type Quotas = Readonly<Record<QuotaName, Quota>>;

export interface Identity {
  readonly userId: string;
  readonly username: string;
  /** null: not reported. */
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly projectId: string;
  readonly projectName: string;
}
