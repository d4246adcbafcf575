import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import {
  type Transport,
  TransportError,
  type UpstreamRequest,
} from '../../adapters/openstack/http/transport.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox, type Sandbox } from '../../adapters/sandbox/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type SharedKeys, sharedKeys } from '../support/shared-keys.ts';
import { silentLogger } from '../support/silent-logger.ts';

/**
 * The outcome of an upstream call: it `passes`; it is carried out and its response `lost`; it is sent and `swallowed` without
 * effect; or it cannot be sent, as the cloud is `away`. A promise delays the call.
 */
export type CallOutcome = 'passes' | 'lost' | 'swallowed' | 'away' | Promise<'passes'>;

/** Several gateways on one database, before one sandbox with scripted failures. */
export interface Nodes {
  readonly shared: SharedKeys;
  outcomeOf: (request: UpstreamRequest) => CallOutcome;
  /** `METHOD path` of all upstream requests, in order. */
  readonly requests: readonly string[];
  readonly openStack: OpenStackClient;
  /** The customer's user, with its password. */
  readonly account: Sandbox['accounts'][number];
  /** The customer's credential, and one that acts for the project. */
  readonly credential: CloudCredential;
  readonly serviceCredential: CloudCredential;
  /** Deletes an application credential at the cloud, as its user may. */
  withdraw(userId: string, credentialId: string): Promise<void>;
  /** With `clouds: 'own'` it has signed in nowhere yet. */
  node(
    options?: GatewayUnderTest & { clouds?: 'own'; wrap?: (store: IdempotencyStore) => IdempotencyStore },
  ): Promise<RunningGateway>;
  client(node: RunningGateway, credential?: CloudCredential): Promise<ReduClient>;
  close(): Promise<void>;
}

export function startNodes(): Nodes {
  const sandbox = createSandbox({ bootMilliseconds: 60, projects: [{ name: 'acme' }] });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const inner = fetchTransport((request) => sandbox.fetch(request));
  const requests: string[] = [];
  const transport: Transport = {
    async open(request, deadline) {
      requests.push(`${request.method} ${new URL(request.url).pathname}`);
      const outcome = await nodes.outcomeOf(request);
      if (outcome === 'away') throw new TransportError('no response', { sent: false, timedOut: false });
      const response = outcome === 'swallowed' ? null : await inner.open(request, deadline);
      if (outcome === 'passes' && response !== null) return response;
      throw new TransportError('no response', { sent: true, timedOut: true });
    },
    close: () => inner.close(),
  };
  const openClouds = () =>
    openStackDriver({
      transport,
      authUrl: sandbox.authUrl,
      endpoints: { region: null, interface: 'public' },
      serviceAccount: {
        kind: 'password',
        user: { id: sandbox.admin.userId },
        password: sandbox.admin.password,
        project: { id: sandbox.admin.projectId },
      },
    });
  const clouds = openClouds();
  const shared = sharedKeys();
  const running: RunningGateway[] = [];
  const secret = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  const nodes: Nodes = {
    shared,
    outcomeOf: () => 'passes',
    requests: requests,
    account,
    openStack: new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, secret),
    credential: { kind: 'application_credential', ...secret },
    serviceCredential: { kind: 'service', projectId: account.projectId },
    async node({ wrap = (store: IdempotencyStore) => store, clouds: whose, ...options } = {}) {
      const { keys, idempotency } = await shared.openStores();
      const stores = { keys, idempotency: wrap(idempotency), secret: shared.secret };
      const gateway = await startGateway(whose === 'own' ? openClouds() : clouds, { ...stores, ...options });
      running.push(gateway);
      return gateway;
    },
    async client(node, credential = nodes.credential) {
      return new ReduClient(node.url, await node.keyFor(credential));
    },
    async withdraw(userId, credentialId) {
      const call = {
        region: '',
        deadline: deadlineIn(30_000),
        requestId: `req-${crypto.randomUUID()}`,
        trace: new CallTrace(),
        log: silentLogger,
      };
      await clouds.identities.deleteCredential(userId, credentialId, call);
    },
    async close() {
      await Promise.all(running.map((node) => node.stop()));
      await clouds.close();
      await shared.close();
    },
  };
  return nodes;
}

/** The outcome of calls with this method and end of path; others pass. */
export function only(method: string, end: string, outcome: CallOutcome): Nodes['outcomeOf'] {
  return (request) =>
    request.method === method && new URL(request.url).pathname.endsWith(end) ? outcome : 'passes';
}
