import type { CloudCredential } from '../compute/cloud.ts';
import type { Scope } from '../scopes.ts';

/**
 * Who a request comes from: the API key it was verified with, and what that key opens. Made by `KeyVerifier` alone.
 */
export interface Principal {
  /** Public id of the key; may be logged and written on what the key makes. */
  readonly keyId: string;
  /** The key and all keys it was rotated from or to; counters go by it. */
  readonly familyId: string;
  readonly projectId: string;
  /** null for a service key. */
  readonly userId: string | null;
  readonly scopes: readonly Scope[];
  /** Bound to origins, so that everybody who sees its page has it: it may not touch keys. */
  readonly isBrowserKey: boolean;
  /** Name of the rate plan. */
  readonly plan: string;
  /** Secret; never logged. */
  readonly credential: CloudCredential;
  /**
   * What seals that which is kept for this caller: the same for all keys of a family that carry one application credential, a
   * service key's own. Secret, and a function so that it is in no copy of a principal.
   */
  readonly sealingSecret: () => string;
}
