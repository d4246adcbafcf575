/**
 * The driver interface: what the gateway asks of a cloud. Small on purpose; everything that can be composed from these
 * calls (public access, name look-ups, paging of short lists) is written once, above it.
 *
 * Contract for every method, kept by the conformance suite (`test/conformance`):
 *
 * - Errors are `ComputeError`s of the closed set, never a driver's own.
 * - Any call may fail with `unauthenticated` never, `forbidden` (the credential lost its rights, or the cloud's policy
 *   says no), `unavailable` (not reachable, or it refuses the gateway's own account), `timeout` (the deadline of the
 *   call context passed), `bad_gateway` (an answer that makes no sense), `rate_limited` (the cloud's own limit) and
 *   `not_implemented` (see `CloudCapabilities`). Further codes are named at the method.
 * - A `Cloud` sees one project, also when its credential is an administrator's: ids of other projects are `not_found`, as if
 *   they did not exist. A list with `allProjects` is the exception.
 * - Lists are complete (all pages joined) unless the method says otherwise.
 * - Ids reach a driver only after the dialect has checked their shape.
 *
 * @module
 */

import type { MonotonicMs } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallTrace } from './call-trace.ts';
import type {
  AvailabilityZone,
  CloudInstance,
  CreatedKeyPair,
  Flavor,
  FloatingIp,
  Hypervisor,
  Identity,
  Image,
  KeyPair,
  Network,
  Port,
  Quotas,
  Reach,
  SecurityGroup,
  SecurityGroupRule,
  ServerGroup,
  ServerGroupPolicy,
} from './model.ts';

/** What a caller signs in to the cloud with. Never logged, never part of a cache key. */
export type CloudCredential =
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
  /** The gateway's own service account, scoped to one customer's project. */
  | { readonly kind: 'service'; readonly projectId: string }
  /** The customer's own key at a cloud that speaks redu. */
  | { readonly kind: 'redu_key'; readonly key: string };

/** What one request allows its calls to the cloud. */
export interface CallContext {
  /**
   * Epoch milliseconds by which every call must be over; a call still running then ends with `timeout`. The client's
   * going away does not count: a write that has begun is finished or undone.
   */
  readonly deadline: MonotonicMs;
  readonly log: Logger;
  /** Sent along as the correlation id of OpenStack (`X-OpenStack-Request-ID`, `req-<uuid>`). */
  readonly requestId: string;
  /**
   * Whose share of the calls to the cloud it takes: the project's, or the address's of who has not signed in. Absent: the
   * gateway's own.
   */
  readonly tenant?: string | undefined;
  /**
   * What is told may be as old as the operator allows, as to a request that only reads. Absent: it must be the truth, since
   * something is decided by it.
   */
  readonly allowStale?: boolean;
  /** Where is noted what the answer is told from, and what the request changes. */
  readonly trace: CallTrace;
}

/** What a kind of cloud can do at all. A missing capability is `not_implemented`, said before anything is tried. */
export interface CloudCapabilities {
  /** Public addresses can be given to a single instance. */
  readonly floatingIps: boolean;
  /** Ports, groups and rules can be changed. */
  readonly securityGroups: boolean;
  /** The caller has key pairs of its own. */
  readonly keyPairs: boolean;
  /**
   * The cloud itself knows the flags `isPublic` and `enableSSH` of an instance's metadata and sets up what they ask for; it
   * also takes names of flavors and images, and chooses a network. Then nothing of it is done here.
   */
  readonly nativeAccessFlags: boolean;
}

/** A kind of cloud at an address; opened per request for the credential at hand. */
export interface CloudDriver {
  readonly capabilities: CloudCapabilities;
  /** Cheap: no I/O happens before the first call on the result. */
  open(credential: CloudCredential, call: CallContext): Cloud;
  /** `open(...).caller()` without the rest of it, for who has an answer already and must know whether it may be told. */
  caller(credential: CloudCredential, call: CallContext): Promise<SignedInCaller>;
  /** Whom `caller` would tell at once, without asking anybody or seeing to anything; null when it would not, or cannot know. */
  peekCaller?(credential: CloudCredential): SignedInCaller | null;
  /** Whether the cloud answers at all. Rejects with `unavailable` or `timeout`. */
  ping(call: CallContext): Promise<void>;
  /** Lets go of connections. */
  close(): Promise<void>;
}

export interface Caller {
  readonly userId: string;
  readonly projectId: string;
}

/** A caller whom the cloud has let in. */
export interface SignedInCaller extends Caller {
  /** Names; with the project they decide what the cloud shows. */
  readonly roles: readonly string[];
  /** The access rules of the credential, as one text; absent where it has none and opens whatever the roles do. */
  readonly accessRules?: string;
}

