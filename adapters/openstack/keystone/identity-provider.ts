import * as z from 'zod';
import type {
  CredentialRequest,
  DerivedCredentialRequest,
  IdentityProvider,
  IssuedCredential,
  SignIn,
} from '../../../src/access/identity-provider.ts';
import type { CallContext } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import type { UpstreamRequest } from '../http/transport.ts';
import { send, type UpstreamResponse } from '../http/upstream-client.ts';
import { errorFrom, parseBody, signInErrorFrom } from '../http/upstream-error.ts';
import type { OpenStack } from '../openstack-cloud.ts';
import { Service } from '../service.ts';
import {
  forOpenStack,
  type ServiceAccount,
  type SignIn as SignInBody,
  withApplicationCredential,
  withPassword,
} from './credentials.ts';
import { readToken, type Token } from './token.ts';
import { isRejection, type TokenOwner } from './token-source.ts';

const Credential = z.object({
  id: z.string(),
  secret: z.string().optional(),
  expires_at: z.string().nullish(),
  roles: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
});
const CredentialBody = z.object({ application_credential: Credential });
const CredentialList = z.object({ application_credentials: z.array(Credential) });

const UNKNOWN = { credentialExpiresAt: null, roles: null };

/** Keystone as the issuer of keys' credentials (Identity API v3, "Application Credentials"). */
export function keystoneIdentities(openStack: OpenStack, account: ServiceAccount | null): IdentityProvider {
  const { transport, authUrl, tokens } = openStack;
  const request = (
    options: Pick<UpstreamRequest, 'method'> & { path: string; body?: unknown; token?: Token },
    call: CallContext,
  ): Promise<UpstreamResponse> =>
    send(
      transport,
      {
        service: 'identity',
        method: options.method,
        url: authUrl + options.path,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-openstack-request-id': call.requestId,
          ...(options.token === undefined ? {} : { 'x-auth-token': options.token.id }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      },
      call,
    );

  /** null also if the credential's access rules forbid it to read about itself. */
  async function detailsOf(userId: string, id: string, token: Token, call: CallContext) {
    const path = `/users/${userId}/application_credentials/${encodeURIComponent(id)}`;
    const response = await request({ method: 'GET', path, token }, call);
    if (response.status === 200) {
      const { expiresAt: credentialExpiresAt, roles } = readCredential(response);
      return { credentialExpiresAt, roles };
    }
    if (response.status >= 400 && response.status < 500) return UNKNOWN;
    throw errorFrom('identity', response);
  }

  const keystoneOf = (owner: TokenOwner, call: CallContext) =>
    new Service('identity', { transport, tokens, owner, context: call }, () => authUrl);

  return {
    hasUsers: true,
    async identify(credential, call) {
      if (credential.kind === 'redu_key') return null;
      // A service key that is in use waits for its account to return; a new one has nothing to wait for.
      if (credential.kind === 'service' && account?.kind !== 'password') return null;
      try {
        const token = await tokens.token(credential, call);
        const { userId, projectId } = token.identity;
        const isOwn = credential.kind === 'application_credential';
        const { credentialExpiresAt } = isOwn ? await detailsOf(userId, credential.id, token, call) : UNKNOWN;
        return { userId, projectId, credentialExpiresAt };
      } catch (error) {
        if (isRejection(error)) return null;
        throw error;
      }
    },

    async issueCredential(signIn, wish, admit, call): Promise<IssuedCredential> {
      const response = await request({ method: 'POST', path: '/auth/tokens', body: bodyFor(signIn) }, call);
      if ([401, 403, 404].includes(response.status)) {
        throw new ComputeError('unauthenticated', 'The cloud refuses these credentials, or this project.');
      }
      if (response.status !== 201) throw signInErrorFrom(response);
      const token = readToken(response);
      const caller = { userId: token.identity.userId, projectId: token.identity.projectId };
      await admit(caller);
      const made = await request(
        {
          method: 'POST',
          path: `/users/${caller.userId}/application_credentials`,
          body: {
            application_credential: credentialBody({ ...wish, roles: wish.roles.map((name) => ({ name })) }),
          },
          token,
        },
        call,
      );
      if (made.status === 201) {
        const { id, secret = '', roles } = readCredential(made);
        const credential = { kind: 'application_credential', id, secret } as const;
        // As requested: Keystone cuts off the fraction of a second.
        return { ...caller, owned: true, credential, credentialExpiresAt: wish.expiresAt, roles };
      }
      const error = errorFrom('identity', made);
      if (signIn.kind === 'application_credential' && error.code === 'forbidden') {
        const details = await detailsOf(caller.userId, signIn.id, token, call);
        return { ...caller, owned: false, credential: itself(signIn, wish), ...details };
      }
      throw error;
    },

    async deriveCredential(credential, wish, call) {
      const { userId } = (await tokens.token(credential, call)).identity;
      const response = await keystoneOf(credential, call).call(
        'POST',
        `/users/${userId}/application_credentials`,
        {
          body: { application_credential: credentialBody(wish, wish.isUnrestricted) },
        },
      );
      const { id, secret = '', roles } = parseBody(response, CredentialBody).application_credential;
      return { credential: { kind: 'application_credential', id, secret }, roles };
    },

    async rolesOfCredentials(credential, call) {
      const { userId } = (await tokens.token(credential, call)).identity;
      const path = `/users/${userId}/application_credentials`;
      try {
        const response = await keystoneOf(credential, call).call('GET', path);
        const { application_credentials: found } = parseBody(response, CredentialList);
        return new Map(found.map(({ id, roles }) => [id, roles]));
      } catch (error) {
        if (hasCode(error, 'forbidden', 'unauthenticated')) return null;
        throw error;
      }
    },

    async deleteCredential(userId, id, call, other = null) {
      // Keystone finds nothing below an empty user, and its 404 would mean that the credential is gone.
      if (userId === '') return false;
      const path = `/users/${userId}/application_credentials/${id}`;
      const account = openStack.hasServiceAccount ? [{ kind: 'service_account' } as const] : [];
      let failure: unknown = null;
      for (const owner of [...account, ...(other === null ? [] : [forOpenStack(other)])]) {
        try {
          await keystoneOf(owner, call).call('DELETE', path);
          return true;
        } catch (error) {
          if (hasCode(error, 'not_found')) return true;
          // An account that Keystone rejects says nothing about the user's own credential.
          if (!hasCode(error, 'forbidden')) failure = error;
        }
      }
      if (failure !== null) throw failure;
      return false;
    },
  };
}

/** A restricted credential may make no other, so a key can only carry it as it is. */
function itself({ id, secret }: { id: string; secret: string }, wish: CredentialRequest) {
  if (wish.roles.length > 0) {
    throw ComputeError.field(
      'roles',
      'cannot be chosen with a restricted application credential: it has its own',
    );
  }
  return { kind: 'application_credential', id, secret } as const;
}

function bodyFor(signIn: SignIn): SignInBody {
  if (signIn.kind === 'application_credential') return withApplicationCredential(signIn);
  const user = { name: signIn.username, domain: { name: signIn.userDomainName } };
  const { project } = signIn;
  const scope = 'id' in project ? project : { name: project.name, domain: { name: project.domainName } };
  return withPassword(user, signIn.password, scope);
}

function credentialBody(
  { name, roles, expiresAt }: Omit<DerivedCredentialRequest, 'isUnrestricted'>,
  unrestricted = false,
) {
  return {
    name,
    unrestricted,
    ...(roles.length > 0 && { roles }),
    // Keystone wants UTC without a zone.
    ...(expiresAt === null ? {} : { expires_at: expiresAt.replace('Z', '') }),
  };
}

function readCredential(response: UpstreamResponse) {
  const { id, secret, roles, expires_at } = parseBody(response, CredentialBody).application_credential;
  return { id, secret, roles, expiresAt: expires_at == null ? null : utcTime(expires_at) };
}

/** Keystone's times are UTC without a zone. */
function utcTime(text: string): string {
  return new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`).toISOString();
}
