/**
 * `CloudDriver` over OpenStack: Keystone v3, Nova v2.1, Neutron v2.0, Glance v2.
 *
 * @module
 */

import type { IdentityProvider } from '../../src/access/identity-provider.ts';
import type { CloudDriver } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { PassThrough } from '../../src/dialects/nova/pass-through.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { type ResilienceOptions, ResilientTransport } from './http/resilient-transport.ts';
import type { StreamingTransport } from './http/stream.ts';
import type { Transport } from './http/transport.ts';
import { send } from './http/upstream-client.ts';
import { withWaitUntil } from './http/wait-until.ts';
import type { EndpointChoice } from './keystone/catalog.ts';
import { forOpenStack, type ServiceAccount } from './keystone/credentials.ts';
import { keystoneIdentities } from './keystone/identity-provider.ts';
import { TokenSource } from './keystone/token-source.ts';
import { Microversions } from './nova/microversion.ts';
import { OPENSTACK_CAPABILITIES, openStackCloud, sendContext } from './openstack-cloud.ts';
import { openStackPassThrough } from './pass-through.ts';

export type { ServiceAccount } from './keystone/credentials.ts';

export interface OpenStackOptions {
  /** Without `open`, nothing can be passed through. */
  readonly transport: Transport & Partial<StreamingTransport>;
  /** Keystone's address, with or without `/v3` (`OS_AUTH_URL`). */
  readonly authUrl: string;
  readonly endpoints: EndpointChoice;
  /** For service keys and `reconcile`; null when the operator configured none. */
  readonly serviceAccount: ServiceAccount | null;
  /** Milliseconds after which a token in use is confirmed; a minute unless a test says otherwise. */
  readonly confirmAfterMs?: number;
  /**
   * Told of work that several requests may wait for and that the one which began it may not outlive. A runtime that ends
   * what belongs to a request once it is answered has to keep it alive.
   */
  readonly background?: (work: Promise<unknown>) => void;
  /** Where the state of the cloud's endpoints is told. */
  readonly log?: Logger;
  readonly metrics?: Metrics;
  /** Bounds and times towards an endpoint; the defaults unless a test says otherwise. */
  readonly resilience?: ResilienceOptions;
}

/** The driver, the issuer of keys' credentials, and the operator's own view of the cloud. */
export interface OpenStackDriver extends CloudDriver {
  readonly identities: IdentityProvider;
  /** For the Nova dialect. */
  readonly passThrough: PassThrough;
  /** The cloud as the service account sees it in its own project. `unavailable` on use when there is none. */
  openAsServiceAccount: (call: Parameters<CloudDriver['open']>[1]) => ReturnType<CloudDriver['open']>;
}

export function openStackDriver(options: OpenStackOptions): OpenStackDriver {
  const { endpoints, background = () => {} } = options;
  const guard = new ResilientTransport(options.transport, options, options.resilience);
  const transport = withWaitUntil(guard, background);
  const authUrl = withVersion(options.authUrl);
  const openStack = {
    transport,
    authUrl,
    endpoints,
    hasServiceAccount: options.serviceAccount !== null,
    tokens: new TokenSource({ ...options, transport, authUrl, background }),
    microversions: new Microversions(transport, background),
  };
  return {
    capabilities: OPENSTACK_CAPABILITIES,
    identities: keystoneIdentities(openStack),
    passThrough: openStackPassThrough(openStack, transport),
    open: (credential, call) => openStackCloud(openStack, forOpenStack(credential), call),
    caller: async (credential, call) =>
      (await openStack.tokens.token(forOpenStack(credential), sendContext(call))).identity,
    peekCaller: (credential) => openStack.tokens.cached(forOpenStack(credential))?.identity ?? null,
    openAsServiceAccount: (call) => openStackCloud(openStack, { kind: 'service_account' }, call),
    async ping(call) {
      const context = sendContext(call);
      await guard.probe(context.signal);
      if (guard.down.length > 0) {
        throw new ComputeError('unavailable', 'The cloud is not available at the moment.', {
          cause: new Error(`no calls are made to: ${guard.down.join(', ')}`),
        });
      }
      const answer = await send(
        transport,
        { service: 'identity', method: 'GET', url: authUrl, headers: { accept: 'application/json' } },
        context,
      );
      if (answer.status !== 200)
        throw new ComputeError('unavailable', 'The cloud is not available at the moment.');
    },
    close: () => guard.close(),
  };
}

function withVersion(authUrl: string): string {
  const url = authUrl.replace(/(?<!\/)\/+$/, '');
  return url.endsWith('/v3') ? url : `${url}/v3`;
}
