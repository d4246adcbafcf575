import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_CONCURRENT_CALLS } from '../../adapters/openstack/http/concurrency-limiter.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { bundled } from '../support/worker-bundle.ts';
import { startWorkers, type Workers } from '../support/workers.ts';

/** How the cloud handles a request; `respond` is its regular response. */
type Fate = (path: string, respond: () => Promise<Response>) => Promise<Response | 'cut'>;

const HONEST: Fate = (_, respond) => respond();
/** The worker's time-out for the cloud. */
const REQUEST_TIMEOUT_MS = 8_000;

let cloud: Server;
let fate: Fate = HONEST;
let workers: Workers;
let credential: { id: string; secret: string };
let another: { id: string; secret: string };

beforeAll(async () => {
  let sandbox: ReturnType<typeof createSandbox>;
  cloud = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const forwarded = new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    });
    const upstream = await fate(request.url ?? '', () => sandbox.fetch(forwarded));
    if (upstream === 'cut') {
      response.destroy();
      return;
    }
    response.writeHead(upstream.status, Object.fromEntries(upstream.headers));
    response.end(Buffer.from(await upstream.arrayBuffer()));
  });
  await new Promise<void>((resolve) => cloud.listen(0, '127.0.0.1', resolve));
  const address = cloud.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  sandbox = createSandbox({
    baseUrl: `http://127.0.0.1:${port}`,
    projects: [{ name: 'acme' }, { name: 'globex' }],
  });
  [credential, another] = sandbox.accounts.map((account) => ({
    id: account.applicationCredentialId,
    secret: account.applicationCredentialSecret,
  })) as [typeof credential, typeof another];
  workers = await startWorkers({
    script: await bundled('test/edge/wrangler.toml'),
    variables: { OS_AUTH_URL: sandbox.authUrl, DEADLINE: `${REQUEST_TIMEOUT_MS}` },
  });
});
afterAll(async () => {
  await workers?.close();
  cloud?.closeAllConnections();
  cloud?.close();
});

async function send(path: string, init: RequestInit & { key: string }): Promise<Response> {
  const { key, ...rest } = init;
  return fetch(workers.url + path, { ...rest, headers: { 'x-api-key': key } });
}

async function during<Result>(what: Fate, work: () => Promise<Result>): Promise<Result> {
  fate = what;
  try {
    return await work();
  } finally {
    fate = HONEST;
  }
}

describe('a cloud that', () => {
  const isNova = (path: string) => path.startsWith('/compute');

  test('cuts its connections is 503 with Retry-After, until it recovers', async () => {
    const key = await workers.keyFor(credential);
    const refused = await during(
      async (path, respond) => (isNova(path) ? 'cut' : respond()),
      () => send('/v1/server_groups', { key }),
    );
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    await expect.poll(async () => (await send('/v1/server_groups', { key })).status).toBe(200);
  });

  test('is slow still gets to respond', async () => {
    const key = await workers.keyFor(credential);
    const slow: Fate = async (_, respond) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return respond();
    };
    expect((await during(slow, () => send('/v1/keypairs', { key }))).status).toBe(200);
  });

  test('never responds is 504 at the timeout, and health checks work meanwhile', async () => {
    const key = await workers.keyFor(credential);
    const silent: Fate = (path, respond) => (isNova(path) ? new Promise(() => {}) : respond());
    const response = await during(silent, async () => {
      const waiting = send('/v1/availability_zones', { key });
      expect((await fetch(`${workers.url}/healthz`)).status).toBe(200);
      return waiting;
    });
    expect(response.status).toBe(504);
  });

  test.each([
    ['no JSON', () => new Response('<html>welcome</html>', { status: 200 })],
    ['JSON of another shape', () => Response.json({ servers: 'all' })],
  ])('responds with %s is 502 without details', async (_, rubbish) => {
    const key = await workers.keyFor(credential);
    const nonsense: Fate = async (path, respond) => (isNova(path) ? rubbish() : respond());
    const response = await during(nonsense, () => send('/v1/instances', { key }));
    expect(response.status).toBe(502);
    expect(await response.text()).not.toMatch(/welcome|servers/);
  });
});

test('a disconnect does not cancel calls that other requests wait for', async () => {
  const key = await workers.keyFor(another);
  const [arrived, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let lists = 0;
  const holdList: Fate = async (path, respond) => {
    if (path.includes('/os-server-groups')) {
      lists += 1;
      arrived.resolve();
      await held.promise;
    }
    return respond();
  };
  await during(holdList, async () => {
    const ofKey = { headers: { 'x-api-key': key } };
    const leaving = new AbortController();
    const first = fetch(`${workers.url}/v1/server_groups`, { ...ofKey, signal: leaving.signal });
    await arrived.promise;
    const second = fetch(`${workers.url}/v1/server_groups`, ofKey);
    leaving.abort();
    await expect(first).rejects.toThrow();
    expect((await fetch(`${workers.url}/healthz`)).status).toBe(200);
    held.resolve();
    expect((await second).status).toBe(200);
    expect(lists, 'both waited for the same').toBe(1);
  });
});

test('abandoned calls release their concurrency slots', async () => {
  const key = await workers.keyFor(credential);
  const headers = { 'x-api-key': key };
  const slowNetwork: Fate = async (path, respond) => {
    if (path.startsWith('/networking')) await new Promise((resolve) => setTimeout(resolve, 300));
    return respond();
  };
  await during(slowNetwork, async () => {
    // Nova responds 404 immediately, while the call to Neutron is still in flight.
    // More calls than one project may run at a time, and no more than may wait.
    const requests = Array.from({ length: MAX_CONCURRENT_CALLS / 2 }, () =>
      fetch(`${workers.url}/v1/instances/${crypto.randomUUID()}`, { headers }),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([404]));
  });
  await expect
    .poll(async () => (await fetch(`${workers.url}/v1/security_groups`, { headers })).status, {
      timeout: REQUEST_TIMEOUT_MS,
    })
    .toBe(200);
});
