import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { ADMIN_TOKEN, type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';

const APP = 'https://app.example.org';
const SHOP = 'https://shop.example.org';
const FOREIGN = 'https://foreign.example.org';
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' };

const sandbox = createSandbox({ bootMilliseconds: 60 });
const [account] = sandbox.accounts;
const clouds = openStackDriver({
  transport: fetchTransport((request) => sandbox.fetch(request)),
  authUrl: sandbox.authUrl,
  endpoints: { region: null, interface: 'public' },
  serviceAccount: {
    kind: 'password',
    user: { id: sandbox.admin.userId },
    password: sandbox.admin.password,
    project: { id: sandbox.admin.projectId },
  },
});
const started: RunningGateway[] = [];
afterAll(async () => {
  for (const gateway of started) await gateway.stop();
  await clouds.close();
});

/** What a browser does for a page of `origin`. */
async function page(options: GatewayUnderTest) {
  const gateway = await startGateway(clouds, options);
  started.push(gateway);
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
    fetch(gateway.url + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    send,
    preflight: (origin: string, path = '/v1/instances') => send('OPTIONS', path, { origin, ...PREFLIGHT }),
    async admin(method: string, path: string, body?: object) {
      const response = await send(
        method,
        `/admin/v1${path}`,
        { authorization: `Bearer ${ADMIN_TOKEN}` },
        body,
      );
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
    async key(more: object = {}): Promise<{ id: string; key: string }> {
      const { status, body } = await this.admin('POST', '/keys', {
        name: 'cors',
        project_id: account?.projectId,
        ...more,
      });
      expect(status, JSON.stringify(body)).toBe(201);
      return body;
    },
  };
}
type Page = Awaited<ReturnType<typeof page>>;

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

describe('LINGUANOVA_CORS_ORIGINS', () => {
  let at: Page;
  beforeAll(async () => {
    at = await page({ corsOrigins: [APP], limits: { mode: 'enforce' } });
  });

  test('a preflight needs no key and no points, and lists methods and headers', async () => {
    for (const path of ['/v1/instances', '/v1/instances/x/actions', '/cloud/v1/me', '/v1/api_keys']) {
      const response = await at.preflight(APP, path);
      expect([response.status, allowed(response)]).toEqual([204, APP]);
      expect(response.headers.get('access-control-allow-methods')).toContain('PATCH');
      expect(response.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
      expect(response.headers.get('access-control-max-age')).toBe('7200');
      expect(response.headers.get('vary')).toContain('Origin');
      expect(response.headers.has('ratelimit')).toBe(false);
    }
  });

  test.each(['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'cache-control', 'if-match'])(
    'a preflight allows the request header %s of browser libraries',
    async (name) => {
      const response = await at.preflight(APP);
      const names = response.headers.get('access-control-allow-headers')?.toLowerCase().split(', ');
      expect(names).toContain(name);
    },
  );

  test('another origin gets no CORS headers', async () => {
    const preflight = await at.preflight(FOREIGN);
    expect([preflight.status, allowed(preflight)]).toEqual([204, null]);
    expect(preflight.headers.has('access-control-allow-headers')).toBe(false);
    const { key } = await at.key();
    const answer = await at.send('GET', '/v1/me', { origin: FOREIGN, 'x-api-key': key });
    expect(allowed(answer)).toBeNull();
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  test('responses are readable with their headers, cached ones too', async () => {
    const { key } = await at.key();
    const headers = { origin: APP, 'x-api-key': key };
    for (const cache of ['MISS', 'HIT']) {
      const answer = await at.send('GET', '/v1/flavors', headers);
      expect([answer.status, answer.headers.get('x-cache'), allowed(answer)]).toEqual([200, cache, APP]);
      expect(answer.headers.get('vary')).toBe('x-api-key, Authorization, Origin');
      const exposed = answer.headers.get('access-control-expose-headers')?.split(', ');
      for (const name of ['X-Request-Id', 'Retry-After', 'Link', 'Location', 'RateLimit', 'ETag']) {
        expect(exposed).toContain(name);
      }
    }
    const etag = (await at.send('GET', '/v1/flavors', headers)).headers.get('etag') ?? '';
    const known = await at.send('GET', '/v1/flavors', { ...headers, 'if-none-match': etag });
    expect([known.status, allowed(known)]).toEqual([304, APP]);
    const without = await at.send('GET', '/v1/flavors', { 'x-api-key': key });
    expect([allowed(without), without.headers.get('vary')]).toEqual([
      null,
      'x-api-key, Authorization, Origin',
    ]);
  });

  test('errors are readable too', async () => {
    const { key } = await at.key({ plan: 'default' });
    const headers = { origin: APP, 'x-api-key': key };
    const refused: [number, Response][] = [
      [401, await at.send('GET', '/v1/me', { origin: APP })],
      [401, await at.send('GET', '/v1/me', { origin: APP, 'x-api-key': 'ln_garbage' })],
      [400, await at.send('POST', '/v1/instances', headers, { name: '' })],
      [404, await at.send('GET', '/v1/instances/x', headers)],
      [404, await at.send('GET', '/v1/nothing', headers)],
      [405, await at.send('PUT', '/v1/instances', headers)],
    ];
    for (const [status, answer] of refused) expect([answer.status, allowed(answer)]).toEqual([status, APP]);
  });

  test('so are 429 and the errors of an unreachable cloud', async () => {
    const tight = { name: 'default', points: 1, projectPoints: 1, seconds: 3_600 };
    const poor = await page({ corsOrigins: [APP], limits: { mode: 'enforce', plans: [tight] } });
    const { key } = await poor.key();
    const headers = { origin: APP, 'x-api-key': key };
    for (let i = 0; i < 5; i++) expect((await poor.preflight(APP)).status).toBe(204);
    expect((await poor.send('GET', '/v1/me', headers)).status).toBe(200);
    const limited = await poor.send('GET', '/v1/me', headers);
    expect([limited.status, allowed(limited)]).toEqual([429, APP]);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);

    const shared = { keys: memoryKeyStore(), secret: Buffer.alloc(32, 7).toString('base64') };
    const { key: good } = await (await page(shared)).key();
    const late = await page({ ...shared, corsOrigins: [APP], deadline: 0 });
    const answer = await late.send('GET', '/v1/flavors', { origin: APP, 'x-api-key': good });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(allowed(answer)).toBe(APP);
  });
});

test('* allows any origin, and unset allows none', async () => {
  const open = await page({ corsOrigins: '*' });
  expect(allowed(await open.preflight(FOREIGN))).toBe('*');
  const { key } = await open.key();
  expect(allowed(await open.send('GET', '/v1/me', { origin: FOREIGN, 'x-api-key': key }))).toBe('*');
  const closed = await page({});
  expect(allowed(await closed.preflight(APP))).toBeNull();
});

describe('browser keys', () => {
  let at: Page;
  beforeAll(async () => {
    at = await page({});
  });

  test('work only from pages of their origins', async () => {
    expect(allowed(await at.preflight(SHOP))).toBeNull();
    const { key } = await at.key({ allowed_origins: [SHOP] });
    const preflight = await at.preflight(SHOP);
    expect([preflight.status, allowed(preflight)]).toEqual([204, SHOP]);
    const get = (path: string, headers: Record<string, string>) =>
      at.send('GET', path, { 'x-api-key': key, ...headers });
    const read = await get('/v1/instances', { origin: SHOP });
    expect([read.status, allowed(read)]).toEqual([200, SHOP]);
    expect((await get('/v1/instances', { origin: FOREIGN })).status).toBe(401);
    expect((await get('/v1/instances', {})).status).toBe(401);
    expect((await get('/compute/v2.1/servers', {})).status).toBe(401);
  });

  test('are read-only, and cannot list or revoke keys', async () => {
    const { id, key } = await at.key({ allowed_origins: [SHOP] });
    const headers = { origin: SHOP, 'x-api-key': key };
    const me = (await (await at.send('GET', '/v1/me', headers)).json()) as { scopes: string[] };
    expect(me.scopes).toEqual(['instances:read']);
    const refused: [string, string, object?][] = [
      ['POST', '/v1/instances', { name: 'a', flavor_id: 'm1.tiny', image_id: 'x' }],
      ['POST', '/v1/keypairs', { name: 'a' }],
      ['GET', '/v1/api_keys'],
      ['GET', `/v1/api_keys/${id}`],
      ['DELETE', `/v1/api_keys/${id}`],
      ['POST', `/v1/api_keys/${id}/rotate`, {}],
    ];
    for (const [method, path, body] of refused) {
      const answer = await at.send(method, path, headers, body);
      expect([answer.status, allowed(answer)], `${method} ${path}`).toEqual([403, SHOP]);
    }
  });

  test('are made and unmade by an update, effective immediately', async () => {
    const { id, key } = await at.key({ scopes: ['instances:read'] });
    const status = async (headers: Record<string, string>) =>
      (await at.send('GET', '/v1/me', { 'x-api-key': key, ...headers })).status;
    expect(await status({})).toBe(200);
    const bound = await at.admin('PATCH', `/keys/${id}`, { allowed_origins: [APP] });
    expect(bound.body).toMatchObject({ allowed_origins: [APP], scopes: ['instances:read'] });
    expect(await status({})).toBe(401);
    expect(await status({ origin: APP })).toBe(200);
    expect(allowed(await at.preflight(APP))).toBe(APP);
    const more = await at.admin('PATCH', `/keys/${id}`, { scopes: ['instances:write'] });
    expect([more.status, more.body.error.details[0].field]).toEqual([400, 'scopes']);
    await at.admin('PATCH', `/keys/${id}`, { allowed_origins: [], scopes: ['instances:write'] });
    expect(await status({})).toBe(200);
    const back = await at.admin('PATCH', `/keys/${id}`, { allowed_origins: [APP] });
    expect(back.status).toBe(400);
    await at.admin('DELETE', `/keys/${id}`);
  });

  test('keep their origins when the operator rotates them', async () => {
    const { id } = await at.key({ allowed_origins: [SHOP] });
    const { body } = await at.admin('POST', `/keys/${id}/rotate`, {});
    expect(body).toMatchObject({ allowed_origins: [SHOP], scopes: ['instances:read'] });
    const answer = await at.send('GET', '/v1/me', { origin: SHOP, 'x-api-key': body.key });
    expect(answer.status).toBe(200);
  });
});
