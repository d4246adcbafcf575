import type { CallContext, Caller, CloudCredential } from '../compute/cloud.ts';
import type { KeyRole } from './key-store.ts';

/** Credentials of a customer who requests a key. Secret; never logged. */
export type SignIn =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      readonly userDomainName: string;
      readonly project: { readonly id: string } | { readonly name: string; readonly domainName: string };
    }
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string };

export interface CredentialRequest {
  readonly name: string;
  /** Role names; empty: all roles of the caller. */
  readonly roles: readonly string[];
  /** ISO 8601; null: never. */
  readonly expiresAt: string | null;
}

/** A role by id or by name. */
export type RoleReference = { readonly id: string } | { readonly name: string };

export interface DerivedCredentialRequest extends Omit<CredentialRequest, 'roles'> {
  readonly roles: readonly RoleReference[];
  /** Whether it may make further ones. */
  readonly isUnrestricted: boolean;
}

export interface DerivedCredential {
  readonly credential: ApplicationCredential;
  readonly roles: readonly KeyRole[];
}

export type ApplicationCredential = Extract<CloudCredential, { kind: 'application_credential' }>;

export interface IdentifiedCaller extends Caller {
  /** ISO 8601; null: never, or unknown. */
  readonly credentialExpiresAt: string | null;
}

export interface IssuedCredential extends IdentifiedCaller {
  readonly credential: ApplicationCredential;
  /** Created for this key, and deleted with it. */
  readonly owned: boolean;
  /** null: the cloud does not show them to it. */
  readonly roles: readonly KeyRole[] | null;
}

/** The cloud's identity service. Every method may also fail with `unavailable`, `timeout` or `bad_gateway`. */
export interface IdentityProvider {
  /** Whether users can sign in for a credential; otherwise `issueCredential` is `not_implemented`. */
  readonly hasUsers: boolean;
  /** null if the cloud rejects the credential. */
  identify(credential: CloudCredential, call: CallContext): Promise<IdentifiedCaller | null>;
  /**
   * Signs in and creates a restricted application credential in that project. A restricted application credential, which cannot
   * create another, is returned itself.
   *
   * @param admit Called with the authenticated caller before anything is created; its rejection aborts.
   *
   * `unauthenticated`: rejected; `invalid`: roles that the caller lacks, or a choice of roles with a restricted credential.
   */
  issueCredential(
    signIn: SignIn,
    wish: CredentialRequest,
    admit: (caller: Caller) => Promise<void>,
    call: CallContext,
  ): Promise<IssuedCredential>;
  /**
   * Creates an application credential for the user and project of `credential`, with other roles.
   *
   * `forbidden` for a restricted credential; `invalid` for roles that it lacks; `not_implemented` where users are the cloud's alone.
   */
  deriveCredential(
    credential: ApplicationCredential,
    wish: DerivedCredentialRequest,
    call: CallContext,
  ): Promise<DerivedCredential>;
  /**
   * The roles of all application credentials of the credential's user, by id; null if the cloud does not show them to it, as with access
   * rules.
   */
  rolesOfCredentials(
    credential: ApplicationCredential,
    call: CallContext,
  ): Promise<ReadonlyMap<string, DerivedCredential['roles']> | null>;
  /**
   * By the service account, else by `other` of the same user, which has to be unrestricted. False if neither has the right.
   */
  deleteCredential(
    userId: string,
    id: string,
    call: CallContext,
    other?: CloudCredential | null,
  ): Promise<boolean>;
}
