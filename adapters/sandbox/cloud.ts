/** @module The whole state of a sandbox: what each of the five services knows, the clock, and where its URLs point. */

import { type BlockStorage, createBlockStorage } from './cinder/model.ts';
import { createImages, type Image } from './glance/model.ts';
import { createIdentity, type Identity } from './keystone/model.ts';
import { createNetworking, type Networking } from './neutron/model.ts';
import type { Minors } from './nova/microversion.ts';
import { type Compute, createCompute } from './nova/model.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** One region of a cloud. Services read and change each other's state through the functions of the other's folder only. */
export interface Cloud {
  /** Where the URLs of its services point, without a trailing slash. */
  readonly baseUrl: string;
  /** Keystone's, which all regions share. */
  readonly authUrl: string;
  /** Duration of a boot in ms. Everything else that takes time takes a part of it. */
  readonly bootMilliseconds: number;
  /** Whether the boot of a server of this name finds no host. */
  readonly failsToBoot: (name: string) => boolean;
  /** Time in ms in which a deleted server can be restored; 0: not at all. */
  readonly reclaimMilliseconds: number;
  readonly novaMinors: Minors;
  readonly timeline: Timeline;
  readonly identity: Identity;
  readonly compute: Compute;
  readonly networking: Networking;
  readonly images: Map<string, Image>;
  readonly blockStorage: BlockStorage;
  /** Neutron's message to Nova that the addresses of a device changed. Nova subscribes to it; set once at creation. */
  networkChanged: (deviceId: string) => void;
}

/** What a region is made with; see `SandboxOptions` for the meaning. */
export interface CloudOptions {
  baseUrl: string;
  now: () => number;
  bootMilliseconds: number;
  failsToBoot: (name: string) => boolean;
  reclaimMilliseconds: number;
  novaMinors: Minors;
}

/**
 * A region with its services, flavors and roles, and without customers.
 *
 * @param shared Keystone and the clock, of the first one.
 */
export function createCloud(
  options: CloudOptions,
  { authUrl, identity, timeline }: Pick<Cloud, 'authUrl' | 'identity' | 'timeline'> = {
    authUrl: `${options.baseUrl}/identity/v3`,
    identity: createIdentity(),
    timeline: createTimeline(options.now),
  },
): Cloud {
  return {
    authUrl,
    identity,
    timeline,
    baseUrl: options.baseUrl,
    bootMilliseconds: options.bootMilliseconds,
    failsToBoot: options.failsToBoot,
    reclaimMilliseconds: options.reclaimMilliseconds,
    novaMinors: options.novaMinors,
    compute: createCompute(),
    networking: createNetworking(),
    images: createImages(),
    blockStorage: createBlockStorage(),
    networkChanged: () => {},
  };
}
