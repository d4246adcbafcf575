/**
 * `CloudDriver` over a redu-dialect API: small REST with `x-api-key`. Required are the documented operations (identity, the
 * list of instances, key pairs, security groups, under the current paths or the older ones); what else it does is found on
 * first use, and what it does not do is `not_implemented`.
 *
 * @module
 */

import type { IdentityProvider } from '../../src/access/identity-provider.ts';
import type { CallContext, CloudCredential, CloudDriver } from '../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../src/compute/errors.ts';
import { NO_REGIONS, ONLY_REGION } from '../../src/compute/regions.ts';
import { caller } from './access.ts';
import { type Fetch, ReduHttpClient } from './http-client.ts';
import { REDU_CAPABILITIES, reduCloud } from './redu-cloud.ts';
import { MissingOperations, ReduSession } from './session.ts';

export interface ReduOptions {
  /** Without `/v1` (`REDU_URL`). */
  readonly url: string;
  readonly fetch: Fetch;
}

/** The driver, and the identity of a redu key. */
export interface ReduDriver extends CloudDriver {
  readonly identities: IdentityProvider;
}

export function reduDriver({ url, fetch }: ReduOptions): ReduDriver {
  const site = new ReduHttpClient(url, fetch);
  const missing = new MissingOperations();
  const sessionOf = (credential: CloudCredential) => (call: CallContext) =>
    new ReduSession(site, missing, keyOf(credential), call);
  return {
    capabilities: REDU_CAPABILITIES,
    identities: {
      hasUsers: false,
      async identify(credential, call) {
        if (credential.kind !== 'redu_key') return null;
        try {
          const { userId, projectId } = await caller(sessionOf(credential)(call));
          return { userId, projectId, credentialExpiresAt: null };
        } catch (error) {
          if (hasCode(error, 'forbidden')) return null;
          throw error;
        }
      },
      async issueCredential() {
        throw new ComputeError(
          'not_implemented',
          'The cloud behind this gateway has keys of its own: ask the operator for a key made from one.',
        );
      },
      async deriveCredential() {
        throw new ComputeError('not_implemented', 'The cloud behind this gateway has no roles to choose.');
      },
      rolesOfCredentials: async () => null,
      deleteCredential: async () => false,
    },
    regions: NO_REGIONS,
    listRegions: async () => [
      { name: ONLY_REGION, isDefault: true, services: ['compute', 'image', 'network', 'volume'] },
    ],
    open: (credential, call) => reduCloud(sessionOf(credential), call),
    caller: (credential, call) => reduCloud(sessionOf(credential), call).caller(),
    async ping(call) {
      // Any rejection of the missing key shows that the cloud is up.
      const { status } = await site.send({ method: 'GET', path: '/v1/me' }, '', call);
      if (status >= 500) throw new ComputeError('unavailable', 'The cloud is not available at the moment.');
    },
    close: async () => {},
  };
}

function keyOf(credential: CloudCredential): string {
  if (credential.kind === 'redu_key') return credential.key;
  throw new ComputeError('forbidden', 'This API key was made for another cloud.');
}
