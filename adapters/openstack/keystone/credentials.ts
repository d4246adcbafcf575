import type { CloudCredential } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';

/** The operator's own account at the cloud, from the `OS_*` variables. */
export type ServiceAccount =
  | { readonly kind: 'application_credential'; readonly id: string; readonly secret: string }
  | {
      readonly kind: 'password';
      readonly user: UserReference;
      readonly password: string;
      /** The project of the account itself, when it has one. */
      readonly project: ProjectReference | null;
    };

export type UserReference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: DomainReference };
export type ProjectReference =
  | { readonly id: string }
  | { readonly name: string; readonly domain: DomainReference };
export type DomainReference = { readonly id: string } | { readonly name: string };

/** What opens an OpenStack. */
export type OpenStackCredential = Exclude<CloudCredential, { kind: 'redu_key' }>;

/** @throws ComputeError `forbidden` for what opens another kind of cloud. */
export function forOpenStack(credential: CloudCredential): OpenStackCredential {
  if (credential.kind !== 'redu_key') return credential;
  throw new ComputeError('forbidden', 'This API key was made for another cloud.');
}

/** The body of `POST /v3/auth/tokens` (Identity API v3, "Password authentication with scoped authorization" and others). */
export interface SignIn {
  readonly auth: {
    readonly identity: Readonly<Record<string, unknown>>;
    readonly scope?: Readonly<Record<string, unknown>>;
  };
}

/**
 * How a credential signs in.
 *
 * @throws ComputeError `unavailable` when a service key cannot be served by the account the operator configured.
 */
export function signInWith(credential: OpenStackCredential, account: ServiceAccount | null): SignIn {
  if (credential.kind === 'application_credential') return withApplicationCredential(credential);
  if (account?.kind !== 'password') {
    throw new ComputeError('unavailable', 'This gateway has no service account for this key.', {
      cause: new Error(
        'a service key needs OS_USERNAME and OS_PASSWORD of an account with a role in its project',
      ),
    });
  }
  return withPassword(account.user, account.password, { id: credential.projectId });
}

/** How the operator's account signs in to its own project. */
export function signInAs(account: ServiceAccount): SignIn {
  return account.kind === 'application_credential'
    ? withApplicationCredential(account)
    : withPassword(account.user, account.password, account.project);
}

/** Signs in with an application credential, to the project it is for. */
export function withApplicationCredential({ id, secret }: { id: string; secret: string }): SignIn {
  return {
    auth: { identity: { methods: ['application_credential'], application_credential: { id, secret } } },
  };
}

/** Signs in with a password; without a project, to the user's default one. */
export function withPassword(
  user: UserReference,
  password: string,
  project: ProjectReference | null,
): SignIn {
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { ...user, password } } },
      ...(project === null ? {} : { scope: { project } }),
    },
  };
}
