import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { IMAGE } from '../conformance/target.ts';
import { fenced, read as readPage } from '../docs/pages.ts';
import { CloudProjects } from '../support/cloud-projects.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { type OpenStackCommands, openStackCommands } from '../support/openstack-commands.ts';
import { type OpenStackProxy, openStackProxy } from '../support/openstack-proxy.ts';
import { type ReduAnswer, ReduClient } from '../support/redu-client.ts';
import { type SecondRegion, secondRegion } from '../support/second-region.ts';
import { requireOpenStack } from './target.ts';

/** Starting the second region takes half a minute, and minutes on a busy machine. */
const START_MS = 600_000;
const STOP_MS = 120_000;
const SOON = { timeout: 60_000, interval: 300 };
const ONE = 'RegionOne';
const TWO = 'RegionTwo';
const IN_TWO = `/regions/${TWO}`;
/** Time that a request to a region that hangs may take. */
const DEADLINE_MS = 3_000;
const SMALL_PLAN = { name: 'small', points: 8, projectPoints: 8, seconds: 600 };

const variables = requireOpenStack();
const read = (name: string) => variables[name] ?? '';
const credential = { id: read('ACME_APP_CRED_ID'), secret: read('ACME_APP_CRED_SECRET') };
const account = {
  userName: read('ACME_USER'),
  password: read('ACME_PASSWORD'),
  projectName: read('ACME_PROJECT'),
};

interface Customer {
  readonly gateway: RunningGateway;
  readonly clouds: ReturnType<typeof openStackDriver>;
  readonly client: ReduClient;
}

let second: SecondRegion;
let projectsOfTwo: CloudProjects;
let networkOfTwo: string;
let customer: Customer;
let proxy: OpenStackProxy;
let behindProxy: Customer;
/** By region: the client keeps its first `--os-region-name` for as long as its process runs. */
const commandsIn = new Map<string, OpenStackCommands>();
const made: Customer[] = [];

beforeAll(async () => {
  second = await secondRegion();
  projectsOfTwo = await CloudProjects.of(second.variables);
  const network = { cidr: '10.10.0.0/24', networkName: 'acme-private' };
  networkOfTwo = (await projectsOfTwo.makeNetwork(account, network)).networkId;
  customer = await customerOf(read('OS_AUTH_URL'), {
    limits: {
      mode: 'enforce',
      plans: [{ ...SMALL_PLAN, name: 'default', points: 6_000, projectPoints: 6_000 }, SMALL_PLAN],
    },
  });
  proxy = await openStackProxy(read('OS_AUTH_URL'));
  behindProxy = await customerOf(proxy.authUrl, { deadline: DEADLINE_MS, upstreamTimeoutMs: DEADLINE_MS });
  const { key, url } = customer.client;
  for (const region of [ONE, TWO]) {
    const own = { id: keyIdOf(key), secret: key };
    commandsIn.set(region, openStackCommands(`${url}/identity/v3`, own, [ONE, TWO]));
  }
}, START_MS);
afterAll(async () => {
  await Promise.all([...commandsIn.values()].map((commands) => commands.close()));
  for (const { gateway, clouds } of made) await gateway.stop().finally(() => clouds.close());
  await proxy?.close();
  await second?.end();
  if (second !== undefined && !second.isOurs) await projectsOfTwo.empty(read('ACME_PROJECT_ID'));
}, START_MS);

async function customerOf(authUrl: string, options: GatewayUnderTest): Promise<Customer> {
  const clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl,
    endpoints: { region: ONE, served: [ONE, TWO], interface: 'public' },
    serviceAccount: null,
    resilience: { serviceTimeoutMs: DEADLINE_MS / 3 },
  });
  const gateway = await startGateway(clouds, options);
  const key = await gateway.keyFor({ kind: 'application_credential', ...credential });
  const one = { gateway, clouds, client: new ReduClient(gateway.url, key) };
  made.push(one);
  return one;
}

/** With the key in the header of either dialect. */
function nova(target: string, body?: unknown, { client }: Customer = customer): Promise<ReduAnswer> {
  const [method = '', path = ''] = target.split(' ');
  return client.request(method, path, body, { 'x-auth-token': client.key });
}

const directly = (region: string) =>
  new OpenStackClient(fetch, read('OS_AUTH_URL'), credential, '2.46', region);
