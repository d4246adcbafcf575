import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ONE, type RegionalGateway, regionalGateway, TWO, UNSERVED } from '../support/regional-gateway.ts';

const gateway = await regionalGateway();
const anyRegion = await regionalGateway('*');
afterAll(() => Promise.all([gateway.stop(), anyRegion.stop()]));
beforeEach(() => {
  gateway.sent.length = 0;
  gateway.down.clear();
});

const at = (region: string, path: string) => `/regions/${region}${path}`;
const idsIn = (body: readonly { id: string }[]) => body.map(({ id }) => id).sort();
const create = async (prefix: string, name: string, headers: Record<string, string> = {}) => {
  const images = await gateway.request(`${prefix}/v1/images`);
  const json = { name, flavor_id: 'm1.tiny', image_id: images.body.items[0].id };
  return gateway.request(`${prefix}/v1/instances`, { method: 'POST', json, headers });
};

describe('a request with a region in its path', () => {
  test('reaches the services of that region only, in both dialects', async () => {
    const made = await create(at(TWO, ''), 'two');
    expect(made.status).toBe(202);
    const { id } = made.body;
    expect((await gateway.request(at(TWO, `/v1/instances/${id}`))).status).toBe(200);
    expect((await gateway.request(`/v1/instances/${id}`)).status).toBe(404);
    const servers = await gateway.request(at(TWO, '/compute/v2.1/servers'));
    expect(idsIn(servers.body.servers)).toEqual([id]);
    const others = await gateway.request('/compute/v2.1/servers');
    expect(idsIn(others.body.servers)).not.toContain(id);
    const idOfPublic = async (prefix: string) => {
      const { body } = await gateway.request(`${prefix}/networking/v2.0/networks?name=public`);
      return body.networks[0].id;
    };
    expect(await idOfPublic(at(TWO, ''))).not.toBe(await idOfPublic(''));
  });

  test('of the default region is the same as without one', async () => {
    const [plain, named] = [
      await gateway.request('/v1/instances'),
      await gateway.request(at(ONE, '/v1/instances')),
    ];
    expect(named.status).toBe(200);
    expect(idsIn(named.body)).toEqual(idsIn(plain.body));
    expect(plain.body.length).toBeGreaterThan(0);
  });

  test('gets Location and links as it was sent', async () => {
    for (const prefix of ['', at(ONE, ''), at(TWO, '')]) {
      const made = await create(prefix, 'linked');
      expect(made.headers.get('location')).toBe(`${prefix}/v1/instances/${made.body.id}`);
      const flavors = await gateway.request(`${prefix}/v1/flavors?limit=1`);
      expect(flavors.headers.get('link') ?? flavors.body.next_cursor).toBeTruthy();
      expect(flavors.headers.get('link') ?? `<${prefix}/v1/flavors`).toContain(`<${prefix}/v1/flavors`);
      const server = await gateway.request(`${prefix}/compute/v2.1/servers/${made.body.id}`);
      expect(server.body.server.links[0].href).toBe(
        `${gateway.url}${prefix}/compute/v2.1/servers/${made.body.id}`,
      );
      const version = await gateway.request(`${prefix}/compute/v2.1`, {}, '');
      expect(version.body.version.links[0].href).toBe(`${gateway.url}${prefix}/compute/v2.1/`);
    }
  });
});

describe('a region that is not served', () => {
  const names = [
    UNSERVED,
    'Nowhere',
    'regionone',
    'REGIONTWO',
    'Region%54wo',
    'RegionTwo%20',
    '',
    '*',
    '%00',
  ];
  test.each(names)('%j is 404 in the form of the dialect, and nothing reaches the cloud', async (name) => {
    const redu = await gateway.request(at(name, '/v1/instances'));
    expect([redu.status, redu.body.error?.code]).toEqual([404, 'itemNotFound']);
    const nova = await gateway.request(at(name, '/compute/v2.1/servers'));
    expect([nova.status, nova.body.itemNotFound?.code]).toEqual([404, 404]);
    const neutron = await gateway.request(at(name, '/networking/v2.0/networks'));
    expect([neutron.status, neutron.body.NeutronError === undefined]).toEqual([404, false]);
    expect(gateway.sent).toEqual([]);
  });

  test.each(['/identity/v3', '/admin/v1/api_keys', '/healthz', '/console', '/openapi.json', '', '/'])(
    '%j is the same for all regions and has no path in one',
    async (path) => {
      expect((await gateway.request(at(ONE, path))).status).toBe(404);
    },
  );
});

