import { randomBytes } from 'node:crypto';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { type OpenStackDriver, openStackDriver } from '../../adapters/openstack/index.ts';
import {
  type Account,
  createSandbox,
  type Sandbox,
  type SandboxOptions,
} from '../../adapters/sandbox/index.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from './gateway.ts';
import { KeystoneAdmin } from './keystone-admin.ts';
import { OpenStackClient } from './openstack-client.ts';
import { ReduClient } from './redu-client.ts';

/** What happens to a request on its way to the sandbox; undefined: it arrives there. */
export type Detour = (request: Request, forward: () => Promise<Response>) => Promise<Response> | undefined;

/** A gateway before a sandbox of its own, whose calls to the cloud a test may change. */
export interface ReleasingGateway {
  readonly sandbox: Sandbox;
  readonly account: Account;
  readonly openStack: OpenStackClient;
  /** Set by a test. */
  detour: Detour;
  readonly gateway: RunningGateway;
  /** Of acme. */
  readonly client: ReduClient;
  readonly key: string;
  /** A further gateway of the same keys and cloud; without `serviceAccount` it has none. */
  start(options?: GatewayUnderTest & { readonly serviceAccount?: boolean }): Promise<RunningGateway>;
  /** Gives the service account a role in the project. */
  joinServiceAccount(): Promise<void>;
  close(): Promise<void>;
}

export async function releasingGateway(
  sandboxOptions: SandboxOptions = {},
  options: GatewayUnderTest = {},
): Promise<ReleasingGateway> {
  const sandbox = createSandbox({ bootMilliseconds: 800, projects: [{ name: 'acme' }], ...sandboxOptions });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const secret = randomBytes(32).toString('base64');
  const opened: { readonly clouds: OpenStackDriver; readonly gateway: RunningGateway }[] = [];
  const credential = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  const start: ReleasingGateway['start'] = async ({ serviceAccount = false, ...more } = {}) => {
    const clouds = openStackDriver({
      transport: fetchTransport(async (request) => {
        const forward = () => sandbox.fetch(request);
        return (await setup.detour(request, forward)) ?? (await forward());
      }),
      authUrl: sandbox.authUrl,
      endpoints: { region: null, interface: 'public' },
      serviceAccount: serviceAccount
        ? {
            kind: 'password',
            user: { id: sandbox.admin.userId },
            password: sandbox.admin.password,
            project: { id: sandbox.admin.projectId },
          }
        : null,
    });
    const gateway = await startGateway(clouds, { secret, ...options, ...more });
    opened.push({ clouds, gateway });
    return gateway;
  };
  const setup = { detour: (() => undefined) as Detour };
  const gateway = await start();
  const key = await gateway.keyFor({ kind: 'application_credential', ...credential });
  return Object.assign(setup, {
    sandbox,
    account,
    openStack: new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, credential),
    gateway,
    key,
    client: new ReduClient(gateway.url, key),
    start,
    async joinServiceAccount() {
      const { userName, password, projectName } = sandbox.admin;
      const admin = { user: userName, password, project: projectName };
      await new KeystoneAdmin((request) => sandbox.fetch(request), sandbox.authUrl, admin).join(
        account.projectId,
      );
    },
    async close() {
      await Promise.all(opened.map(({ gateway }) => gateway.stop()));
      await Promise.all(opened.map(({ clouds }) => clouds.close()));
    },
  });
}
