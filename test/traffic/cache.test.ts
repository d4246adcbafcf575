import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import type { GatewayUnderTest } from '../support/gateway.ts';
import type { ReduAnswer, ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways, DOWN, gate } from './cached-gateways.ts';

let running: CachedGateways | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** Long enough that nothing becomes stale during a test on a busy machine. */
const LONG = { seconds: 3_600 };

async function start(cache: GatewayUnderTest['cache'] = LONG): Promise<[CachedGateways, ReduClient]> {
  running = await cachedGateways(1, { cache });
  return [running, await clientOf(running)];
}

async function clientOf(gateways: CachedGateways, ...of: Parameters<CachedGateways['clients']>) {
  const [client] = await gateways.clients(...of);
  if (client === undefined) throw new Error('there is no node');
  return client;
}

const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const READS = [
  '/v1/me',
  '/v1/instances',
  '/v1/flavors',
  '/v1/images',
  '/v1/networks',
  '/v1/availability_zones',
  '/v1/floating_ips',
  '/v1/quotas',
  '/v1/keypairs',
  '/v1/security_groups',
  '/v1/server_groups',
  '/v1/volumes',
  '/v1/volume_snapshots',
  '/cloud/v1/me',
  '/cloud/v1/compute/instances/list',
  '/cloud/v1/compute/keypairs',
  '/cloud/v1/network/security_groups/list',
];
const cacheOf = ({ headers }: ReduAnswer) => headers.get('X-Cache');

