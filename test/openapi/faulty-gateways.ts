import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { reduDriver } from '../../adapters/redu/index.ts';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';
import { parseKey } from '../../src/access/key-format.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import { SCOPES, type Scope } from '../../src/scopes.ts';
import type { LimitOptions } from '../../src/traffic/limit/limit.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { sharedKeys } from '../support/shared-keys.ts';

/** What the cloud answers instead of its own response; null: nothing else. */
export type Fault = (request: Request) => Response | Promise<Response> | null;

/** Gateways with the same database in front of one sandbox, of which each sees the cloud with a fault of its own. */
export interface FaultyGateways {
  readonly account: Account;
  readonly adminProjectId: string;
  /** Without faults. */
  readonly well: RunningGateway;
  start(fault: Fault, options?: GatewayUnderTest): Promise<RunningGateway>;
  /** In a region that has none of the services that another one has. */
  startInEmptyRegion(): Promise<RunningGateway>;
  /** In front of a cloud that speaks redu. */
  startInFrontOfRedu(): Promise<RunningGateway>;
  /** With a defect that each request meets. */
  startDefective(): Promise<RunningGateway>;
  /** With a database that is not reachable any longer. */
  startWithoutDatabase(): Promise<RunningGateway>;
  /** With a database whose schema is not this version's. */
  startWithOtherSchema(): Promise<RunningGateway>;
  /** A key of the account, with all scopes. */
  readonly key: string;
  /** A further one. */
  newKey(scopes?: readonly Scope[]): Promise<string>;
  /** Revokes all but `key`: a user may have a hundred. */
  revokeOthers(): Promise<void>;
  stop(): Promise<void>;
}

/** So that responses have the headers of limits. */
const UNLIMITED: Partial<LimitOptions> = {
  mode: 'enforce',
  plans: [{ name: 'default', points: 1_000_000, projectPoints: 1_000_000, seconds: 60 }],
};

type Clouds = Parameters<typeof startGateway>[0];

export async function faultyGateways(): Promise<FaultyGateways> {
  const sandbox = createSandbox({
    // So that no request finds a resource in transition.
    bootMilliseconds: 0,
    regions: [
      { name: 'RegionOne' },
      { name: 'RegionTwo', without: ['compute', 'image', 'network', 'volumev3'] },
    ],
  });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const shared = sharedKeys();
  const stores = await shared.openStores();
  const toStop: (() => Promise<unknown>)[] = [];

  const open = (fault: Fault, region = 'RegionOne') => {
    const clouds = openStackDriver({
      transport: fetchTransport(async (request) => (await fault(request)) ?? sandbox.fetch(request)),
      authUrl: sandbox.authUrl,
      endpoints: { region, interface: 'public', served: '*' },
      serviceAccount: {
        kind: 'password',
        user: { id: sandbox.admin.userId },
        password: sandbox.admin.password,
        project: { id: sandbox.admin.projectId },
      },
    });
    toStop.push(() => clouds.close());
    return clouds;
  };
  const serve = async (clouds: Clouds, options: GatewayUnderTest = {}) => {
    const gateway = await startGateway(clouds, {
      ...stores,
      secret: shared.secret,
      limits: UNLIMITED,
      ...options,
    });
    toStop.push(() => gateway.stop());
    return gateway;
  };
  const well = await serve(open(() => null));
  const credential: CloudCredential = {
    kind: 'application_credential',
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  };
  const newKey = (scopes: readonly Scope[] = SCOPES) => well.keyFor(credential, scopes);
  const key = await newKey();
  return {
    account,
    adminProjectId: sandbox.admin.projectId,
    well,
    start: (fault, options) => serve(open(fault), options),
    startInEmptyRegion: () => serve(open(() => null, 'RegionTwo')),
    startInFrontOfRedu: () => serve(reduDriver({ url: 'http://redu.invalid', fetch })),
    async startDefective() {
      const clouds = open(() => null);
      let isBroken = false;
      const regions = Object.defineProperty(Object.create(clouds.regions), 'default', {
        get() {
          if (isBroken) throw new TypeError('a defect');
          return clouds.regions.default;
        },
      });
      const gateway = await serve({ ...clouds, regions });
      isBroken = true;
      return gateway;
    },
    async startWithoutDatabase() {
      const own = await shared.openStores();
      const gateway = await serve(
        open(() => null),
        own,
      );
      await own.keys.close();
      return gateway;
    },
    startWithOtherSchema: () =>
      serve(
        open(() => null),
        { keys: { ...stores.keys, hasSchema: async () => false } },
      ),
    key,
    newKey,
    async revokeOthers() {
      const { keys } = stores;
      const now = new Date().toISOString();
      for (const { id } of await keys.list({ liveAt: now }, { limit: 1_000, after: null })) {
        if (id === parseKey(key)?.id) continue;
        const entry = { at: now, actor: 'cli', action: 'key.revoke', keyId: id } as const;
        await keys.revoke(id, now, { ...entry, address: null, requestId: null, detail: '' }, 'key');
      }
    },
    async stop() {
      await Promise.all(toStop.map((stop) => stop()));
      await shared.close();
    },
  };
}
