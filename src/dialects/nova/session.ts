import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CallContext, CloudCredential } from '../../compute/cloud.ts';
import type { Service } from './services.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** The identity of a credential at the cloud, and the services that the dialect offers it. */
export interface NovaSession {
  readonly user: Named & { readonly domain: Named };
  readonly project: Named & { readonly domain: Named };
  readonly roles: readonly Named[];
  /** As in `SignedInCaller`. */
  readonly accessRules?: string;
  readonly region: string;
  readonly services: ReadonlyMap<Service, OfferedService>;
  /** All that are served, the default one first. */
  readonly regions: readonly OfferedRegion[];
}

export interface OfferedRegion {
  readonly name: string;
  readonly isDefault: boolean;
  readonly services: ReadonlyMap<Service, OfferedService>;
}

export interface OfferedService {
  /** Its URLs have the project's id after the version. */
  readonly projectInPath: boolean;
  /** As the cloud's catalog has it: the official one or an alias. */
  readonly type?: string;
  /** As the cloud's catalog has it. */
  readonly name?: string;
  /** Of its URL, the version and the project, as far as it has them. */
  readonly path?: string;
}

/** @throws ComputeError `forbidden`: the cloud rejects the credential; `unavailable`, `timeout`, `bad_gateway`. */
export type OpenSession = (credential: CloudCredential, call: CallContext) => Promise<NovaSession>;

/** 32 hexadecimal digits, as Keystone's ids; the same on every node. */
export function keystoneId(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(`linguanova ${text}`)).slice(0, 16));
}
