import { randomBytes } from 'node:crypto';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { TransportError } from '../../adapters/openstack/http/transport.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from './gateway.ts';

/** Regions of the cloud: the third one is not served, and the second has no block storage. */
export const [ONE, TWO, UNSERVED] = ['RegionOne', 'RegionTwo', 'RegionThree'];

export interface RegionalGateway extends RunningGateway {
  /** The first one is this gateway. */
  readonly nodes: readonly RunningGateway[];
  readonly key: string;
  readonly projectId: string;
  /** `METHOD url` of each upstream request. */
  readonly sent: string[];
  /** Regions that are out of reach, or services of one: `RegionTwo/image`. */
  readonly down: Set<string>;
  /** Types that the catalog lacks in the second region; tests may add some. */
  readonly without: string[];
  request(
    path: string,
    init?: RequestInit & { readonly json?: unknown },
    key?: string,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Parsed }>;
  keyOf(scopes?: Parameters<RunningGateway['keyFor']>[1]): Promise<string>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever the gateway responded
type Parsed = any;

export interface RegionalOptions extends GatewayUnderTest {
  readonly hasServiceAccount?: boolean;
  /** Gateways with the same keys; 1 by default. */
  readonly nodes?: number;
}

/** A gateway that serves two of the three regions of a sandbox. */
export async function regionalGateway(
  served: readonly string[] | '*' = [ONE, TWO],
  { hasServiceAccount = false, nodes: count = 1, ...options }: RegionalOptions = {},
): Promise<RegionalGateway> {
  const without = ['volumev3'];
  const sandbox = createSandbox({
    bootMilliseconds: 60,
    regions: [{ name: ONE }, { name: TWO, without }, { name: UNSERVED }],
  });
  const { accounts, admin } = sandbox;
  const [account] = accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const sent: string[] = [];
  const down = new Set<string>();
  const transport = fetchTransport((request) => {
    sent.push(`${request.method} ${request.url}`);
    const region = [TWO, UNSERVED].find((name) => request.url.includes(`/${name}/`)) ?? ONE;
    const isDown = down.has(region) || [...down].some((one) => request.url.includes(`/${one}/`));
    if (isDown && !request.url.includes('/identity/'))
      throw new TransportError('refused', { sent: false, timedOut: false });
    return sandbox.fetch(request);
  });
  const clouds = openStackDriver({
    transport,
    authUrl: sandbox.authUrl,
    endpoints: { region: ONE, served, interface: 'public' },
    serviceAccount: hasServiceAccount
      ? {
          kind: 'password',
          user: { id: admin.userId },
          password: admin.password,
          project: { id: admin.projectId },
        }
      : null,
  });
  const secret = randomBytes(32).toString('base64');
  const gateway = await startGateway(clouds, { secret, ...options });
  const nodes = [gateway];
  while (nodes.length < count)
    nodes.push(await startGateway(clouds, { secret, ...options, keys: gateway.keys }));
  const credential: CloudCredential = {
    kind: 'application_credential',
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  };
  const key = await gateway.keyFor(credential);
  return {
    ...gateway,
    nodes,
    key,
    projectId: account.projectId,
    sent,
    down,
    without,
    keyOf: (scopes) => gateway.keyFor(credential, scopes),
    async request(path, { json, ...init } = {}, used = key) {
      const headers = new Headers(init.headers);
      if (used !== '') for (const name of ['x-api-key', 'x-auth-token']) headers.set(name, used);
      if (json !== undefined) headers.set('content-type', 'application/json');
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      const response = await fetch(gateway.url + path, { ...init, ...body, headers });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await clouds.close();
    },
  };
}
