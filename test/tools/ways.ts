/**
 * The ways by which a tool reaches a cloud: the same project directly, through a gateway, through two of them that speak redu with
 * each other, and the sandbox of `npm start`. Gateways are processes of their own.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudProject, CloudProjects, type ProjectWish } from '../support/cloud-projects.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { realOpenStack } from '../support/real-openstack.ts';
import type { Where } from './record.ts';

/** A cloud as a customer's tool sees it. */
export interface Way {
  readonly where: Where;
  /** Of Keystone, or of the gateway, with `/v3`. */
  readonly authUrl: string;
  readonly region: string;
  /** An application credential; through a gateway a key and its id. */
  readonly id: string;
  readonly secret: string;
  /** The same as variables of OpenStack's clients. */
  readonly env: Readonly<Record<string, string>>;
  /** The last gateway before the tool; null where there is none. */
  readonly gateway: ToolGateway | null;
  close(): Promise<void>;
}

/** A gateway that keeps its address and its keys when it is started again. */
export interface ToolGateway {
  readonly url: string;
  /** Of an `Authorization: Bearer` at `/admin`. */
  readonly adminToken: string;
  /** A further key for the same credential; all scopes that an issuer gives unless named. */
  keyFor(scopes?: readonly string[]): Promise<{ readonly id: string; readonly key: string }>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A project of the test's own at the real OpenStack. */
export interface ToolProject extends CloudProject {
  remove(): Promise<void>;
}

/** @param wish By default a member's, who may use load balancers. */
export async function toolProject(wish: Partial<ProjectWish> = {}): Promise<ToolProject> {
  const projects = await CloudProjects.of(openStack());
  const project = await projects.make({
    name: `tools-${randomBytes(3).toString('hex')}`,
    roles: ['member', 'load-balancer_member'],
    cidr: '10.30.0.0/24',
    networkName: 'private',
    ...wish,
  });
  return { ...project, remove: () => projects.remove(project) };
}

/**
 * @param project At the real OpenStack; the sandbox has its own.
 * @param variables Of the gateway, besides those of its cloud.
 */
export async function openWay(
  where: Where,
  project: Pick<CloudProject, 'credential'> | null,
  variables: Readonly<Record<string, string>> = {},
): Promise<Way> {
  const region = where === 'sandbox' ? 'RegionOne' : (openStack().OS_REGION_NAME ?? '');
  if (where === 'sandbox') {
    const gateway = await startGateway({ LINGUANOVA_SANDBOX: '1', ...variables }, {});
    return way(where, region, gateway, gateway.printedKey());
  }
  if (project === null) throw new Error(`${where}: a project is required`);
  const { credential } = project;
  if (where === 'directly') {
    const authUrl = openStack().OS_AUTH_URL ?? '';
    return { ...credentials(authUrl, region, credential), where, gateway: null, close: async () => {} };
  }
  const cloud = {
    OS_AUTH_URL: openStack().OS_AUTH_URL ?? '',
    OS_REGION_NAME: region,
    LINGUANOVA_SERVICES: '*',
  };
  const gateway = await startGateway({ ...cloud, ...variables }, { application_credential: credential });
  const issued = await gateway.keyFor();
  if (where === 'gateway') return way(where, region, gateway, issued);
  const chain = { REDU_URL: gateway.url, ...variables };
  const outer = await startGateway(chain, { redu_key: issued.key });
  const opened = way(where, region, outer, await outer.keyFor());
  return {
    ...opened,
    async close() {
      await opened.close();
      await gateway.close();
    },
  };
}

function openStack(): Readonly<Record<string, string>> {
  const variables = realOpenStack();
  if (variables === null) throw new Error('no OpenStack is running on this machine: start one first');
  return variables;
}

function credentials(authUrl: string, region: string, { id, secret }: { id: string; secret: string }) {
  const env = {
    OS_AUTH_TYPE: 'v3applicationcredential',
    OS_AUTH_URL: authUrl,
    OS_REGION_NAME: region,
    OS_APPLICATION_CREDENTIAL_ID: id,
    OS_APPLICATION_CREDENTIAL_SECRET: secret,
  };
  return { authUrl, region, id, secret, env };
}

type StartedGateway = ToolGateway & { printedKey(): { id: string; key: string }; close(): Promise<void> };

function way(
  where: Where,
  region: string,
  gateway: StartedGateway,
  issued: { id: string; key: string },
): Way {
  const { id, key } = issued;
  return {
    ...credentials(`${gateway.url}/identity/v3`, region, { id, secret: key }),
    where,
    gateway,
    close: gateway.close,
  };
}

/** @param credential The field of `POST /admin/v1/keys` that names the customer at the cloud. */
async function startGateway(
  variables: Readonly<Record<string, string>>,
  credential: Readonly<Record<string, unknown>>,
): Promise<StartedGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-tools-'));
  const adminToken = randomBytes(24).toString('base64url');
  const port = await freePort();
  const env = {
    PORT: String(port),
    LOG_LEVEL: 'warn',
    LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: adminToken,
    // Tools of one address, and suites of them: what is tested here are not the limits.
    LINGUANOVA_PLANS: 'default=1000000/60',
    ...variables,
  };
  const url = `http://127.0.0.1:${port}`;
  let running: GatewayProcess | null = null;
  const start = async () => {
    running = await startProcess(env, folder);
  };
  const stop = async () => {
    await running?.end('SIGTERM');
    running = null;
  };
  await start();
  return {
    url,
    adminToken,
    start,
    stop,
    async keyFor(scopes) {
      const response = await fetch(`${url}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'tool', ...credential, ...(scopes && { scopes }) }),
      });
      if (response.status !== 201) throw new Error(`cannot create a key: ${await response.text()}`);
      return (await response.json()) as { id: string; key: string };
    },
    printedKey() {
      const [, key = ''] = /x-api-key: (\S+)"/.exec(running?.stdout() ?? '') ?? [];
      return { id: keyIdOf(key), key };
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