const serversIn = async (region: string): Promise<string[]> => (await directly(region).belongings()).servers;
const imageIn = async (prefix: string): Promise<string> => {
  const { items } = (await customer.client.get(`${prefix}/v1/images?limit=100`)).body;
  return items.find(({ name }: { name: string }) => name === IMAGE).id;
};
const create = async (prefix: string, name: string, headers: Record<string, string> = {}) =>
  customer.client.request(
    'POST',
    `${prefix}/v1/instances`,
    {
      name,
      flavor_id: 'm1.tiny',
      image_id: await imageIn(prefix),
      network_id: prefix === IN_TWO ? networkOfTwo : read('ACME_NETWORK_ID'),
    },
    headers,
  );
const uniqueName = (name: string) => `${name}-${randomBytes(3).toString('hex')}`;

const portsOf = (cloud: Readonly<Record<string, string>>) =>
  ['NOVA_URL', 'NEUTRON_URL', 'GLANCE_URL'].map((name) => new URL(cloud[name] ?? '').port);
const keystonePort = new URL(read('OS_AUTH_URL')).port;

/** The exit status, and what was printed. */
const run = async (region: string, command: string) => {
  const commands = commandsIn.get(region);
  if (commands === undefined) throw new Error(`no client for ${region}`);
  return commands.run(`--os-region-name ${region} ${command}`);
};
const json = async (region: string, command: string) => {
  const { code, out, err } = await run(region, `${command} -f json`);
  expect(code, err).toBe(0);
  return JSON.parse(out);
};
const column = async (region: string, list: string, name: 'ID' | 'Name'): Promise<string[]> =>
  (await json(region, list)).map((row: Record<string, string>) => row[name]).sort();

describe('one key reaches both regions of a real OpenStack', () => {
  test.each([
    [ONE, TWO],
    [TWO, ONE],
  ])(
    'openstack --os-region-name %s server create, list, show, delete',
    async (region, other) => {
      const name = uniqueName('commands');
      const args = `--flavor m1.tiny --image ${IMAGE} --network acme-private --wait`;
      const server = await json(region, `server create ${args} ${name}`);
      expect(server).toMatchObject({ name, status: 'ACTIVE' });
      expect(await serversIn(region)).toContain(server.id);
      expect(await serversIn(other)).not.toContain(server.id);
      expect(await column(region, 'server list', 'Name')).toContain(name);
      expect(await column(other, 'server list', 'Name')).not.toContain(name);
      expect((await json(region, `server show ${server.id}`)).name).toBe(name);
      expect((await run(other, `server show ${server.id}`)).code).not.toBe(0);
      expect((await run(region, `server delete --wait ${name}`)).code).toBe(0);
      await expect.poll(() => serversIn(region), SOON).not.toContain(server.id);
    },
    240_000,
  );

  test.each([ONE, TWO])(
    'openstack --os-region-name %s lists the networks and images of that region',
    async (region) => {
      const idsOf = (items: { id: string }[]) => items.map(({ id }) => id).sort();
      const { networks } = (await directly(region).network('GET', '/networks')).body;
      expect(await column(region, 'network list', 'ID')).toEqual(idsOf(networks));
      const { images } = (await directly(region).image('GET', '/images')).body;
      expect(await column(region, 'image list', 'ID')).toEqual(idsOf(images));
    },
  );

  test('the command of docs/regions.md lists the servers of the region that it names', async () => {
    const command =
      fenced(readPage('docs/regions.md'), 'sh').find((block) => block.startsWith('openstack ')) ?? '';
    expect(command).toContain(`--os-region-name ${TWO}`);
    const made = await create(IN_TWO, uniqueName('printed'));
    const listed = await commandsIn.get(TWO)?.run(command.trim().split(' ').slice(1));
    expect([listed?.code, listed?.out]).toEqual([0, expect.stringContaining(made.body.id)]);
    await customer.client.delete(`${IN_TWO}/v1/instances/${made.body.id}`);
    await expect.poll(() => serversIn(TWO), SOON).not.toContain(made.body.id);
  });

  test('openstack: a service that only one region has is not in the catalog of the other', async () => {
    expect((await run(ONE, 'volume list')).code).toBe(0);
    const missing = await run(TWO, 'volume list');
    expect(missing.code).not.toBe(0);
    expect(missing.err).toContain(TWO);
  });
});

