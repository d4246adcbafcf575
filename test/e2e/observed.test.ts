import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';

let gateway: GatewayProcess;
let key: string;
beforeAll(async () => {
  gateway = await startProcess({
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_SECRET: Buffer.alloc(32, 7).toString('base64'),
  });
  key = /x-api-key: (\S+?)"/.exec(gateway.stdout())?.[1] ?? '';
});
afterAll(async () => {
  await gateway.end('SIGKILL');
});

const get = (path: string) => fetch(gateway.url + path, { headers: { 'x-api-key': key } });

/** The line of a request, by the id that its client saw. */
async function lineOf(response: Response): Promise<Record<string, unknown>> {
  const id = response.headers.get('X-Request-Id') ?? '';
  const lines = () =>
    gateway
      .stderr()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter(({ msg, request_id }) => msg === 'request' && request_id === id);
  await expect.poll(lines).toHaveLength(1);
  return lines()[0];
}

test('the log line of a request has the number, duration and ids of its upstream calls', async () => {
  const response = await get('/v1/instances');
  const line = await lineOf(response);
  expect(line).toMatchObject({
    method: 'GET',
    route: '/v1/instances',
    dialect: 'redu',
    status: 200,
    key: key.split('_')[1],
    project: expect.any(String),
    upstream_calls: expect.any(Number),
    upstream_ms: expect.any(Number),
  });
  expect(line.upstream_calls).toBeGreaterThanOrEqual(2);
  expect(line.upstream_ms).toBeLessThanOrEqual(Number(line.duration_ms) + 1);
  const ids = String(line.upstream_request_ids).split(' ');
  expect(ids.length).toBeLessThanOrEqual(10);
  for (const id of ids) expect(id).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(response.headers.get('X-OpenStack-Request-ID')).toBe(ids.at(-1));
});

test('an error response has the id of the failed upstream call', async () => {
  const response = await get('/v1/instances/00000000-0000-4000-8000-000000000000');
  expect(response.status).toBe(404);
  const line = await lineOf(response);
  expect(response.headers.get('X-OpenStack-Request-ID')).toMatch(/^req-/);
  expect(line.upstream_request_ids).toContain(response.headers.get('X-OpenStack-Request-ID'));
});

test('a request without upstream calls logs none', async () => {
  const response = await get('/v1/nowhere');
  expect(response.headers.get('X-OpenStack-Request-ID')).toBeNull();
  expect(Object.keys(await lineOf(response)).filter((name) => name.startsWith('upstream'))).toEqual([]);
});

test('metrics count and time requests and upstream calls, and count keys by state', async () => {
  await get('/v1/flavors');
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const has = [
    /^linguanova_requests_total\{method="GET",route="\/v1\/flavors",dialect="redu",status="200",region="RegionOne"\} 1$/m,
    /^linguanova_request_duration_seconds_count\{route="\/v1\/flavors",dialect="redu",region="RegionOne"\} 1$/m,
    /^linguanova_request_duration_seconds_bucket\{le="30",route="\/v1\/flavors",dialect="redu",region="RegionOne"\} 1$/m,
    /^linguanova_upstream_duration_seconds_count\{region="RegionOne",service="compute",method="GET",status="2xx"\} [1-9]/m,
    /^linguanova_upstream_duration_seconds_count\{region="",service="identity",method="POST",status="2xx"\} [1-9]/m,
    /^linguanova_upstream_breakers_open\{region="RegionOne",service="compute"\} 0$/m,
    /^linguanova_upstream_calls_in_flight\{region="RegionOne",service="compute"\} 0$/m,
    /^linguanova_keys\{state="active"\} 1$/m,
    /^linguanova_keys\{state="revoked"\} 0$/m,
  ];
  for (const line of has) expect(metrics).toMatch(line);
});

test('the files of the console are one route of the metrics, whatever their number', async () => {
  const page = await (await get('/console')).text();
  const files = [...page.matchAll(/href="(console\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect((await get(file)).status, file).toBe(200);
  expect((await get('/console/none.js')).status).toBe(404);
  const metrics = await (await get('/metrics')).text();
  const routes = [...metrics.matchAll(/^linguanova_requests_total\{.*route="(\/console[^"]*)"/gm)];
  expect(new Set(routes.map(([, route]) => route))).toEqual(new Set(['/console', '/console/:file{.+}']));
});
