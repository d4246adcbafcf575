/**
 * Inputs of the use cases, decoded and validated by a dialect.
 *
 * @module
 */

import type { InstanceAction, RequestedNetworks } from './cloud.ts';
import type { Releases } from './releases.ts';
import type { BootVolume } from './volumes.ts';

/** Flavors and images by id or name. */
export interface InstanceQuery {
  readonly statuses?: readonly string[];
  readonly name?: string;
  readonly flavor?: string;
  readonly image?: string;
  readonly tags?: readonly string[];
  readonly networkId?: string;
  readonly keypairName?: string;
  readonly projectId?: string;
  readonly allProjects?: boolean;
}

export interface CreateInstance {
  readonly name: string;
  /** Id or name. */
  readonly flavor: string;
  /** Id or name; null with an existing boot volume. */
  readonly image: string | null;
  /** null: the root disk is the flavor's. */
  readonly bootVolume: BootVolume | null;
  /** Empty: the project's default network. */
  readonly networks: RequestedNetworks;
  /** Empty: the project's `default`. */
  readonly securityGroupNames: readonly string[];
  readonly keypairName: string | null;
  /** Base64. */
  readonly userData: string | null;
  readonly availabilityZone: string | null;
  readonly serverGroupId: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  /** Without the flags. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly isPublic: boolean;
  readonly enableSsh: boolean;
}

/** Absent: unchanged. */
export interface InstanceChange {
  readonly name?: string;
  /** null removes it. */
  readonly description?: string | null;
  /** Merged, null removes; without the flags. */
  readonly metadata?: Readonly<Record<string, string | null>>;
  readonly isPublic?: boolean;
  readonly enableSsh?: boolean;
}

/** Flavors and images by id or name. */
export type RequestedAction =
  | Exclude<InstanceAction, { action: 'resize' | 'rebuild' | 'rescue' }>
  | { readonly action: 'resize'; readonly flavor: string; readonly autoConfirm?: boolean }
  | { readonly action: 'rebuild'; readonly image: string }
  | { readonly action: 'rescue'; readonly image: string | null };

/** One attempt at a request that has an Idempotency-Key. */
export interface Attempt {
  /** In the `instanceMark` of the instance, so that a later attempt finds it. */
  readonly mark: string;
  /** An earlier attempt was interrupted, with unknown outcome. */
  readonly resumed: boolean;
}

/** Recorded in the descriptions of ports and floating IPs. */
export interface Owner {
  readonly keyId: string;
  /** Repeats failed releases in the background. */
  readonly releases?: Releases | undefined;
}
