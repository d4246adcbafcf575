/** @module The whole state of a sandbox: what each of the five services knows, the clock, and where its URLs point. */

import { type BlockStorage, createBlockStorage } from './cinder/model.ts';
import { createImages, type Image } from './glance/model.ts';
import { createIdentity, type Identity } from './keystone/model.ts';
import { createNetworking, type Networking } from './neutron/model.ts';
import type { Minors } from './nova/microversion.ts';
import { type Compute, createCompute } from './nova/model.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** One cloud. Services read and change each other's state through the functions of the other's folder only. */
export interface Cloud {
  /** Where the catalog's URLs point, without a trailing slash. */
  readonly baseUrl: string;
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

/** What a cloud is made with; see `SandboxOptions` for the meaning. */
export interface CloudOptions {
  baseUrl: string;
  now: () => number;
  bootMilliseconds: number;
  failsToBoot: (name: string) => boolean;
  reclaimMilliseconds: number;
  novaMinors: Minors;
}

/** A cloud with its services, flavors and roles, and without customers. */
export function createCloud(options: CloudOptions): Cloud {
  return {
    baseUrl: options.baseUrl,
    bootMilliseconds: options.bootMilliseconds,
    failsToBoot: options.failsToBoot,
    reclaimMilliseconds: options.reclaimMilliseconds,
    novaMinors: options.novaMinors,
    timeline: createTimeline(options.now),
    identity: createIdentity(),
    compute: createCompute(),
    networking: createNetworking(),
    images: createImages(),
    blockStorage: createBlockStorage(),
    networkChanged: () => {},
  };
}
