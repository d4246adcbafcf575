/**
 * The language in the middle: what a cloud has, in words of no dialect. Plain data, no behaviour.
 *
 * All times are ISO 8601 in UTC with a trailing `Z`, as Nova prints them.
 *
 * @module
 */

import type { InstanceState } from './states.ts';

/** A server as the cloud itself tells it, before the gateway says anything about its public access. */
export interface CloudInstance {
  readonly id: string;
  readonly name: string;
  /** Nova's status word, in capitals (`ACTIVE`, `SHUTOFF`, `BUILD`, ...). */
  readonly status: string;
  readonly state: InstanceState;
  /** A task is in flight: the status will change by itself. */
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
  /**
   * Names of the groups on its ports, each once. `unknown` while it is being built: Nova leaves them out until the
   * ports are attached.
   */
  readonly securityGroupNames: readonly string[] | 'unknown';
  readonly locked: boolean;
  readonly fault: InstanceFault | null;
}

/**
 * An instance as the gateway shows it: with the public access it really has.
 */
export interface Instance extends CloudInstance {
  /** The address from outside, null without one. */
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
  /** Glance's word: queued, saving, active, deactivated ... Only `active` boots. */
  readonly status: string;
  readonly visibility: string;
  /** Bytes; null until it is uploaded. */
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
  /** Floating IPs come from here. */
  readonly external: boolean;
  readonly shared: boolean;
  /** The operator's choice among several external networks. */
  readonly isDefault: boolean;
  readonly projectId: string;
  readonly subnetIds: readonly string[];
}

export interface AvailabilityZone {
  readonly name: string;
  readonly available: boolean;
}

export interface KeyPair {
  readonly name: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** What making a key pair answers; `privateKey` is there once, when the cloud made it. */
export interface CreatedKeyPair extends KeyPair {
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
  /** tcp, udp, icmp, a protocol number as text; null is any. */
  readonly protocol: string | null;
  /** null is any. For ICMP these are type and code. */
  readonly portMin: number | null;
  readonly portMax: number | null;
  /** null is any address, unless `remoteGroupId` is set. */
  readonly remotePrefix: string | null;
  readonly remoteGroupId: string | null;
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
  /** The port it leads to, null when it leads nowhere. */
  readonly portId: string | null;
  readonly fixedAddress: string | null;
  /** The instance behind that port; null also in the seconds before a new server takes its port. */
  readonly instanceId: string | null;
  /** The port it leads to belongs to nothing yet: a new server is about to take it. */
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
  /** The instance it belongs to. */
  readonly instanceId: string | null;
  /** It belongs to something that is no instance: a router, a load balancer. */
  readonly inOtherUse: boolean;
  readonly securityGroupIds: readonly string[];
  readonly fixedAddresses: readonly string[];
  readonly created: string;
}

/** What decides who reaches an instance, beside the instance itself. */
export interface Reach {
  readonly groups: readonly SecurityGroup[];
  /** Those of instances at least; others may be among them. */
  readonly ports: readonly Port[];
  /** An instance with an address in one of these is public without a floating IP. */
  readonly externalNetworkIds: ReadonlySet<string>;
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

/** One resource's ceiling. `limit` null is unlimited; `used` null is not told by the cloud. */
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
] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];
/** RAM is in MiB. */
export type Quotas = Readonly<Record<QuotaName, Quota>>;

/** Who the cloud takes the caller for. */
export interface Identity {
  readonly userId: string;
  readonly username: string;
  /** null when the cloud keeps none or does not tell. */
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly projectId: string;
  readonly projectName: string;
}