describe('the redu dialect in both regions', () => {
  test('GET /v1/regions lists both, with the services of each', async () => {
    for (const prefix of ['', IN_TWO]) {
      const { status, body } = await customer.client.get(`${prefix}/v1/regions`);
      expect(status).toBe(200);
      expect(
        body.items.map(({ name, default: isDefault }: Record<string, unknown>) => [name, isDefault]),
      ).toEqual([
        [ONE, true],
        [TWO, false],
      ]);
      const [one, two] = body.items;
      expect(one.services).toEqual(expect.arrayContaining(['compute', 'image', 'network', 'volume']));
      expect(two.services).toEqual(expect.arrayContaining(['compute', 'image', 'network']));
      expect(two.services).not.toContain('volume');
    }
  });

  test('an instance is known in its region only; Location and links are as requested', async () => {
    const cases = [
      ['', ONE, [IN_TWO]],
      [`/regions/${ONE}`, ONE, [IN_TWO]],
      [IN_TWO, TWO, ['', `/regions/${ONE}`]],
    ] as const;
    await Promise.all(
      cases.map(async ([prefix, region, others]) => {
        const created = await create(prefix, uniqueName('apart'));
        expect(created.status, JSON.stringify(created.body)).toBe(202);
        const { id } = created.body;
        expect(created.headers.get('location')).toBe(`${prefix}/v1/instances/${id}`);
        const instance = `${prefix}/v1/instances/${id}`;
        const server = await nova(`GET ${prefix}/compute/v2.1/servers/${id}`);
        expect(server.body.server.links[0].href).toBe(
          `${customer.client.url}${prefix}/compute/v2.1/servers/${id}`,
        );
        for (const other of others) {
          expect((await customer.client.get(`${other}/v1/instances/${id}`)).status).toBe(404);
          expect((await customer.client.delete(`${other}/v1/instances/${id}`)).status).toBe(404);
          expect((await nova(`GET ${other}/compute/v2.1/servers/${id}`)).status).toBe(404);
          expect((await nova(`DELETE ${other}/compute/v2.1/servers/${id}`)).status).toBe(404);
        }
        expect((await customer.client.delete(instance)).status).toBe(204);
        await expect.poll(async () => (await customer.client.get(instance)).status, SOON).toBe(404);
        await expect.poll(() => serversIn(region), SOON).not.toContain(id);
      }),
    );
  }, 240_000);

  test("ids of the other region's networks and images are not found, and nothing is made with them", async () => {
    const body = { name: uniqueName('foreign'), flavor_id: 'm1.tiny' };
    const foreign = [
      { ...body, image_id: await imageIn(''), network_id: networkOfTwo },
      { ...body, image_id: await imageIn(IN_TWO), network_id: read('ACME_NETWORK_ID') },
    ];
    const before = await directly(TWO).belongings();
    for (const json of foreign) {
      const { status } = await customer.client.post(`${IN_TWO}/v1/instances`, json);
      expect([400, 404]).toContain(status);
    }
    for (const path of [`/v1/networks/${networkOfTwo}`, `${IN_TWO}/v1/networks/${read('ACME_NETWORK_ID')}`])
      expect((await customer.client.get(path)).status).toBe(404);
    expect(await directly(TWO).belongings()).toEqual(before);
  });

  test('a page links to the next one of its region', async () => {
    for (const prefix of ['', IN_TWO]) {
      const { headers, body } = await customer.client.get(`${prefix}/v1/flavors?limit=1`);
      expect(body.items ?? body).toHaveLength(1);
      const link = headers.get('link');
      if (link !== null) expect(link).toContain(`${prefix}/v1/flavors?`);
      expect(link ?? body.next_cursor).toBeTruthy();
    }
  });

  test('volumes are 501 in the region without block storage, in both dialects', async () => {
    expect((await customer.client.get('/v1/volumes')).status).toBe(200);
    for (const { status, body } of [
      await customer.client.get(`${IN_TWO}/v1/volumes`),
      await customer.client.post(`${IN_TWO}/v1/volumes`, { name: 'nowhere', size_gb: 1 }),
    ])
      expect([status, body.error.code]).toEqual([501, 'notImplemented']);
    expect((await nova('GET /volume/v3/volumes')).status).toBe(200);
    expect((await nova(`GET ${IN_TWO}/volume/v3/volumes`)).status).toBe(501);
  });
});