describe('with LINGUANOVA_REGIONS=*', () => {
  test('every region of the catalog is served, and no other', async () => {
    for (const name of [ONE, TWO, UNSERVED])
      expect((await anyRegion.request(at(name, '/v1/flavors'))).status, name).toBe(200);
    for (const path of ['/v1/flavors', '/compute/v2.1/servers'])
      expect((await anyRegion.request(at('Nowhere', path))).status).toBe(404);
  });

  test('a name in no catalog read so far needs a key', async () => {
    const fresh = await regionalGateway('*');
    expect((await fresh.request(at(TWO, '/v1/flavors'), {}, '')).status).toBe(401);
    expect((await fresh.request(at(TWO, '/compute/v2.1'), {}, '')).status).toBe(401);
    const signUp = at('Nowhere', '/v1/api_keys');
    fresh.sent.length = 0;
    expect((await fresh.request(signUp, { method: 'POST', body: '{}' }, '')).status).toBe(404);
    expect(fresh.sent).toEqual([]);
    expect((await fresh.request(at(TWO, '/compute/v2.1'))).status).toBe(200);
    await fresh.stop();
  });
});

describe('a service that only another region has', () => {
  test.each(['/v1/volumes', '/volume/v3/volumes', '/volume/'])('%s is 501', async (path) => {
    expect((await gateway.request(path)).status).toBeLessThan(400);
    expect((await gateway.request(at(TWO, path))).status).toBe(501);
  });

  test('is 401 without a key and 404 in an unserved region', async () => {
    expect((await gateway.request(at(TWO, '/v1/volumes'), {}, '')).status).toBe(401);
    expect((await gateway.request(at(UNSERVED, '/v1/volumes'))).status).toBe(404);
  });
});

describe('state of regions is apart', () => {
  const cacheOf = async (path: string, one: RegionalGateway = gateway) =>
    (await one.request(path)).headers.get('x-cache');

  test('a cached response, and the invalidation by a write', async () => {
    const paths = ['/v1/networks', at(TWO, '/v1/networks')] as const;
    for (const path of paths) await gateway.request(path);
    for (const path of paths) expect(await cacheOf(path)).toBe('HIT');
    const json = { name: 'apart', description: 'x' };
    await gateway.request(at(TWO, '/v1/security_groups'), { method: 'POST', json });
    expect(await cacheOf(paths[0])).toBe('HIT');
    expect(await cacheOf(paths[1])).toBe('MISS');
  });

  test('a write through the path of the default region invalidates what is cached without it', async () => {
    const groups = async () => (await gateway.request('/v1/security_groups')).body.items.length;
    const before = await groups();
    const json = { name: 'same', description: 'x' };
    await gateway.request(at(ONE, '/v1/security_groups'), { method: 'POST', json });
    expect(await groups()).toBe(before + 1);
  });

  test('an Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'one-key-for-two-regions' };
    const [one, two] = [await create('', 'once', headers), await create(at(TWO, ''), 'once', headers)];
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(one.body.id).not.toBe(two.body.id);
    const again = await create(at(TWO, ''), 'once', headers);
    expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([two.body.id, 'true']);
  });

  test('a region that is down', async () => {
    gateway.down.add(TWO);
    for (let n = 0; n < 12; n++) await gateway.request(at(TWO, '/compute/v2.1/os-keypairs'));
    const rejected = await gateway.request(at(TWO, '/compute/v2.1/os-keypairs'));
    expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    for (const path of ['/compute/v2.1/os-keypairs', '/v1/keypairs', at(ONE, '/v1/keypairs')])
      expect((await gateway.request(path)).status, path).toBe(200);
    const { body } = await gateway.request('/readyz');
    expect(body).toMatchObject({
      status: 'degraded',
      cloud: 'ok',
      regions: { [ONE]: 'ok', [TWO]: 'unreachable' },
    });
  });

  test('the log line of a request names its region, on a cache hit too', async () => {
    const regions = async (path: string) => {
      await gateway.request(path);
      return gateway.logged.findLast(({ event }) => event === 'request')?.fields.region;
    };
    expect(await regions(at(TWO, '/v1/flavors'))).toBe(TWO);
    for (let n = 0; n < 2; n++) expect(await regions('/v1/flavors')).toBe(ONE);
    expect(await regions(at('Nowhere', '/v1/flavors'))).toBeUndefined();
  });

  test('counters of requests and of the cache, with served regions only', async () => {
    for (const prefix of ['', at(TWO, ''), at('Nowhere', '')])
      await gateway.request(`${prefix}/v1/flavors/m1.tiny`);
    const metrics: string = (await gateway.request('/metrics')).body;
    for (const region of [ONE, TWO]) {
      expect(metrics).toMatch(
        new RegExp(`^linguanova_requests_total{.*status="200",region="${region}"} `, 'm'),
      );
      expect(metrics).toMatch(new RegExp(`^linguanova_cache_requests_total{.*region="${region}"} `, 'm'));
    }
    expect(metrics).toMatch(/^linguanova_requests_total{.*status="404",region=""} /m);
    expect(metrics).not.toContain('Nowhere');
  });
});
