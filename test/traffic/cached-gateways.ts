import { randomBytes } from 'node:crypto';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { Scope } from '../../src/scopes.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { ReduClient } from '../support/redu-client.ts';

/** `admin` is the operator's own, and has service keys alone. */
export type Project = 'acme' | 'globex' | 'admin';

/** What takes the cloud's place for one call: an answer, or null to let it through. */
export type Disturbance = (request: Request) => Promise<Response | null>;

/** Gateways with the same keys in front of one sandbox with two projects, whose calls are seen. */
export interface CachedGateways {
  readonly nodes: readonly RunningGateway[];
  /** `METHOD path` of the calls, sign-ins left out, since it was emptied last. */
  readonly asked: string[];
  disturb: Disturbance;
  /** A key of the project, and a client of each node with it. */
  clients(
    project?: Project,
    options?: { service?: boolean; scopes?: readonly Scope[] },
  ): Promise<ReduClient[]>;
  /** Its other tools, past the gateways. */
  openStack(project?: Project): OpenStackClient;
  close(): Promise<void>;
}

export async function cachedGateways(
  count: number,
  {
    bootMilliseconds = 10,
    ...options
  }: Pick<GatewayUnderTest, 'cache' | 'redisUrl' | 'deadline' | 'streams'> & {
    bootMilliseconds?: number;
  } = {},
): Promise<CachedGateways> {
  const sandbox = createSandbox({
    bootMilliseconds,
    projects: [{ name: 'acme' }, { name: 'globex', withKeyPair: false }],
  });
  const asked: string[] = [];
  const clouds = openStackDriver({
    transport: fetchTransport(async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname.endsWith('/auth/tokens')) return sandbox.fetch(request);
      asked.push(`${request.method} ${pathname}${search}`);
      return (await gateways.disturb(request)) ?? sandbox.fetch(request);
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: sandbox.admin.userId },
      password: sandbox.admin.password,
      project: { id: sandbox.admin.projectId },
    },
  });
  const shared = { keys: memoryKeyStore(), secret: randomBytes(32).toString('base64') };
  const nodes: RunningGateway[] = [];
  for (let n = 0; n < count; n++) nodes.push(await startGateway(clouds, { ...shared, ...options }));
  const account = (project: Project) => {
    const found = sandbox.accounts.find(({ projectName }) => projectName === project);
    if (found === undefined) throw new Error(`the sandbox has no project ${project}`);
    return found;
  };
  const secretOf = (project: Project) => {
    const { applicationCredentialId: id, applicationCredentialSecret: secret } = account(project);
    return { id, secret };
  };
  const gateways: CachedGateways = {
    nodes,
    asked,
    disturb: async () => null,
    async clients(project = 'acme', { service = project === 'admin', scopes } = {}) {
      const credential: CloudCredential = service
        ? {
            kind: 'service',
            projectId: project === 'admin' ? sandbox.admin.projectId : account(project).projectId,
          }
        : { kind: 'application_credential', ...secretOf(project) };
      const [first] = nodes;
      const key = await first?.keyFor(credential, scopes);
      if (key === undefined) throw new Error('there is no node');
      return nodes.map(({ url }) => new ReduClient(url, key));
    },
    openStack(project = 'acme') {
      return new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, secretOf(project));
    },
    async close() {
      await Promise.all(nodes.map((node) => node.stop()));
      await clouds.close();
    },
  };
  return gateways;
}

/** Holds calls back until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What a cloud says that is being repaired. */
export const DOWN = () => new Response('down', { status: 503 });
