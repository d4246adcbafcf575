/**
 * The driver interface. It is small on purpose: what can be composed from these calls is written once, in the use cases.
 *
 * Contract of every method, held by the conformance suite (`test/conformance`):
 *
 * - Errors are `ComputeError`s. Any call may fail with `forbidden`, `unavailable`, `timeout`, `bad_gateway`, `rate_limited` and
 *   `not_implemented`, none with `unauthenticated`. Further codes are listed at the method.
 * - A `Cloud` shows one project, to administrators too: ids of other projects are `not_found`, save for `allProjects`.
 * - Lists are complete (all pages joined) unless the method limits them. Ids are well-formed: dialects have checked them.
 *
 * @module
 */

import type { MonotonicMs } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallTrace } from './call-trace.ts';
import type { ImageCalls } from './images.ts';
import type { ActionResult, InstanceAction, InstanceOperationCalls } from './instance-operations.ts';
import type {
  AvailabilityZone,
  CloudInstance,
  CreatedKeyPair,
  Flavor,
  FloatingIp,
  Hypervisor,
  Identity,
  KeyPair,
  KeyPairType,
  Network,
  Port,
  Quotas,
  Reach,
  ServerGroup,
  ServerGroupPolicy,
} from './model.ts';
import type { NetworkCalls } from './networks.ts';
import type { Region, ServedRegions } from './regions.ts';
import type { SecurityGroupCalls } from './security-groups.ts';
import type { BootVolume, VolumeCalls } from './volumes.ts';

export type { ActionResult, InstanceAction };

/** Never logged, never part of a cache key. */
export type CloudCredential =
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
  /** The gateway's own service account, scoped to one customer's project. */
  | { readonly kind: 'service'; readonly projectId: string }
  /** The customer's own key at a redu cloud. */
  | { readonly kind: 'redu_key'; readonly key: string };

/** What the upstream calls of one request share. */
export interface CallContext {
  /** A region that `CloudDriver.regions` serves. */
  readonly region: string;
  /** A call still running then ends with `timeout`. A client that disconnects ends none: a write is finished or undone. */
  readonly deadline: MonotonicMs;
  readonly log: Logger;
  /** Sent as `X-OpenStack-Request-ID` (`req-<uuid>`). */
  readonly requestId: string;
  /** The key of the fair share of concurrent calls: a project, or a client address before sign-in. Absent: the gateway's own. */
  readonly tenant?: string | undefined;
  /** Reads may return data of the inventory, for requests that only read. Absent: something is decided by the result. */
  readonly allowStale?: boolean;
  readonly trace: CallTrace;
}

/** A missing capability is `not_implemented`, before any call. */
export interface CloudCapabilities {
  readonly floatingIps: boolean;
  /** Ports and rules too. */
  readonly securityGroups: boolean;
  readonly keyPairs: boolean;
  /** The cloud itself applies the flags `isPublic` and `enableSSH`, resolves names and picks a network. */
  readonly nativeAccessFlags: boolean;
}

/** One per process. */
export interface CloudDriver {
  readonly capabilities: CloudCapabilities;
  readonly regions: ServedRegions;
  /** Those of the caller's catalog that are served, the default one first. No I/O while the credential's token is cached. */
  listRegions(credential: CloudCredential, call: CallContext): Promise<readonly Region[]>;
  /** Performs no I/O. */
  open(credential: CloudCredential, call: CallContext): Cloud;
  /** `open(...).caller()`, for authorizing a cached response. */
  caller(credential: CloudCredential, call: CallContext): Promise<SignedInCaller>;
  /** The caller if it is known without I/O, else null. */
  peekCaller?(credential: CloudCredential, region: string): SignedInCaller | null;
  /** The services that were called so far. Absent: unknown. */
  endpoints?(): readonly ServiceEndpoints[];
  /** The call's region. Rejects with `unavailable` or `timeout`. */
  ping(call: CallContext): Promise<void>;
  close(): Promise<void>;
}

/** The endpoints of a service in a region together; of identity, which all share, the region is empty. */
export interface ServiceEndpoints {
  readonly region: string;
  readonly service: string;
  /** Whether the circuit of one of them is open. */
  readonly isOpen: boolean;
  readonly inFlight: number;
}

export interface Caller {
  readonly userId: string;
  readonly projectId: string;
}

/** A caller whose credential the cloud has accepted. */
export interface SignedInCaller extends Caller {
  /** As `CallContext.region`. */
  readonly region: string;
  /** Names. */
  readonly roles: readonly string[];
  /** The credential's access rules, serialized; absent: the roles alone decide. */
  readonly accessRules?: string;
}

