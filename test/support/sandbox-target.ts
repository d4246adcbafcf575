import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox, type SandboxOptions } from '../../adapters/sandbox/index.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { InventoryOptions } from '../../src/inventory/inventory-cache.ts';
import type { ServiceAccountClouds } from '../../src/reconcile/reconcile-projects.ts';
import type { Customer, Target } from '../conformance/target.ts';
import { ADMIN_TOKEN, type RunningGateway, startGateway } from './gateway.ts';
import { KeystoneAdmin } from './keystone-admin.ts';
import { OpenStackClient } from './openstack-client.ts';
import { ReduClient } from './redu-client.ts';
import { sharedKeys } from './shared-keys.ts';
import { silentLogger } from './silent-logger.ts';

/** Short, yet long enough for a test on a busy machine to see an instance while it is being built. */
const BOOT_MILLISECONDS = 400;

/** Instead of a minute: a test waits for it. */
const CONFIRM_AFTER = 100;

/** As the real OpenStack is seeded; acme has the sandbox's own default. */
const GLOBEX_QUOTA = { instances: 3, cores: 8, ram: 16_384, key_pairs: 2 };

/** A gateway in this process in front of a sandbox of its own. */
export interface SandboxTarget extends Target {
  readonly gateway: RunningGateway;
  /** `METHOD url` of each upstream request of the gateway, in order. */
  readonly requests: readonly string[];
  /** The upstream calls of each request that the gateways have served, by its route; without sign-ins. */
  callsByRoute(): ReadonlyMap<string, ReadonlySet<string>>;
  readonly keys: KeyStore;
  /** Where the gateway's own account is an administrator. */
  readonly adminProjectId: string;
  /** For `reconcile`. */
  readonly accountClouds: ServiceAccountClouds;
}

export interface SandboxTargetOptions {
  /** Whether acme is the project of the seed, with its two servers. */
  readonly withExampleServers?: boolean;
  readonly inventory?: Partial<InventoryOptions>;
  /** How its cloud differs from the sandbox's default. */
  readonly cloud?: Pick<SandboxOptions, 'bootMilliseconds' | 'novaMinors'>;
}

export async function sandboxTarget({
  withExampleServers = false,
  inventory,
  cloud = {},
}: SandboxTargetOptions = {}): Promise<SandboxTarget> {
  const sandbox = createSandbox({
    bootMilliseconds: BOOT_MILLISECONDS,
    projects: [
      { name: 'acme', withExampleServers, ...(withExampleServers ? SEED : {}) },
      { name: 'globex', quota: GLOBEX_QUOTA, withKeyPair: false },
    ],
    ...cloud,
  });
  const requests: string[] = [];
  const calls: { readonly requestId: string | null; readonly call: string }[] = [];
  const clouds = openStackDriver({
    transport: fetchTransport((request) => {
      requests.push(`${request.method} ${request.url}`);
      const { pathname } = new URL(request.url);
      const requestId = request.headers.get('x-openstack-request-id');
      if (!pathname.endsWith('/auth/tokens'))
        calls.push({ requestId, call: `${request.method} ${pathname}` });
      return sandbox.fetch(request);
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: sandbox.admin.userId },
      password: sandbox.admin.password,
      project: { id: sandbox.admin.projectId },
    },
    confirmAfterMs: CONFIRM_AFTER,
  });
  const { accountClouds } = clouds;
  if (accountClouds === null) throw new Error('the sandbox has no service account');
  const shared = sharedKeys();
  const node = async () =>
    startGateway(clouds, {
      ...(await shared.openStores()),
      secret: shared.secret,
      ...(inventory && { inventory }),
    });
  const [gateway, second] = [await node(), await node()];

  const customer = (name: string): Customer => {
    const account = sandbox.accounts.find(({ projectName }) => projectName === name);
    if (account === undefined) throw new Error(`the sandbox has no project ${name}`);
    const secret = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
    const credential: CloudCredential = { kind: 'application_credential', ...secret };
    return {
      projectId: account.projectId,
      projectName: account.projectName,
      userName: account.userName,
      password: account.password,
      applicationCredential: secret,
      userId: account.userId,
      networkId: account.networkId,
      openStack: new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, secret),
      client: async (scopes) => new ReduClient(gateway.url, await gateway.keyFor(credential, scopes)),
      cloud: () =>
        clouds.open(credential, {
          region: '',
          deadline: deadlineIn(60_000),
          requestId: `req-${crypto.randomUUID()}`,
          trace: new CallTrace(),
          log: silentLogger,
        }),
    };
  };

  return {
    url: gateway.url,
    secondUrl: second.url,
    adminToken: ADMIN_TOKEN,
    keys: gateway.keys,
    keystone: new KeystoneAdmin((request) => sandbox.fetch(request), sandbox.authUrl, {
      user: sandbox.admin.userName,
      password: sandbox.admin.password,
      project: sandbox.admin.projectName,
    }),
    confirmAfter: CONFIRM_AFTER,
    gateway,
    requests: requests,
    callsByRoute() {
      const served = [gateway, second].flatMap(({ logged }) =>
        logged.filter(({ event }) => event === 'request').map(({ fields }) => fields),
      );
      const routes = new Map(
        served.map(({ request_id, method, route }) => [String(request_id), `${method} ${route}`]),
      );
      const found = new Map<string, Set<string>>();
      for (const { requestId, call } of calls) {
        const route = routes.get(requestId ?? '');
        if (route !== undefined) found.set(route, (found.get(route) ?? new Set()).add(call));
      }
      return found;
    },
    accountClouds,
    adminProjectId: sandbox.admin.projectId,
    acme: customer('acme'),
    globex: customer('globex'),
    async close() {
      await Promise.all([gateway.stop(), second.stop()]);
      await Promise.all([clouds.close(), shared.close()]);
    },
  };
}

/** The project and user that redu's documentation shows. */
const SEED = { id: '719015812e824d5b874b4190dde8f43c', userId: 'ab2399414c9248a09de5ed551c817f16' };
