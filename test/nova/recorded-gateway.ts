import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { type OpenStackOptions, openStackDriver } from '../../adapters/openstack/index.ts';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';
import type { Scope } from '../../src/scopes.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';

/** A request as received by the cloud. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type KeyKind = 'application_credential' | 'service' | 'administrator';

/** A gateway in front of a sandbox with two customers that records every request. */
export interface RecordedGateway {
  readonly gateway: RunningGateway;
  readonly acme: Account;
  readonly globex: Account;
  /** Without sign-ins. */
  readonly arrived: readonly Arrived[];
  keyOf(account: Account, kind?: KeyKind, scopes?: readonly Scope[], plan?: string): Promise<string>;
  /** Responds in the cloud's place; null: the cloud responds. */
  respond: (request: Request) => Response | null;
  close(): Promise<void>;
}

/**
 * @param further Services that the cloud has besides, by type; `%(project)s` is the project.
 * @param given Endpoints by hand.
 */
export async function recordedGateway(
  options: GatewayUnderTest = {},
  further: Readonly<Record<string, string>> = {},
  given: OpenStackOptions['endpoints']['given'] = [],
): Promise<RecordedGateway> {
  const sandbox = createSandbox({
    bootMilliseconds: 60,
    projects: [{ name: 'acme' }, { name: 'globex' }],
  });
  const [acme, globex] = sandbox.accounts;
  if (acme === undefined || globex === undefined) throw new Error('the sandbox has no accounts');
  const arrived: Arrived[] = [];
  const clouds = openStackDriver({
    transport: fetchTransport(async (request) => {
      const { method, url } = request;
      if (!url.endsWith('/auth/tokens')) {
        arrived.push({ method, url, headers: Object.fromEntries(request.headers) });
      }
      const response = recorded.respond(request) ?? (await sandbox.fetch(request));
      return method === 'POST' && url.endsWith('/auth/tokens') ? withServices(response, further) : response;
    }),
    ...(options.services && { services: options.services }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public', given },
    serviceAccount: {
      kind: 'password',
      user: { id: sandbox.admin.userId },
      password: sandbox.admin.password,
      project: { id: sandbox.admin.projectId },
    },
  });
  const gateway = await startGateway(clouds, options);
  const recorded: RecordedGateway = {
    gateway,
    acme,
    globex,
    arrived,
    respond: () => null,
    keyOf(account, kind = 'application_credential', scopes, plan) {
      const { applicationCredentialId: id, applicationCredentialSecret: secret, projectId } = account;
      const credential =
        kind === 'application_credential'
          ? { kind, id, secret }
          : {
              kind: 'service' as const,
              projectId: kind === 'service' ? projectId : sandbox.admin.projectId,
            };
      return gateway.keyFor(credential, scopes, plan);
    },
    async close() {
      await gateway.stop();
      await clouds.close();
    },
  };
  return recorded;
}

/** The token's catalog with further services. */
async function withServices(
  response: Response,
  further: Readonly<Record<string, string>>,
): Promise<Response> {
  const { status, headers } = response;
  if (status !== 201) return response;
  const { token } = (await response.json()) as { token: { project: { id: string }; catalog: object[] } };
  for (const [type, url] of Object.entries(further)) {
    const endpoint = {
      region: 'RegionOne',
      region_id: 'RegionOne',
      url: url.replace('%(project)s', token.project.id),
    };
    token.catalog.push({
      type,
      name: `own-${type}`,
      endpoints: [{ id: type, interface: 'public', ...endpoint }],
    });
  }
  const { 'content-length': _, ...others } = Object.fromEntries(headers);
  return Response.json({ token }, { status, headers: others });
}
