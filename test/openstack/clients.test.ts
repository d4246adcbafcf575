/**
 * OpenStack's own clients with nothing but an API key, through the gateway, against the real OpenStack.
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IMAGE, type Target } from '../conformance/target.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { openStackTarget, requireOpenStack } from './target.ts';

const CLIENTS = new URL('./clients/', import.meta.url).pathname;
const PATIENCE = { timeout: 120_000, interval: 500 };

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  /** Succeeds where the client is installed. */
  readonly probe: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let target: Target;
let key: string;
let folder: string;
beforeAll(async () => {
  target = await openStackTarget();
  key = (await target.acme.client()).key;
  folder = mkdtempSync(join(tmpdir(), 'linguanova-clients-'));
});
afterAll(async () => {
  await target.close();
  rmSync(folder, { recursive: true });
});

describe('the openstack client, with an API key in clouds.yaml', () => {
  let client: ChildProcess;
  let answers: AsyncIterator<string>;
  beforeAll(() => {
    const clouds = {
      clouds: {
        gateway: {
          auth_type: 'v3applicationcredential',
          region_name: 'RegionOne',
          auth: {
            auth_url: `${target.url}/identity/v3`,
            application_credential_id: keyIdOf(key),
            application_credential_secret: key,
          },
        },
      },
    };
    writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(clouds));
    client = spawn('/usr/bin/python3', [join(CLIENTS, 'openstack_commands.py')], {
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml'),
        OS_CLOUD: 'gateway',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (client.stdout === null) throw new Error('the client has no output');
    answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  });
  afterAll(async () => {
    client.stdin?.end();
    if (client.exitCode === null) await once(client, 'close');
  });

  async function run(command: string): Promise<Ran> {
    client.stdin?.write(`${JSON.stringify(command.split(' '))}\n`);
    const { value } = await answers.next();
    return JSON.parse(value ?? '{"code": 255, "out": "", "err": "the client has ended"}');
  }
  /** What a command prints that has to succeed. */
  async function openstack(command: string): Promise<string> {
    const { code, out, err } = await run(command);
    expect(code, `openstack ${command}\n${err}`).toBe(0);
    return out;
  }
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client prints
  const json = async (command: string): Promise<any> => JSON.parse(await openstack(`${command} -f json`));
  const names = async (command: string) =>
    (await json(command)).map(({ Name }: { Name: string }) => Name) as string[];
  const until = (name: string, status: string) =>
    vi.waitUntil(async () => (await json(`server show ${name}`)).status === status, PATIENCE);

  test('token issue, catalog list, versions show', async () => {
    expect((await json('token issue')).project_id).toBe(target.acme.projectId);
    const catalog = await json('catalog list');
    expect(catalog.map(({ Type }: { Type: string }) => Type).toSorted()).toEqual(
      expect.arrayContaining(['compute', 'identity', 'image', 'network']),
    );
    expect(JSON.stringify(catalog)).toContain(`${target.url}/compute/v2.1`);
    const versions = await json('versions show');
    for (const { Endpoint } of versions) expect(Endpoint).toMatch(target.url);
  });

  test('flavor, image, network, quota, limits, availability zone', async () => {
    expect(await names('flavor list')).toContain('m1.tiny');
    expect(await names('image list')).toContain(IMAGE);
    expect((await json(`image show ${IMAGE}`)).status).toBe('active');
    expect(await names('network list')).toContain('public');
    expect(await json('quota show')).toMatchObject({ instances: 100 });
    const limits = await json('limits show --absolute');
    expect(limits).toContainEqual({ Name: 'maxTotalInstances', Value: 100 });
    expect(await json('availability zone list')).toContainEqual(
      expect.objectContaining({ 'Zone Name': 'nova' }),
    );
    expect(await names('project list')).toEqual(['acme']);
  });

  test('keypair', async () => {
    expect(await openstack('keypair create cli-pair')).toContain('PRIVATE KEY');
    expect(await names('keypair list')).toContain('cli-pair');
    await openstack('keypair delete cli-pair');
    expect(await names('keypair list')).not.toContain('cli-pair');
  });

  test('server create, list, show, stop, start, reboot, resize, image create, addresses, groups, delete', async () => {
    const { openStack } = target.acme;
    const before = await openStack.belongings();
    await openstack('security group create cli-group');
    await openstack('security group rule create --proto tcp --dst-port 443 cli-group');
    const created = await json(
      `server create --flavor m1.tiny --image ${IMAGE} --network acme-private --wait cli-server`,
    );
    expect(created).toMatchObject({ name: 'cli-server', status: 'ACTIVE' });
    expect(await names('server list')).toContain('cli-server');
    await openstack('server set --property team=blue cli-server');
    await openstack('server stop cli-server');
    await until('cli-server', 'SHUTOFF');
    await openstack('server start cli-server');
    await until('cli-server', 'ACTIVE');
    await openstack('server reboot --wait cli-server');
    await openstack('server add security group cli-server cli-group');
    await openstack('server remove security group cli-server cli-group');

    const { floating_ip_address: address } = await json('floating ip create public');
    await openstack(`server add floating ip cli-server ${address}`);
    const own = (await json('floating ip list')).find(
      (ip: Record<string, unknown>) => ip['Floating IP Address'] === address,
    );
    expect(own['Fixed IP Address']).not.toBeNull();
    await openstack(`server remove floating ip cli-server ${address}`);
    await openstack(`floating ip delete ${address}`);

    await openstack('server resize --flavor m1.small --wait cli-server');
    await openstack('server resize confirm cli-server');
    await until('cli-server', 'ACTIVE');
    await openstack('server image create --name cli-image --wait cli-server');
    expect(await names('image list')).toContain('cli-image');
    await openstack('image delete cli-image');
    await openstack('server delete --wait cli-server');
    expect((await run('server show cli-server')).code).not.toBe(0);
    await openstack('security group delete cli-group');
    expect(await openStack.belongings()).toEqual(before);
  }, 400_000);

  test('what only administrators may is refused in words that can be read', async () => {
    const { code, err } = await run('hypervisor list');
    expect([code, err]).toEqual([1, expect.stringContaining('lacks the scope "admin"')]);
  });
});

describe('other clients: list, create, get, reboot, delete', () => {
  const GO = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' };
  const ALL: readonly (readonly [name: string, program: Program])[] = [
    [
      'libcloud',
      {
        program: '/usr/bin/python3',
        args: ['libcloud_server.py'],
        probe: ['-c', 'import libcloud'],
        env: {},
      },
    ],
    [
      'fog-openstack',
      {
        program: '/usr/bin/ruby',
        args: ['fog_server.rb'],
        probe: ['-e', 'require "fog/openstack"'],
        env: {},
      },
    ],
    [
      'gophercloud',
      {
        program: 'go',
        args: ['run', 'gophercloud_server.go'],
        probe: ['list', 'github.com/gophercloud/gophercloud'],
        env: GO,
      },
    ],
  ];
  const isThere = ([name, { program, probe, env }]: (typeof ALL)[number]) => {
    const there = spawnSync(program, probe, { env: { ...process.env, ...env } }).status === 0;
    if (!there) console.warn(`not tested with ${name}: it is not installed (.ci/run does it)`);
    return there;
  };
  const PROGRAMS = ALL.filter(isThere);
  test.each(PROGRAMS)(
    '%s',
    async (name, { program, args, env }) => {
      const imageId = (await target.acme.openStack.image('GET', `/images?name=${IMAGE}`)).body.images[0].id;
      const child = spawn(program, args, {
        cwd: CLIENTS,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          GATEWAY: target.url,
          KEY: key,
          KEY_ID: keyIdOf(key),
          PROJECT: 'acme',
          NETWORK: requireOpenStack().ACME_NETWORK_ID,
          IMAGE,
          IMAGE_ID: imageId,
          NAME: `client-${name}`,
          ...env,
        },
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        out += chunk;
      });
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        err += chunk;
      });
      const [code] = await once(child, 'close');
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        name: `client-${name}`,
        listed: true,
        rebooted: true,
        destroyed: true,
      });
    },
    400_000,
  );
});