export interface InstanceFilter {
  /** Any of these `INSTANCE_STATUSES`. */
  readonly statuses?: readonly string[];
  /** A regular expression as the cloud's database understands it, unanchored. */
  readonly name?: string;
  readonly flavorId?: string;
  readonly imageId?: string;
  /** All of these. */
  readonly tags?: readonly string[];
  /** With a port on this network. */
  readonly networkId?: string;
  readonly keypairName?: string;
  /** Only with `allProjects`. */
  readonly projectId?: string;
  /** Of every project; administrators only (`forbidden`). */
  readonly allProjects?: boolean;
  /** Those with `updated` at or after this time (ISO 8601, UTC), recently deleted ones included. */
  readonly changedSince?: string;
}

/** At most `limit` instances after `marker`. */
export interface InstanceWindow {
  readonly limit?: number;
  readonly marker?: string;
}

export interface InstancePage {
  readonly instances: readonly CloudInstance[];
  /** Exact: false after a full last page. */
  readonly more: boolean;
}

export type NetworkAttachment =
  | { readonly kind: 'network'; readonly networkId: string }
  | { readonly kind: 'port'; readonly portId: string };

/** `address`: a free one of the network, else any; null for a port. */
export interface NewAttachment {
  readonly attachment: NetworkAttachment;
  readonly address: string | null;
}

export interface AttachedNetwork {
  readonly portId: string;
  readonly networkId: string;
  readonly addresses: readonly string[];
}
/** `auto`: the cloud chooses or makes one; `none`: no network. */
export type RequestedNetworks = readonly NetworkAttachment[] | 'auto' | 'none';

export interface NewInstance {
  readonly name: string;
  readonly flavorId: string;
  /** null with an existing boot volume. */
  readonly imageId: string | null;
  /** null: the root disk is the flavor's. */
  readonly bootVolume: BootVolume | null;
  readonly networks: RequestedNetworks;
  /** For the ports that the cloud creates; a given port retains its own. Empty: the project's `default`. */
  readonly securityGroupIds: readonly string[];
  readonly keypairName: string | null;
  /** Base64. */
  readonly userData: string | null;
  readonly availabilityZone: string | null;
  readonly serverGroupId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** An `instanceMark` for `findInstance`; null: none. */
  readonly mark: string | null;
  /** The driver may drop the mark where the cloud has no room for it. */
  readonly isMarkOptional?: boolean;
}

/** Absent: unchanged. */
export type InstanceAttributes = Partial<Pick<CloudInstance, 'name' | 'description'>>;

export interface PortFilter {
  readonly instanceId?: string;
  /** At most 100. */
  readonly instanceIds?: readonly string[];
  /** At most 100. */
  readonly ids?: readonly string[];
  readonly description?: string;
  readonly networkId?: string;
  readonly allProjects?: boolean;
}

export type ReachFilter = Pick<PortFilter, 'instanceId' | 'allProjects'>;

export interface NewPort {
  readonly networkId: string;
  readonly name: string;
  readonly description: string;
  /** Empty: the project's `default`. */
  readonly securityGroupIds: readonly string[];
}

/** Absent: unchanged. `portId` null disassociates. */
export interface FloatingIpChange {
  readonly portId?: string | null;
  readonly description?: string;
}

