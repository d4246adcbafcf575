/**
 * `CloudDriver` over OpenStack: Keystone v3, Nova v2.1, Neutron v2.0, Glance v2.
 *
 * @module
 */

import type { IdentityProvider } from '../../src/access/identity-provider.ts';
import type { CloudDriver } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { PassThrough } from '../../src/dialects/nova/pass-through.ts';
import { DEFAULT_SERVICES, type ServedServices } from '../../src/dialects/nova/services.ts';
import type { ServiceAccountClouds } from '../../src/reconcile/reconcile-projects.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { type ResilienceOptions, ResilientTransport } from './http/resilient-transport.ts';
import type { Transport } from './http/transport.ts';
import { send } from './http/upstream-client.ts';
import { withWaitUntil } from './http/wait-until.ts';
import type { EndpointChoice } from './keystone/catalog.ts';
import { forOpenStack, type ServiceAccount } from './keystone/credentials.ts';
import { type GivenEndpoint, GivenEndpoints } from './keystone/given-endpoints.ts';
import { keystoneIdentities } from './keystone/identity-provider.ts';
import { CatalogRegions, type RegionChoice } from './keystone/regions.ts';
import { callerIn, type Token } from './keystone/token.ts';
import { TokenSource } from './keystone/token-source.ts';
import { Microversions } from './nova/microversion.ts';
import { OPENSTACK_CAPABILITIES, type OpenStack, openStackCloud } from './openstack-cloud.ts';
import { openStackPassThrough } from './pass-through.ts';
import { RegionProbes } from './region-probes.ts';

export type { ServiceAccount } from './keystone/credentials.ts';

export interface OpenStackOptions {
  readonly transport: Transport;
  /** Keystone's address, with or without `/v3` (`OS_AUTH_URL`). */
  readonly authUrl: string;
  readonly endpoints: RegionChoice &
    Pick<EndpointChoice, 'interface'> & { readonly given?: readonly GivenEndpoint[] };
  /** Those of the Nova dialect; the four default ones unless given. */
  readonly services?: ServedServices;
  /** For service keys and `reconcile`; null when the operator configured none. */
  readonly serviceAccount: ServiceAccount | null;
  /** Age of a token in use at which it is confirmed; a minute by default. */
  readonly confirmAfterMs?: number;
  /** `waitUntil` of a platform that cancels the work of a request once it has its response. */
  readonly background?: (work: Promise<unknown>) => void;
  readonly log?: Logger;
  readonly metrics?: Metrics;
  /** For tests. */
  readonly resilience?: ResilienceOptions;
}

/** The driver, the issuer of keys' credentials, and the operator's own view of the cloud. */
export interface OpenStackDriver extends CloudDriver {
  readonly identities: IdentityProvider;
  /** For the Nova dialect. */
  readonly passThrough: PassThrough;
  /** The cloud as the service account sees it in its own project. `unavailable` on use when there is none. */
  openAsServiceAccount: (call: Parameters<CloudDriver['open']>[1]) => ReturnType<CloudDriver['open']>;
  /** For `reconcile`; null without a service account. */
  readonly accountClouds: ServiceAccountClouds | null;
}

export function openStackDriver(options: OpenStackOptions): OpenStackDriver {
  const { endpoints, background } = options;
  const resilient = new ResilientTransport(options.transport, options, options.resilience);
  const transport = background === undefined ? resilient : withWaitUntil(resilient, background);
  const authUrl = withVersion(options.authUrl);
  const regions = new CatalogRegions(endpoints);
  const given = new GivenEndpoints({ ...endpoints, regions, log: options.log });
  const received = (issued: Token) => {
    regions.learn(issued.catalog);
    const token = given.addTo(issued);
    probes.learn(token.catalog);
    return token;
  };
  const openStack = {
    transport,
    authUrl,
    regions,
    interface: endpoints.interface,
    services: options.services ?? DEFAULT_SERVICES,
    hasServiceAccount: options.serviceAccount !== null,
    tokens: new TokenSource({ ...options, transport, authUrl, background, received }),
    microversions: new Microversions(transport, background),
  };
  const identities = keystoneIdentities(openStack, options.serviceAccount);
  const probes = new RegionProbes({ ...openStack, transport: options.transport, background });
  return {
    capabilities: OPENSTACK_CAPABILITIES,
    identities,
    accountClouds: accountClouds(openStack, identities, options.serviceAccount),
    passThrough: openStackPassThrough(openStack),
    open: (credential, call) => openStackCloud(openStack, forOpenStack(credential), call),
    regions,
    async listRegions(credential, call) {
      const { catalog } = await openStack.tokens.token(forOpenStack(credential), call);
      return regions.listIn(catalog, endpoints.interface);
    },
    caller: async (credential, call) =>
      callerIn(await openStack.tokens.token(forOpenStack(credential), call), call.region),
    peekCaller(credential, region) {
      const token = openStack.tokens.cached(forOpenStack(credential));
      return token === null ? null : callerIn(token, region);
    },
    openAsServiceAccount: (call) => openStackCloud(openStack, { kind: 'service_account' }, call),
    endpoints: () =>
      resilient.services.map(({ region, service, open, running }) => ({
        region,
        service,
        isOpen: open > 0,
        inFlight: running,
      })),
    async ping(call) {
      await resilient.probe(call.region, call.deadline);
      const down = resilient.downIn(call.region);
      if (down.length > 0) {
        throw new ComputeError('unavailable', 'The cloud is not available at the moment.', {
          cause: new Error(`no calls are made to: ${down.join(', ')}`),
        });
      }
      const response = await send(
        transport,
        { service: 'identity', method: 'GET', url: authUrl, headers: { accept: 'application/json' } },
        call,
      );
      if (response.status !== 200)
        throw new ComputeError('unavailable', 'The cloud is not available at the moment.');
      await probes.assertUp(call);
    },
    close: () => resilient.close(),
  };
}

/** For probing: that the account has no role in a project is no alarm. */
const QUIET: Logger = { info() {}, warn() {}, error() {}, with: () => QUIET };

function accountClouds(
  openStack: OpenStack,
  identities: IdentityProvider,
  account: ServiceAccount | null,
): ServiceAccountClouds | null {
  if (account === null) return null;
  const own: ServiceAccountClouds['own'] = (call) =>
    openStackCloud(openStack, { kind: 'service_account' }, call);
  const regions = () => openStack.regions.served();
  if (account.kind === 'application_credential') return { regions, own };
  return {
    regions,
    own: account.project === null ? null : own,
    async inProject(projectId, call) {
      const credential = { kind: 'service', projectId } as const;
      const caller = await identities.identify(credential, { ...call, log: QUIET });
      return caller === null ? null : openStackCloud(openStack, credential, call);
    },
  };
}

function withVersion(authUrl: string): string {
  const url = authUrl.replace(/(?<!\/)\/+$/, '');
  return url.endsWith('/v3') ? url : `${url}/v3`;
}