describe('what a client receives', () => {
  let gateways: CachedGateways;
  let client: ReduClient;
  beforeAll(async () => {
    gateways = await cachedGateways(1, { cache: LONG });
    client = await clientOf(gateways);
  });
  afterAll(() => gateways.close());
  // A write, this one to a missing instance, invalidates the responses of earlier tests.
  beforeEach(() => client.delete('/v1/keypairs/none'));

  test.each(READS)('%s is served from cache without an upstream request', async (path) => {
    const { asked } = gateways;
    const first = await client.get(path);
    expect([first.status, cacheOf(first)]).toEqual([200, 'MISS']);
    asked.length = 0;
    const again = await client.get(path);
    expect([again.status, cacheOf(again)]).toEqual([200, 'HIT']);
    expect(asked).toEqual([]);
    expect(again.body).toEqual(first.body);
    const told = (name: string) => again.headers.get(name);
    expect(told('ETag')).toMatch(/^W\/"[\w-]{24}"$/);
    expect(told('ETag')).toBe(first.headers.get('ETag'));
    expect(told('Age')).toMatch(/^\d+$/);
    expect(told('Cache-Control')).toBe('private, max-age=0, must-revalidate');
    expect(told('Vary')).toBe('x-api-key, Authorization, Origin');
    expect(told('Content-Type')).toBe('application/json');
    expect(told('X-Request-Id'), 'its own').not.toBe(first.headers.get('X-Request-Id'));
    expect([told('Warning'), told('Set-Cookie')]).toEqual([null, null]);
  });

  test.each(READS)('%s: the short way and the long one say the same', async (path) => {
    const { url, key } = client;
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(url + path, { headers: { 'x-api-key': key, ...headers } });
      const { 'x-request-id': _, age, date, ...others } = Object.fromEntries(response.headers);
      return { status: response.status, others, body: await response.text() };
    };
    await ask({});
    // A request with an origin takes the pipeline.
    expect(await ask({})).toEqual(await ask({ origin: 'https://console.example' }));
  });

  test('returns 304 without a body when If-None-Match matches', async () => {
    const { url, key } = client;
    const get = (etag: string, method = 'GET') =>
      fetch(`${url}/v1/flavors`, { method, headers: { 'x-api-key': key, 'if-none-match': etag } });
    const etag = (await get('"other"')).headers.get('ETag') ?? '';
    for (const tag of [etag, etag.replace('W/', ''), `"a", ${etag}`, '*']) {
      const response = await get(tag);
      expect([response.status, await response.text()], tag).toEqual([304, '']);
      expect(response.headers.get('ETag')).toBe(etag);
      expect(response.headers.get('X-Cache')).toBe('HIT');
      expect(response.headers.get('Cache-Control')).toContain('private');
      expect(response.headers.has('Content-Type')).toBe(false);
    }
    expect((await get('"other"')).status).toBe(200);
    const head = await get('"other"', 'HEAD');
    expect([head.status, head.headers.get('X-Cache'), await head.text()]).toEqual([200, 'HIT', '']);
    expect((await get(etag, 'HEAD')).status).toBe(304);
  });

  test('the same in another order is the same', async () => {
    expect(cacheOf(await client.get('/v1/instances?limit=5&status=ACTIVE&status=ERROR'))).toBe('MISS');
    expect(cacheOf(await client.get('/v1/instances/?status=ACTIVE&limit=5&status=ERROR'))).toBe('HIT');
    expect(cacheOf(await client.get('/v1/instances?limit=6'))).toBe('MISS');
  });

  test('a page has the link to the next one, also from cache', async () => {
    for (const name of ['one', 'two']) await client.boot({ ...NEW, name });
    const first = await client.get('/v1/instances?limit=1');
    const again = await client.get('/v1/instances?limit=1');
    expect(cacheOf(again)).toBe('HIT');
    expect(again.headers.get('Link')).toBe(`</v1/instances?limit=1&marker=${first.body[0].id}>; rel="next"`);
  });

  test('errors are not cached, and no cached response replaces one', async () => {
    const { asked } = gateways;
    const missing = '/v1/instances/8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
    for (let n = 0; n < 2; n++) {
      asked.length = 0;
      const answer = await client.get(missing);
      expect([answer.status, cacheOf(answer)]).toEqual([404, null]);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(asked).not.toEqual([]);
    }
    await client.get('/v1/flavors?limit=1');
    for (const query of ['limit=1&limit=1', 'limit=x', 'limit=1&other=2', 'Limit=1']) {
      const { status } = await client.get(`/v1/flavors?${query}`);
      expect(status, query).toBe(400);
    }
  });

  test('keys are not kept', async () => {
    for (let n = 0; n < 2; n++) {
      const answer = await client.get('/v1/api_keys');
      expect([answer.status, cacheOf(answer)]).toEqual([200, null]);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
    }
  });

  test('nothing is kept of what other projects have', async () => {
    const admin = await clientOf(gateways, 'admin', { scopes: [...DEFAULT_SCOPES, 'admin'] });
    for (let n = 0; n < 2; n++) {
      const answer = await admin.get('/v1/instances?all_tenants=1');
      expect([answer.status, cacheOf(answer)]).toEqual([200, null]);
    }
  });

  test('with 0 seconds nothing is kept', async () => {
    const [, client] = await start({ seconds: 0 });
    for (let n = 0; n < 2; n++) expect(cacheOf(await client.get('/v1/flavors'))).toBeNull();
    const metrics = await (await fetch(`${client.url}/metrics`)).text();
    expect(metrics).toContain(
      'linguanova_cache_requests_total{result="bypass",route="/v1/flavors",region=""} 2',
    );
  });

  test('what is counted', async () => {
    const [, client] = await start();
    for (let n = 0; n < 3; n++) await client.get('/v1/flavors');
    const metrics = await (await fetch(`${client.url}/metrics`)).text();
    expect(metrics).toContain(
      'linguanova_cache_requests_total{result="miss",route="/v1/flavors",region=""} 1',
    );
    expect(metrics).toContain(
      'linguanova_cache_requests_total{result="hit",route="/v1/flavors",region=""} 2',
    );
    expect(metrics).toMatch(/^linguanova_cache_bytes [1-9]/m);
  });
});

