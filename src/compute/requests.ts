/**
 * What a dialect asks of the use cases, once it has parsed and checked its own form of it.
 *
 * @module
 */

import type { InstanceAction, NetworkAttachment } from './cloud.ts';
import type { Releases } from './pending-releases.ts';

/** The filters of a list as a client names them: flavors and images by id or by name. */
export interface InstanceQuery {
  readonly statuses?: readonly string[];
  readonly name?: string;
  readonly flavor?: string;
  readonly image?: string;
  readonly allProjects?: boolean;
}

export interface CreateInstance {
  readonly name: string;
  /** Id or name. */
  readonly flavor: string;
  /** Id or name. */
  readonly image: string;
  /** Empty: the project's only network. */
  readonly networks: readonly NetworkAttachment[];
  /** Empty: the project's `default`. */
  readonly securityGroupNames: readonly string[];
  readonly keypairName: string | null;
  /** Base64. */
  readonly userData: string | null;
  readonly availabilityZone: string | null;
  readonly serverGroupId: string | null;
  /** Without the flags. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly isPublic: boolean;
  readonly enableSsh: boolean;
}

/** Absent means: as it is. */
export interface InstanceChange {
  readonly name?: string;
  /** Merged; null removes an item. Without the flags. */
  readonly metadata?: Readonly<Record<string, string | null>>;
  readonly isPublic?: boolean;
  readonly enableSsh?: boolean;
}

/** An action with flavors and images by id or by name. */
export type RequestedAction =
  | Exclude<InstanceAction, { action: 'resize' | 'rebuild' }>
  | { readonly action: 'resize'; readonly flavor: string }
  | { readonly action: 'rebuild'; readonly image: string };

/** One attempt at a request that must not be carried out twice. */
export interface Attempt {
  /** Written on what is made, so that a later attempt finds it. */
  readonly mark: string;
  /** An attempt before this one was cut off: what it has made is not known. */
  readonly resumed: boolean;
}

/** On whose behalf something is made; written on ports and floating IPs so that they can be told from others'. */
export interface Owner {
  readonly keyId: string;
  /** Gives back in the background what could not be given back at once; absent: nobody does. */
  readonly releases?: Releases | undefined;
}
