import type { CallContext, Caller, CloudCredential } from '../compute/cloud.ts';

/** What a customer signs in with to get a key. Secret; never logged. */
export type SignIn =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      readonly userDomainName: string;
      readonly project: { readonly id: string } | { readonly name: string; readonly domainName: string };
    }
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string };

/** What a key's own credential is to be. */
export interface CredentialRequest {
  /** For people who look at the list in the cloud. */
  readonly name: string;
  /** Names of roles; empty: all that the caller has. */
  readonly roles: readonly string[];
  /** ISO 8601; null: never. */
  readonly expiresAt: string | null;
}

/** Whom the cloud takes a credential for, and how long. */
export interface IdentifiedCaller extends Caller {
  /** When the credential expires at the cloud, ISO 8601; null: never, or not known. */
  readonly credentialExpiresAt: string | null;
}

export interface IssuedCredential extends IdentifiedCaller {
  readonly credential: Extract<CloudCredential, { kind: 'application_credential' }>;
  /** It was made for this key, and is to be deleted with it. */
  readonly owned: boolean;
}

/**
 * The cloud's sign-in, as far as issuing keys needs it. Errors beside those named: `unavailable`, `timeout`, `bad_gateway`.
 */
export interface IdentityProvider {
  /** Whether users of the cloud can sign in for a credential; else `issueCredential` is `not_implemented`. */
  readonly hasUsers: boolean;
  /** Whom the cloud takes a credential for; null when it refuses it. */
  identify(credential: CloudCredential, call: CallContext): Promise<IdentifiedCaller | null>;
  /**
   * Signs in and makes a restricted application credential for the project signed in to. A caller who comes with a
   * restricted application credential, which may make no other, gets that one itself.
   *
   * @param admit Called with whom the cloud has signed in, before anything is made; when it rejects, nothing is.
   *
   * `unauthenticated`: refused; `invalid`: roles the caller does not have, or several with that credential of its own.
   */
  issueCredential(
    signIn: SignIn,
    wish: CredentialRequest,
    admit: (caller: Caller) => Promise<void>,
    call: CallContext,
  ): Promise<IssuedCredential>;
  /**
   * Deletes an application credential that `issueCredential` made.
   *
   * @returns false when nobody here may delete it: that takes the operator's account with rights over its user.
   */
  deleteCredential(userId: string, id: string, call: CallContext): Promise<boolean>;
}
