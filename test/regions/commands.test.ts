import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run as runDoctor } from '../../adapters/node/commands/doctor.ts';
import { run as runReconcile } from '../../adapters/node/commands/reconcile.ts';
import { ownedDescription } from '../../src/compute/ownership.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { ONE, TWO } from '../support/regional-gateway.ts';
import { type SandboxServer, sandboxServer } from '../support/sandbox-server.ts';

/** Without a network service, as a region of object storage only is. */
const THREE = 'RegionThree';

let server: SandboxServer;
let variables: Record<string, string>;
let credential: { id: string; secret: string };
const down = new Set<string>();
beforeAll(async () => {
  const regions = [{ name: ONE }, { name: TWO }, { name: THREE, without: ['network', 'image'] }];
  server = await sandboxServer({ regions }, ({ url }) =>
    [...down].some((region) => url.includes(`/${region}/`)) ? new Response('', { status: 503 }) : null,
  );
  const { accounts, authUrl } = server.sandbox;
  const [account] = accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const { userId, password, projectId, applicationCredentialId: id } = account;
  credential = { id, secret: account.applicationCredentialSecret };
  variables = {
    OS_AUTH_URL: authUrl,
    OS_USER_ID: userId,
    OS_PASSWORD: password,
    OS_PROJECT_ID: projectId,
    OS_REGION_NAME: ONE,
    LINGUANOVA_REGIONS: `${ONE},${TWO}`,
    DATABASE_URL: `sqlite:${join(mkdtempSync(join(tmpdir(), 'linguanova-')), 'keys.db')}`,
    LOG_LEVEL: 'silent',
    LINGUANOVA_SECRET: Buffer.alloc(32, 1).toString('base64'),
  };
});
afterAll(() => server.close());
afterEach(() => {
  down.clear();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = 0;
});

const portIn = async (region: string): Promise<string> => {
  const client = new OpenStackClient(fetch, server.sandbox.authUrl, credential, '2.46', region);
  const { networks } = (await client.network('GET', '/networks')).body;
  const network_id = networks.find((one: Record<string, unknown>) => one['router:external'] !== true).id;
  const description = ownedDescription('0123456789abcdef', 'crashed');
  return (await client.network('POST', '/ports', { port: { network_id, description } })).body.port.id;
};
/** In this process, since each start of one takes a second: what a command prints, and its failure. */
async function output(run: () => Promise<void>, more: Record<string, string>) {
  for (const [name, value] of Object.entries({ ...variables, ...more })) vi.stubEnv(name, value);
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const failure: string = await run().then(
    () => '',
    (error) => error.message,
  );
  return { printed, failure };
}

const reconcile = async (region?: string, more: Record<string, string> = {}) => {
  const values = { 'older-than': '0', json: true, ...(region !== undefined && { region }) };
  const { printed, failure } = await output(() => runReconcile({ values, operands: [] }), more);
  const released: { id: string; region: string }[] = printed === '' ? [] : JSON.parse(printed);
  return { failure, released: released.map((one) => [one.region, one.id]) };
};

const doctor = async (region?: string, more: Record<string, string> = {}) => {
  const values = { json: true, ...(region !== undefined && { region }) };
  const { printed } = await output(() => runDoctor({ values, operands: [] }), more);
  const code = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  const found: { name: string; region?: string; ok: boolean; detail: string }[] = JSON.parse(printed);
  const of = (wanted: string) =>
    found.filter(({ name }) => name === wanted).map(({ region, ok }) => [region, ok]);
  return { code, of, found };
};

describe('linguanova reconcile', () => {
  test('releases in every served region, with --region in one', async () => {
    const [one, two, again] = [await portIn(ONE), await portIn(TWO), await portIn(TWO)];
    expect(await reconcile(ONE)).toEqual({ failure: '', released: [[ONE, one]] });
    const { failure, released } = await reconcile();
    expect(failure).toBe('');
    expect(released.toSorted()).toEqual(
      [
        [TWO, two],
        [TWO, again],
      ].toSorted(),
    );
  });

  test('a region that is down fails the command and stops no other', async () => {
    const one = await portIn(ONE);
    down.add(TWO);
    const { failure, released } = await reconcile();
    expect([failure, released]).toEqual([expect.stringContaining(`${TWO}: `), [[ONE, one]]]);
  });

  test('with *, a region without a network service has nothing to release', async () => {
    const two = await portIn(TWO);
    expect(await reconcile(undefined, { LINGUANOVA_REGIONS: '*' })).toEqual({
      failure: '',
      released: [[TWO, two]],
    });
  });

  test.each(['regionone', 'Nowhere', THREE, ''])(
    '--region %j is refused, naming what is served',
    async (name) => {
      const { failure, released } = await reconcile(name);
      expect(released).toEqual([]);
      expect(failure).toContain(`LINGUANOVA_REGIONS serves ${ONE}, ${TWO}`);
    },
  );
});

