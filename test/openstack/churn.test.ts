import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CloudProject, CloudProjects } from '../support/cloud-projects.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { KeystoneAdmin } from '../support/keystone-admin.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { requireOpenStack } from './target.ts';

/** `CHURN_INSTANCES=200` is the full run. */
const INSTANCES = Number(process.env.CHURN_INSTANCES ?? 16);
const CONCURRENT = 8;
const KILLS = Math.max(2, INSTANCES / 8);
/** After the last server is gone. */
const CLEAN_WITHIN_MS = 60_000;
const REQUEST_TIMEOUT_MS = 60_000;

const variables = requireOpenStack();
const read = (name: string) => variables[name] ?? '';

let projects: CloudProjects;
let project: CloudProject;
let openStack: OpenStackClient;
/** The one that runs, or starts. */
let gateway: Promise<GatewayProcess>;
let key: string;

const cwd = mkdtempSync(join(tmpdir(), 'linguanova-churn-'));
const settings = {
  OS_AUTH_URL: read('OS_AUTH_URL'),
  OS_REGION_NAME: read('OS_REGION_NAME'),
  OS_USERNAME: read('ADMIN_USER'),
  OS_PASSWORD: read('ADMIN_PASSWORD'),
  OS_PROJECT_NAME: read('ADMIN_PROJECT'),
  LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
  LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
  LINGUANOVA_RECONCILE_MINUTES: '0',
  LINGUANOVA_LIMITS: 'off',
};

beforeAll(async () => {
  projects = await CloudProjects.of(variables);
  project = await projects.make({
    name: `churn-${randomBytes(3).toString('hex')}`,
    roles: ['member'],
    cidr: '10.77.0.0/16',
    networkName: 'churn',
    quotas: { instances: 500, cores: 1_000, ram: 1_048_576 },
  });
  const admin = {
    user: read('ADMIN_USER'),
    password: read('ADMIN_PASSWORD'),
    project: read('ADMIN_PROJECT'),
  };
  await new KeystoneAdmin(fetch, read('OS_AUTH_URL'), admin).join(project.projectId);
  openStack = new OpenStackClient(fetch, read('OS_AUTH_URL'), project.credential);
  gateway = startProcess(settings, cwd);
  const { url } = await gateway;
  const response = await fetch(`${url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'churn', application_credential: project.credential }),
  });
  key = ((await response.json()) as { key: string }).key;
});
afterAll(async () => {
  await (await gateway)?.end('SIGTERM');
  if (project !== undefined) await projects.remove(project);
});

/** null if the gateway was killed meanwhile. */
async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const { url } = await gateway;
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Sent again until a gateway lives to respond, as clients do. */
async function persist(...request: Parameters<typeof send>) {
  for (;;) {
    const response = await send(...request);
    if (response !== null && response.status < 500) return response;
    await pause(300);
  }
}

/** Creates an instance and deletes it; one whose creation was cut off is left to the end. */
async function live(at: number): Promise<void> {
  const created = await send('POST', '/v1/instances', {
    name: `churn-${at}`,
    flavor_id: 'm1.tiny',
    image_id: 'ubuntu-22.04-amd64',
    network_id: project.networkId,
    metadata: { isPublic: true, enableSSH: at % 3 === 0 },
  });
  if (created === null || created.status >= 500) return;
  const { status, body } = created;
  expect(status, JSON.stringify(body)).toBe(202);
  if (at % 2 === 0) await pause(Math.random() * 2_500);
  else {
    const state = async () => (await persist('GET', `/v1/instances/${body.id}`)).body?.state;
    await expect.poll(state, { timeout: 60_000, interval: 500 }).toBe('active');
  }
  await remove(body.id, at % 4 < 2 ? '/v1/instances' : '/compute/v2.1/servers');
}

async function remove(id: string, collection: string): Promise<void> {
  const { status, body } = await persist('DELETE', `${collection}/${id}`);
  expect([204, 404], JSON.stringify(body)).toContain(status);
}

const groups = async () =>
  (await openStack.network('GET', '/security-groups')).body.security_groups
    .map(({ name }: { name: string }) => name)
    .filter((name: string) => name !== 'linguanova-ssh')
    .sort();
const left = async () => ({ ...(await openStack.belongings()), groups: await groups() });

test(
  `${INSTANCES} public instances that are deleted, half of them while they boot, leave nothing although gateways are killed`,
  async () => {
    const before = await left();
    let next = 0;
    let kills = 0;
    const customer = async () => {
      while (next < INSTANCES) await live(next++);
    };
    const killer = async () => {
      while (next < INSTANCES) {
        if (next < ((kills + 1) * INSTANCES) / (KILLS + 1)) {
          await pause(50);
          continue;
        }
        kills += 1;
        await pause(Math.random() * 300);
        const killed = await gateway;
        gateway = killed.end('SIGKILL').then(() => startProcess(settings, cwd));
        await gateway;
      }
    };
    await Promise.all([killer(), ...Array.from({ length: CONCURRENT }, customer)]);
    expect(kills).toBeGreaterThan(0);
    let deletedAt = Date.now();
    const remaining = async () => {
      const { body } = await persist('GET', '/v1/instances');
      for (const { id, state } of body) {
        if (state === 'deleting') continue;
        await remove(id, '/v1/instances');
        deletedAt = Date.now();
      }
      return body.length;
    };
    // Nova on a busy machine takes longer than the gateway.
    await expect.poll(remaining, { timeout: 180_000, interval: 1_000 }).toBe(0);
    await expect.poll(left, { timeout: CLEAN_WITHIN_MS, interval: 1_000 }).toEqual(before);
    const seconds = Math.round((Date.now() - deletedAt) / 1_000);
    console.info(`${kills} kills; clean ${seconds} s after the last delete`);
  },
  INSTANCES * 5_000 + 300_000,
);