/** Everything a list of instances can be narrowed by. Absent means: not narrowed. */
export interface InstanceFilter {
  /** Any of these; words of `INSTANCE_STATUSES`. */
  readonly statuses?: readonly string[];
  /** A regular expression as the cloud's database understands it, unanchored. */
  readonly name?: string;
  readonly flavorId?: string;
  readonly imageId?: string;
  /** Instances of every project; the cloud allows that to administrators only (`forbidden`). */
  readonly allProjects?: boolean;
  /**
   * Only those whose `updated` is not before this time (ISO 8601, UTC). Then deleted ones are told too, with status `DELETED`
   * or `SOFT_DELETED`, as long as the cloud remembers them. What does not touch `updated` is not told.
   */
  readonly changedSince?: string;
}

/** A part of a list: at most `limit` after the instance `marker`. */
export interface InstanceWindow {
  readonly limit?: number;
  readonly marker?: string;
}

export interface InstancePage {
  readonly instances: readonly CloudInstance[];
  /** More follow after the last one. Exact: a full last page says false. */
  readonly more: boolean;
}

export type NetworkAttachment =
  | { readonly kind: 'network'; readonly networkId: string }
  | { readonly kind: 'port'; readonly portId: string };

export interface NewInstance {
  readonly name: string;
  readonly flavorId: string;
  readonly imageId: string;
  readonly networks: readonly NetworkAttachment[];
  /** Groups for the ports the cloud makes; a given port keeps its own. Empty: the project's `default`. */
  readonly securityGroupIds: readonly string[];
  readonly keypairName: string | null;
  /** Base64. */
  readonly userData: string | null;
  readonly availabilityZone: string | null;
  /** Placed by this group's policy. */
  readonly serverGroupId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** To find it again by, see `findInstance`; null: none. */
  readonly description: string | null;
  /** A cloud that has no descriptions may leave it out. */
  readonly isDescriptionOptional?: boolean;
}

/** What can be done to an instance. The cloud refuses with `conflict` what its state does not allow. */
export type InstanceAction =
  | { readonly action: 'reboot'; readonly hard: boolean }
  | { readonly action: 'resize'; readonly flavorId: string }
  | { readonly action: 'rebuild'; readonly imageId: string }
  | {
      readonly action:
        | 'start'
        | 'stop'
        | 'confirm_resize'
        | 'revert_resize'
        | 'pause'
        | 'unpause'
        | 'suspend'
        | 'resume'
        | 'lock'
        | 'unlock'
        | 'shelve'
        | 'unshelve'
        | 'rescue'
        | 'unrescue';
    };

/** Absent means: not narrowed. */
export interface PortFilter {
  readonly instanceId?: string;
  /** Of any of these instances; at most a hundred. */
  readonly instanceIds?: readonly string[];
  /** Any of these; at most a hundred. */
  readonly ids?: readonly string[];
  /** Exactly this one. */
  readonly description?: string;
  /** As in `InstanceFilter`. */
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

export interface NewSecurityGroupRule {
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly portMin: number | null;
  readonly portMax: number | null;
  readonly remotePrefix: string | null;
  readonly description?: string;
}

/** A cloud as one caller sees it for the time of one request. */
export interface Cloud {
  readonly capabilities: CloudCapabilities;
  /** Carries the request's id. */
  readonly log: Logger;
  /**
   * The same view with a deadline of its own: for undoing and tidying up when the request's may have passed.
   *
   * @param milliseconds How long the calls on the result may take together.
   */
  detached(milliseconds: number): Cloud;
  /** Who the caller is and where; costs nothing beyond signing in. */
  caller(): Promise<SignedInCaller>;
  /** All the cloud tells about the caller. */
  identity(): Promise<Identity>;

  /** Newest first. `invalid`: a marker that does not exist, a name that is no regular expression. */
  listInstances(filter: InstanceFilter, window: InstanceWindow): Promise<InstancePage>;
  /** `not_found`. */
  getInstance(id: string): Promise<CloudInstance>;
  /**
   * The newest instance of the project with exactly this description, null when there is none. Always as the cloud tells it at
   * this moment, never from what is remembered.
   */
  findInstance(description: string): Promise<CloudInstance | null>;
  /**
   * Starts a boot and answers its id at once; the boot itself may still fail (status ERROR with a fault).
   * `invalid`: something named does not exist; `quota_exceeded`; `conflict`: a port in use.
   */
  createInstance(instance: NewInstance): Promise<string>;
  /** Resolves with what it changed; null when the cloud does not report it. `not_found`, `invalid`. */
  renameInstance(id: string, name: string): Promise<Pick<CloudInstance, 'name' | 'updated'> | null>;
  /** Sets these items and leaves the others. `not_found`, `invalid`, `conflict` (locked), `quota_exceeded`. */
  mergeMetadata(id: string, items: Readonly<Record<string, string>>): Promise<void>;
  /** An item that is not there is no error. `not_found` for the instance. */
  deleteMetadata(id: string, key: string): Promise<void>;
  /** Returns when the cloud has accepted. `not_found`, `conflict` (locked). Again while deleting: no error. */
  deleteInstance(id: string): Promise<void>;
  /** Returns when the cloud has accepted. `not_found`, `conflict` (state), `invalid`, `quota_exceeded`. */
  act(id: string, action: InstanceAction): Promise<ActionResult>;
  /** Answers the id of the image that will be. `not_found`, `conflict` (state), `quota_exceeded`. */
  snapshot(id: string, name: string, metadata: Readonly<Record<string, string>>): Promise<string>;