describe('state of the regions does not mix', () => {
  const cacheOf = async (path: string) => (await customer.client.get(path)).headers.get('x-cache');

  test('cached responses, lists of instances, idempotency keys', async () => {
    const networks = ['/v1/networks', `${IN_TWO}/v1/networks`] as const;
    for (const path of networks) await customer.client.get(path);
    for (const path of networks) expect(await cacheOf(path)).toBe('HIT');
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const name = uniqueName('same');
    const ofTwo = await create(IN_TWO, name, headers);
    expect(await cacheOf(networks[0])).toBe('HIT');
    expect(await cacheOf(networks[1])).toBe('MISS');
    const ofOne = await create('', name, headers);
    expect([ofOne.status, ofTwo.status]).toEqual([202, 202]);
    expect(ofOne.body.id).not.toBe(ofTwo.body.id);
    expect((await create(IN_TWO, name, headers)).body.id).toBe(ofTwo.body.id);
    const listed = async (prefix: string) =>
      (await customer.client.get(`${prefix}/v1/instances`)).body.map(({ id }: { id: string }) => id).sort();
    for (let round = 0; round < 3; round++) {
      expect(await listed('')).toEqual(await serversIn(ONE));
      expect(await listed(IN_TWO)).toEqual(await serversIn(TWO));
    }
    await customer.client.delete(`/v1/instances/${ofOne.body.id}`);
    await customer.client.delete(`${IN_TWO}/v1/instances/${ofTwo.body.id}`);
    await expect.poll(async () => [await listed(''), await listed(IN_TWO)], SOON).toEqual([[], []]);
  });

  test('counters, and the calls to the cloud', async () => {
    const { client } = behindProxy;
    const counted = async (region: string) => {
      const lines = (await (await fetch(`${client.url}/metrics`)).text()).split('\n');
      const sum = (name: string) =>
        lines
          .filter((line) => line.startsWith(`linguanova_${name}{`) && line.includes(`region="${region}"`))
          .filter((line) => !line.includes('dialect="none"'))
          .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
      return ['requests_total', 'cache_requests_total'].map(sum);
    };
    const called = new Set<string>();
    proxy.before = ({ port }) => void called.add(port);
    const before = await counted(ONE);
    for (let n = 0; n < 4; n++) {
      await client.get(`${IN_TWO}/v1/networks`);
      await nova(`GET ${IN_TWO}/compute/v2.1/os-keypairs`, undefined, behindProxy);
    }
    proxy.before = () => {};
    expect(await counted(ONE)).toEqual(before);
    expect(await counted(TWO)).toEqual([8, 4]);
    for (const port of called) expect([keystonePort, ...portsOf(second.variables)]).toContain(port);
    for (const port of portsOf(variables)) expect(called).not.toContain(port);
  });

  test('quotas in use are those of each region', async () => {
    const name = uniqueName('quota');
    const { body } = await create(IN_TWO, name);
    const used = async (prefix: string) =>
      (await nova(`GET ${prefix}/compute/v2.1/limits`)).body.limits.absolute.totalInstancesUsed;
    await expect.poll(async () => [await used(''), await used(IN_TWO)], SOON).toEqual([0, 1]);
    await customer.client.delete(`${IN_TWO}/v1/instances/${body.id}`);
    await expect.poll(() => used(IN_TWO), SOON).toBe(0);
  });

  test('but the rate limit of a customer is one', async () => {
    const { gateway, client } = customer;
    const kind = 'application_credential' as const;
    const key = await gateway.keyFor({ kind, ...credential }, DEFAULT_SCOPES, SMALL_PLAN.name);
    const limited = new ReduClient(client.url, key);
    const left = ({ headers }: ReduAnswer) => Number(headers.get('x-ratelimit-remaining'));
    expect(left(await limited.get('/v1/networks'))).toBe(7);
    expect(left(await limited.get(`${IN_TWO}/v1/networks`))).toBe(6);
    // A create costs the same in every region.
    expect(left(await limited.post(`${IN_TWO}/v1/instances`, {}))).toBe(1);
    expect(left(await limited.get(`/regions/${ONE}/v1/networks`))).toBe(0);
    for (const prefix of ['', IN_TWO]) expect((await limited.get(`${prefix}/v1/networks`)).status).toBe(429);
  });
});

