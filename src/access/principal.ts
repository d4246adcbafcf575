import type { CloudCredential } from '../compute/cloud.ts';
import type { Scope } from '../scopes.ts';
import type { AccessRule } from './access-rules.ts';

/** The verified identity of a request. Created only by `KeyVerifier`. */
export interface Principal {
  /** Public; may be logged and stored with resources. */
  readonly keyId: string;
  /** Rate limits count by family, which a rotation preserves. */
  readonly familyId: string;
  readonly projectId: string;
  /** null for a service key. */
  readonly userId: string | null;
  readonly scopes: readonly Scope[];
  /** Public to the visitors of its page, so it may not manage keys. */
  readonly isBrowserKey: boolean;
  /** null: the scopes alone decide. */
  readonly accessRules: readonly AccessRule[] | null;
  readonly plan: string;
  /** Names of the regions it may use; null: all. */
  readonly regions: readonly string[] | null;
  /** Secret; never logged. */
  readonly credential: CloudCredential;
  /**
   * Seals data stored for this caller: the secret of its credential, which rotations preserve, or of a service key. A function, so
   * that copies and logs of a principal do not contain it.
   */
  readonly sealingSecret: () => string;
}