describe('a region whose network service is that of another', () => {
  const shared = () => {
    const network = server.sandbox.authUrl.replace('/identity/v3', '/networking');
    return { LINGUANOVA_ENDPOINT_NETWORK: `${TWO}=${network}` };
  };
  const instanceInOne = async () => {
    const client = new OpenStackClient(fetch, server.sandbox.authUrl, credential, '2.46', ONE);
    const { networks } = (await client.network('GET', '/networks')).body;
    const isExternal = (one: Record<string, unknown>) => one['router:external'] === true;
    const floating_network_id = networks.find(isExternal).id;
    const description = ownedDescription('0123456789abcdef', 'alive');
    const port = await portIn(ONE);
    const floatingip = { floating_network_id, port_id: port, description };
    await client.network('POST', '/floatingips', { floatingip });
    const [flavorRef, imageRef] = [
      (await client.compute('GET', '/flavors')).body.flavors[0].id,
      server.sandbox.images['debian-12-amd64'],
    ];
    const made = { name: 'alive', flavorRef, imageRef, networks: [{ port }] };
    const { status } = await client.compute('POST', '/servers', { server: made });
    expect(status).toBe(202);
    return client;
  };

  test.each([
    ['reconcile of that region', TWO, {}],
    ['reconcile of the other', ONE, {}],
    ['reconcile where the other is not served', undefined, { OS_REGION_NAME: TWO, LINGUANOVA_REGIONS: TWO }],
  ])('%s fails, and releases nothing of a living instance', async (_, region, served) => {
    const client = await instanceInOne();
    const before = await client.belongings();
    const { failure, released } = await reconcile(region, { ...shared(), ...served });
    expect(await client.belongings()).toEqual(before);
    expect(released).toEqual([]);
    expect(failure).toMatch(/^Region(One|Two): The network service is also that of region Region(One|Two)\b/);
  });

  test('doctor fails for both', async () => {
    const { code, of } = await doctor(undefined, shared());
    expect([code, of('neutron')]).toEqual([
      1,
      [
        [ONE, false],
        [TWO, false],
      ],
    ]);
  });
});

describe('linguanova doctor', () => {
  test('fails on an endpoint by hand for a region that no catalog has, naming it', async () => {
    const more = { LINGUANOVA_REGIONS: '*', LINGUANOVA_ENDPOINT_IMAGE: `Regiontwo=${variables.OS_AUTH_URL}` };
    const { code, of, found } = await doctor(undefined, more);
    expect([code, of('endpoints by hand')]).toEqual([1, [[undefined, false]]]);
    const { detail } = found.find(({ name }) => name === 'endpoints by hand') ?? {};
    expect(detail).toMatch(/no region Regiontwo; see LINGUANOVA_ENDPOINT_/);
    expect(found.map(({ region }) => region)).not.toContain('Regiontwo');
  });

  test('checks the services of every served region, with --region of one', async () => {
    const { code, of } = await doctor();
    expect([code, of('nova'), of('cloud')]).toEqual([
      0,
      [
        [ONE, true],
        [TWO, true],
      ],
      [[undefined, true]],
    ]);
    expect((await doctor(TWO)).of('neutron')).toEqual([[undefined, true]]);
  });

  test('names the region that fails, one that the cloud does not have, and one that is not served', async () => {
    down.add(TWO);
    const ill = await doctor();
    expect([ill.code, ill.of('glance')]).toEqual([
      1,
      [
        [ONE, true],
        [TWO, false],
      ],
    ]);
    const misspelt = await doctor(undefined, { LINGUANOVA_REGIONS: `${ONE},Regiontwo` });
    expect([misspelt.code, misspelt.of('nova')]).toEqual([
      1,
      [
        [ONE, true],
        ['Regiontwo', false],
      ],
    ]);
    const unserved = await doctor('Nowhere');
    expect([unserved.code, unserved.of('region'), unserved.of('nova')]).toEqual([
      1,
      [[undefined, false]],
      [],
    ]);
  });

  test('with *, a region need not have every service', async () => {
    const { code, found } = await doctor(undefined, { LINGUANOVA_REGIONS: '*' });
    expect(code).toBe(0);
    const neutron = found.find(({ name, region }) => name === 'neutron' && region === THREE);
    expect(neutron).toMatchObject({ ok: true, detail: 'none in this region' });
  });
});
