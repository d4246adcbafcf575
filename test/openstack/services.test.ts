/** Further services of the real OpenStack by their client, with the commands of their pages as printed. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import { ALL_SERVICES } from '../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE, SCOPES } from '../../src/scopes.ts';
import { read, section } from '../docs/pages.ts';
import { type CloudProject, CloudProjects } from '../support/cloud-projects.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { keyIdOf, sendNova } from '../support/nova-client.ts';
import { type OpenStackCommands, openStackCommands } from '../support/openstack-commands.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { requireOpenStack } from './target.ts';

const run = promisify(execFile);
const PAGES = [read('docs/services.md'), read('docs/object-storage.md')];
const TIMEOUT = 180_000;

const variables = requireOpenStack();
const clouds = openStackDriver({
  transport: undiciTransport(),
  authUrl: variables.OS_AUTH_URL ?? '',
  endpoints: { region: variables.OS_REGION_NAME ?? null, interface: 'public' },
  services: ALL_SERVICES,
  serviceAccount: {
    kind: 'password',
    user: { name: variables.ADMIN_USER ?? '', domain: { name: 'Default' } },
    password: variables.ADMIN_PASSWORD ?? '',
    project: { name: variables.ADMIN_PROJECT ?? '', domain: { name: 'Default' } },
  },
});
let gateway: RunningGateway;
let projects: CloudProjects;
let project: CloudProject;
let commands: OpenStackCommands;
beforeAll(async () => {
  projects = await CloudProjects.of(variables);
  const name = `services-${crypto.randomUUID().slice(0, 8)}`;
  project = await projects.make({ name, roles: ['member'], cidr: '10.77.0.0/24', networkName: 'private' });
  gateway = await startGateway(clouds, { services: ALL_SERVICES });
  const key = await keyWith([...DEFAULT_SCOPES, ...EVERY_SERVICE]);
  commands = openStackCommands(`${gateway.url}/identity/v3`, { id: keyIdOf(key), secret: key });
}, TIMEOUT);
afterAll(async () => {
  await commands?.close();
  await gateway?.stop();
  await clouds.close();
  if (project !== undefined) await projects.remove(project);
}, TIMEOUT);

const keyWith = (scopes: Parameters<RunningGateway['keyFor']>[1]) =>
  gateway.keyFor({ kind: 'application_credential', ...project.credential }, scopes);

describe('the commands of docs/services.md and docs/object-storage.md', () => {
  test.each([
    ['Orchestration', PAGES[0]],
    ['Secrets', PAGES[0]],
    ['Load balancers', PAGES[0]],
    ['DNS', PAGES[0]],
    ['Use', PAGES[1]],
  ])(
    '%s',
    async (heading, page = '') => {
      const text = section(page, heading);
      writeFileSync(join(commands.folder, 'cat.jpg'), 'a picture');
      const [, template] = /```yaml\n([^`]*)```/.exec(text) ?? [];
      if (template !== undefined) writeFileSync(join(commands.folder, 'stack.yaml'), template);
      const [, script = ''] = /```sh\n([^`]*)```/.exec(text) ?? [];
      const set: Record<string, string> = {};
      const printed: string[] = [];
      for (const line of script.trim().split('\n')) {
        const [, name, command = line] = /^(\w+)=\$\((.*)\)$/.exec(line) ?? [];
        const filled = command.replace(/\$(\w+)/g, (_, variable: string) => set[variable] ?? '');
        const words = filled.match(/"[^"]*"|\S+/g) ?? [];
        const { code, out, err } = await commands.run(words.slice(1).map((word) => word.replaceAll('"', '')));
        expect({ line, code, err }).toMatchObject({ code: 0 });
        if (name !== undefined) set[name] = out.trim();
        printed.push(out);
      }
      for (const reference of Object.values(set))
        expect(reference).toContain(`${gateway.url}/key-manager/v1/`);
      if (heading === 'Secrets') expect(printed[1]).toContain('hunter2');
    },
    TIMEOUT,
  );
});

test('a key that lacks the scope gets 403 of each', async () => {
  const key = await keyWith(['instances:read', 'instances:write']);
  for (const [service, path] of [
    ['orchestration', `/v1/${project.projectId}/stacks`],
    ['key-manager', '/v1/secrets'],
    ['load-balancer', '/v2/lbaas/loadbalancers'],
    ['dns', '/v2/zones'],
    ['placement', '/resource_providers'],
  ] as const) {
    const { status, body } = await sendNova(gateway.url, `GET /${service}${path}`, { 'x-auth-token': key });
    expect(status, service).toBe(403);
    expect(JSON.stringify(body)).toContain(`lacks the scope \\"${service}:read\\"`);
  }
});

test('placement is the administrator’s, with the command of docs/services.md as printed', async () => {
  const at = 'GET /placement/resource_providers';
  const member = await keyWith([...DEFAULT_SCOPES, ...EVERY_SERVICE]);
  expect((await sendNova(gateway.url, at, { 'x-auth-token': member })).status).toBe(403);
  const { projectId } = await clouds
    .openAsServiceAccount({
      region: variables.OS_REGION_NAME ?? '',
      deadline: deadlineIn(60_000),
      requestId: `req-${crypto.randomUUID()}`,
      trace: new CallTrace(),
      log: silentLogger,
    })
    .identity();
  const admin = await gateway.keyFor({ kind: 'service', projectId }, [...SCOPES, ...EVERY_SERVICE]);
  const [, printed = ''] = /```sh\n([^`]*)```/.exec(section(PAGES[0] ?? '', 'Placement')) ?? [];
  const command = printed.replace('https://api.example.org', gateway.url).replace('curl ', 'curl -sS ');
  const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, KEY: admin } });
  expect(JSON.parse(stdout).resource_providers.length).toBeGreaterThan(0);
});