describe('a region that is out of reach', () => {
  /** Reads that no cache serves. Median and maximum in ms, and the statuses. */
  const measure = async (who: Customer, count = 20) => {
    const times: number[] = [];
    const statuses = new Set<number>();
    for (let n = 0; n < count; n++) {
      const started = performance.now();
      const path = n % 2 === 0 ? '/compute/v2.1/os-keypairs' : '/networking/v2.0/security-groups';
      statuses.add((await nova(`GET ${path}`, undefined, who)).status);
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    return { median: times[count / 2] ?? 0, max: times.at(-1) ?? 0, statuses: [...statuses] };
  };
  const readiness = async ({ client }: Customer) =>
    (await (await fetch(`${client.url}/readyz`)).json()) as { regions: Record<string, string> };
  const keypairs = (prefix: string, who: Customer) =>
    nova(`GET ${prefix}/compute/v2.1/os-keypairs`, undefined, who);

  test('because it hangs, delays nothing of the other, is named by readiness, and comes back', async () => {
    const portsOfTwo = portsOf(second.variables);
    await keypairs(IN_TWO, behindProxy);
    const before = await measure(behindProxy);
    let wake = () => {};
    const hanging = new Promise<void>((resolve) => {
      wake = resolve;
    });
    proxy.before = ({ port }) => (portsOfTwo.includes(port) ? hanging : undefined);
    const waiting = Promise.all([
      ...Array.from({ length: 40 }, () => keypairs(IN_TWO, behindProxy)),
      ...Array.from({ length: 20 }, () =>
        behindProxy.client.get(`${IN_TWO}/v1/instances/${crypto.randomUUID()}`),
      ),
    ]);
    const during = await measure(behindProxy);
    const statuses = new Set((await waiting).map(({ status }) => status));
    expect(during.statuses).toEqual([200]);
    console.info('one region hangs', before, during);
    expect(during.max, 'waits for no deadline of the other').toBeLessThan(DEADLINE_MS);
    for (const status of statuses) expect([503, 504]).toContain(status);
    const ready = await readiness(behindProxy);
    expect(ready).toMatchObject({ status: 'degraded', cloud: 'ok', regions: { [ONE]: 'ok' } });
    expect(['timeout', 'unreachable']).toContain(ready.regions[TWO]);
    wake();
    proxy.before = () => {};
    await expect.poll(async () => (await keypairs(IN_TWO, behindProxy)).status, SOON).toBe(200);
    await expect
      .poll(() => readiness(behindProxy), SOON)
      .toMatchObject({ status: 'ok', regions: { [TWO]: 'ok' } });
  });

  test(
    'because it is stopped, is 503 in both dialects, and the other is as before',
    async () => {
      const before = await measure(customer);
      await second.stop();
      const refused = await keypairs(IN_TWO, customer);
      expect(refused.status).toBe(503);
      expect((await customer.client.post(`${IN_TWO}/v1/keypairs`, { name: uniqueName('down') })).status).toBe(
        503,
      );
      const waiting = Promise.all(Array.from({ length: 60 }, () => keypairs(IN_TWO, customer)));
      const during = await measure(customer);
      await waiting;
      expect(during.statuses).toEqual([200]);
      console.info('one region is stopped', before, during);
      const created = await create('', uniqueName('up'));
      expect(created.status).toBe(202);
      await customer.client.delete(`/v1/instances/${created.body.id}`);
      await expect.poll(() => serversIn(ONE), SOON).not.toContain(created.body.id);
      const ready = { status: 'degraded', cloud: 'ok', regions: { [ONE]: 'ok', [TWO]: 'unreachable' } };
      expect(await readiness(customer)).toMatchObject(ready);
      const open = customer.clouds.endpoints?.().filter(({ isOpen }) => isOpen) ?? [];
      expect(open.map(({ region }) => region)).toContain(TWO);
      expect(open.map(({ region }) => region)).not.toContain(ONE);
      expect((await customer.client.get('/v1/regions')).body.items).toHaveLength(2);
    },
    STOP_MS + 60_000,
  );
});