  listFlavors(): Promise<readonly Flavor[]>;
  listImages(): Promise<readonly Image[]>;
  listAvailabilityZones(): Promise<readonly AvailabilityZone[]>;
  /** The project's own, those shared with it, and those it may take floating IPs from. */
  listNetworks(): Promise<readonly Network[]>;
  /** Every external network that an instance's port may be on. */
  listExternalNetworkIds(): Promise<ReadonlySet<string>>;
  /** What decides who reaches the project's instances, or one of them; nothing of it where the cloud tells the flags itself. */
  listReach(of: ReachFilter): Promise<Reach>;

  listKeyPairs(): Promise<readonly KeyPair[]>;
  /** `not_found`. */
  getKeyPair(name: string): Promise<KeyPair>;
  /** Without `publicKey` the cloud makes both halves. `invalid`, `conflict` (name taken), `quota_exceeded`. */
  createKeyPair(name: string, publicKey: string | null): Promise<CreatedKeyPair>;
  /** `not_found`. */
  deleteKeyPair(name: string): Promise<void>;

  listServerGroups(): Promise<readonly ServerGroup[]>;
  /** `not_found`. */
  getServerGroup(id: string): Promise<ServerGroup>;
  /** `invalid`, `quota_exceeded`. */
  createServerGroup(name: string, policy: ServerGroupPolicy): Promise<ServerGroup>;
  /** `not_found`. */
  deleteServerGroup(id: string): Promise<void>;

  /** The project's own and those shared with it. `allProjects` as in `InstanceFilter`. */
  listSecurityGroups(filter?: { readonly allProjects?: boolean }): Promise<readonly SecurityGroup[]>;
  /** `not_found`. */
  getSecurityGroup(id: string): Promise<SecurityGroup>;
  /** `invalid`, `quota_exceeded`. */
  createSecurityGroup(name: string, description: string): Promise<SecurityGroup>;
  /** `not_found`, `conflict` (in use, or the default one). */
  deleteSecurityGroup(id: string): Promise<void>;
  /** `not_found` for the group, `invalid`, `conflict` (the same rule is there), `quota_exceeded`. */
  createSecurityGroupRule(groupId: string, rule: NewSecurityGroupRule): Promise<SecurityGroupRule>;
  /** `not_found`, also when the rule belongs to another group. */
  deleteSecurityGroupRule(groupId: string, ruleId: string): Promise<void>;

  /** Every port of the project that the filter describes. */
  listPorts(filter: PortFilter): Promise<readonly Port[]>;
  /** `invalid` (no such network, or none of the caller's), `quota_exceeded`, `conflict` (no address left). */
  createPort(port: NewPort): Promise<Port>;
  /** Puts the group on the port; false when it was there. `not_found`. Safe against concurrent changes of the port. */
  addPortSecurityGroup(portId: string, groupId: string): Promise<boolean>;
  /** Takes the group off the port; false when it was not there. `not_found`. */
  removePortSecurityGroup(portId: string, groupId: string): Promise<boolean>;
  /**
   * A port that is gone is no error. `conflict`: a server or another device holds it, also one that is being deleted and has not
   * let go of it.
   */
  deletePort(id: string): Promise<void>;

  /** Those of the project. `allProjects` as in `InstanceFilter`. */
  listFloatingIps(filter?: { readonly allProjects?: boolean }): Promise<readonly FloatingIp[]>;
  /**
   * Takes a new address from an external network and leads it to a port.
   * `conflict`: no router between them, or the port has one already; `quota_exceeded`; `invalid`.
   */
  createFloatingIp(externalNetworkId: string, portId: string, description: string): Promise<FloatingIp>;
  /** Leads it nowhere and keeps it. One that is gone is no error. */
  disassociateFloatingIp(id: string): Promise<void>;
  /** Gives it back. One that is gone is no error. */
  deleteFloatingIp(id: string): Promise<void>;

  /** `forbidden` unless the credential is an administrator's. */
  listHypervisors(): Promise<readonly Hypervisor[]>;
  quotas(): Promise<Quotas>;
}

export interface ActionResult {
  /** The password the cloud set for this action (rebuild, rescue), once; null otherwise. */
  readonly adminPassword: string | null;
}