/** A cloud as one caller sees it during one request. */
export interface Cloud
  extends NetworkCalls,
    ImageCalls,
    SecurityGroupCalls,
    VolumeCalls,
    InstanceOperationCalls {
  readonly capabilities: CloudCapabilities;
  readonly log: Logger;
  /** The same cloud with a deadline of its own, for cleaning up after the request's. */
  detached(timeoutMs: number): Cloud;
  /**
   * The same cloud, with instances of every project for reads, actions and operations by id, where the cloud takes the caller for
   * an administrator. Changes, deletion and all else stay within the project.
   */
  acrossProjects(): Cloud;
  /** Costs nothing beyond the sign-in. */
  caller(): Promise<SignedInCaller>;
  /** Another region that has its ports in this one's network service; null: none. Costs nothing beyond the sign-in. */
  regionSharingNetworks(): Promise<string | null>;
  identity(): Promise<Identity>;

  /** Newest first. `invalid`: a marker that does not exist, a name that is no regular expression. */
  listInstances(filter: InstanceFilter, window: InstanceWindow): Promise<InstancePage>;
  /** `not_found`. */
  getInstance(id: string): Promise<CloudInstance>;
  /** The newest instance with exactly this mark, or null. Never stale. */
  findInstance(mark: string): Promise<CloudInstance | null>;
  /**
   * Resolves with the id once the cloud has accepted; the boot may still fail (status ERROR with a fault).
   * `invalid`: a reference does not exist; `quota_exceeded`; `conflict`: a port is in use; `not_implemented`: an old cloud has
   * no description, tags or room for the mark.
   */
  createInstance(instance: NewInstance): Promise<string>;
  /** Resolves with what it changed; null when the cloud does not report it. `not_found`, `invalid`. */
  changeInstance(id: string, change: InstanceAttributes): Promise<Partial<CloudInstance> | null>;
  /** Replaces all tags and resolves with them. `not_found`, `invalid`, `conflict` (state). */
  setInstanceTags(id: string, tags: readonly string[]): Promise<readonly string[]>;
  /** `not_found`, `invalid`, `conflict` (locked), `quota_exceeded`. */
  mergeMetadata(id: string, items: Readonly<Record<string, string>>): Promise<void>;
  /** A missing item is no error. `not_found` for the instance. */
  deleteMetadata(id: string, key: string): Promise<void>;
  /** Resolves once the cloud has accepted. `not_found`, `conflict` (locked). Idempotent while deleting. */
  deleteInstance(id: string): Promise<void>;
  /** Resolves once the cloud has accepted. `not_found`, `conflict` (state), `invalid`, `quota_exceeded`. */
  act(id: string, action: InstanceAction): Promise<ActionResult>;
  /** `not_found`, `invalid`, `conflict` (state, in use, locked), `quota_exceeded`. */
  attachNetwork(id: string, wanted: NewAttachment): Promise<AttachedNetwork>;
  /** Resolves once the cloud has accepted. `not_found` (instance, port), `conflict` (state, locked). */
  detachNetwork(id: string, portId: string): Promise<void>;
  /** Resolves with the future image's id. `not_found`, `conflict` (state), `quota_exceeded`. */
  snapshot(id: string, name: string, metadata: Readonly<Record<string, string>>): Promise<string>;

  listFlavors(): Promise<readonly Flavor[]>;
  /** Also one that is no longer listed. `not_found`. */
  getFlavor(id: string): Promise<Flavor>;
  listAvailabilityZones(): Promise<readonly AvailabilityZone[]>;
  /** The project's own, shared ones, and external ones that have floating IPs for it. */
  listNetworks(): Promise<readonly Network[]>;
  listExternalNetworkIds(): Promise<ReadonlySet<string>>;
  /** Empty with `nativeAccessFlags`. */
  listReach(of: ReachFilter): Promise<Reach>;

  listKeyPairs(): Promise<readonly KeyPair[]>;
  /** `not_found`. */
  getKeyPair(name: string): Promise<KeyPair>;
  /**
   * Without `publicKey` the cloud generates the pair. `invalid`, `conflict` (name taken), `quota_exceeded`, `not_implemented`
   * (x509).
   */
  createKeyPair(name: string, publicKey: string | null, type: KeyPairType): Promise<CreatedKeyPair>;
  /** `not_found`. */
  deleteKeyPair(name: string): Promise<void>;

  listServerGroups(): Promise<readonly ServerGroup[]>;
  /** `not_found`. */
  getServerGroup(id: string): Promise<ServerGroup>;
  /** `invalid`, `quota_exceeded`. */
  createServerGroup(name: string, policy: ServerGroupPolicy): Promise<ServerGroup>;
  /** `not_found`. */
  deleteServerGroup(id: string): Promise<void>;

  listPorts(filter: PortFilter): Promise<readonly Port[]>;
  /** `invalid` (no such network, or none of the caller's), `quota_exceeded`, `conflict` (no address left). */
  createPort(port: NewPort): Promise<Port>;
  /** false: the port has the group already. `not_found`. Safe against concurrent changes of the port. */
  addPortSecurityGroup(portId: string, groupId: string): Promise<boolean>;
  /** false: the port does not have the group. `not_found`. */
  removePortSecurityGroup(portId: string, groupId: string): Promise<boolean>;
  /** A missing port is no error. `conflict`: a server or another device has it, even one that is being deleted. */
  deletePort(id: string): Promise<void>;

  listFloatingIps(filter?: { readonly allProjects?: boolean }): Promise<readonly FloatingIp[]>;
  /** `not_found`. */
  getFloatingIp(id: string): Promise<FloatingIp>;
  /**
   * `conflict`: no route between network and port, or the port has a floating IP; `quota_exceeded`; `invalid`.
   *
   * @param portId null: not associated.
   */
  createFloatingIp(
    externalNetworkId: string,
    portId: string | null,
    description: string,
  ): Promise<FloatingIp>;
  /** `not_found`; for a port, errors as `createFloatingIp`. */
  updateFloatingIp(id: string, change: FloatingIpChange): Promise<FloatingIp>;
  /** A missing one is no error. */
  deleteFloatingIp(id: string): Promise<void>;

  /** Administrators only (`forbidden`). */
  listHypervisors(): Promise<readonly Hypervisor[]>;
  quotas(): Promise<Quotas>;
}
