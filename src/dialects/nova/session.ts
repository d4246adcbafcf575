import type { CallContext, CloudCredential } from '../../compute/cloud.ts';
import type { ServiceName } from './services.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Whom the cloud takes a credential for, and what the dialect offers them. */
export interface NovaSession {
  readonly user: Named & { readonly domain: Named };
  readonly project: Named & { readonly domain: Named };
  readonly roles: readonly Named[];
  /** As in `SignedInCaller`. */
  readonly accessRules?: string;
  readonly region: string;
  readonly services: ReadonlyMap<ServiceName, OfferedService>;
}

export interface OfferedService {
  /** Its addresses have the project's id behind the version. */
  readonly projectInPath: boolean;
}

/** `forbidden` when the cloud no longer takes the credential; `unavailable`, `timeout`, `bad_gateway`. */
export type OpenSession = (credential: CloudCredential, call: CallContext) => Promise<NovaSession>;