describe('a write', () => {
  test('is seen by the next read of everything in the project', async () => {
    const [, client] = await start();
    for (const path of READS) await client.get(path);
    await client.post('/v1/keypairs', { name: 'laptop' });
    for (const path of READS) expect(cacheOf(await client.get(path)), path).toBe('MISS');
  });

  test('that fails is taken for one all the same', async () => {
    const [gateways, client] = await start();
    await client.get('/v1/flavors');
    gateways.disturb = async ({ method }) => (method === 'POST' ? new Response('', { status: 500 }) : null);
    expect((await client.post('/v1/keypairs', { name: 'laptop' })).status).toBe(502);
    expect(cacheOf(await client.get('/v1/flavors'))).toBe('MISS');
  });

  test('that is refused before the cloud is asked is none', async () => {
    const [gateways, client] = await start();
    await client.get('/v1/flavors');
    const { url, key } = client;
    const put = await fetch(`${url}/v1/flavors`, { method: 'PUT', headers: { 'x-api-key': key } });
    expect(put.status).toBe(405);
    expect((await fetch(`${url}/v1/keypairs`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(cacheOf(await client.get('/v1/flavors'))).toBe('HIT');
    const stranger = await clientOf(gateways, 'globex');
    expect((await stranger.post('/v1/keypairs', { name: 'theirs' })).status).toBe(201);
    expect(cacheOf(await client.get('/v1/flavors')), 'another project’s').toBe('HIT');
  });
});

describe('the cloud', () => {
  test('is asked once for many', async () => {
    const [gateways, client] = await start();
    await client.get('/v1/keypairs');
    gateways.asked.length = 0;
    const { opened, open } = gate();
    gateways.disturb = async () => {
      await opened;
      return null;
    };
    const all = Promise.all(Array.from({ length: 20 }, () => client.get('/v1/flavors')));
    await expect.poll(() => gateways.asked.length).toBe(1);
    open();
    const answers = await all;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(gateways.asked).toHaveLength(1);
  });

  test('is requested in the background when a response becomes stale, and no request waits', async () => {
    const [gateways, client] = await start({ seconds: 10 });
    expect(cacheOf(await client.get('/v1/networks'))).toBe('MISS');
    // From here on the cloud holds every request.
    gateways.disturb = () => new Promise(() => {});
    const told = async () => cacheOf(await client.get('/v1/networks'));
    await expect.poll(told, { timeout: 20_000, interval: 200 }).toBe('STALE');
  });

  test('is down: the last answer, which says so, until it is back', async () => {
    const [gateways, client] = await start({ seconds: 1 });
    const fresh = await client.get('/v1/networks');
    gateways.disturb = async () => DOWN();
    const isOld = async () => (await client.get('/v1/networks')).headers.get('Warning');
    await expect.poll(isOld, { timeout: 10_000 }).toBe('111 - "Revalidation Failed"');
    const stale = await client.get('/v1/networks');
    expect([stale.status, cacheOf(stale)]).toEqual([200, 'STALE']);
    expect(stale.body).toEqual(fresh.body);
    expect(Number(stale.headers.get('Age'))).toBeGreaterThanOrEqual(1);
    expect((await client.get('/v1/security_groups')).status, 'an uncached read').toBe(503);
    const { url } = client;
    expect(
      (await fetch(`${url}/v1/networks`)).status,
      'a request without a key gets no cached response',
    ).toBe(401);
    gateways.disturb = async () => null;
    await expect.poll(isOld, { timeout: 10_000 }).toBeNull();
  });

  test('is down, and old answers are not allowed', async () => {
    const [gateways, client] = await start({ seconds: 1, staleSeconds: 0 });
    await client.get('/v1/networks');
    gateways.disturb = async () => DOWN();
    const status = async () => (await client.get('/v1/networks')).status;
    await expect.poll(status, { timeout: 10_000 }).toBe(503);
  });
});

test('a client that polls a boot sees its end, however long responses are cached', async () => {
  const [, client] = await start();
  const { body } = await client.post('/v1/instances', NEW);
  const state = async () => (await client.get(`/v1/instances/${body.id}`)).body.state;
  const listed = async () => (await client.get('/v1/instances')).body[0].state;
  await expect.poll(state, { timeout: 10_000 }).toBe('active');
  await expect.poll(listed, { timeout: 10_000 }).toBe('active');
  expect(cacheOf(await client.get('/v1/instances'))).toBe('HIT');
});
