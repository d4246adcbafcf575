import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { type OtlpCollector, type ReceivedSpan, startCollector } from '../support/otlp-collector.ts';

/** A gateway whose cloud is another gateway, both with one collector: a trace has the spans of both. */
const ADMIN_TOKEN = 'a-token-of-this-test';
const COLLECTOR_TOKEN = 'a-token-of-the-collector';
const CLIENT_SPAN = '00f067aa0ba902b7';
const [SERVER, CLIENT] = [2, 3];
/** Only after the first ones are key and response certainly in memory. */
const HITS = ['hit 1', 'hit 2', 'hit 3', 'hit 4', 'hit 5'];

let collector: OtlpCollector;
let gateway: GatewayProcess;
let cloud: GatewayProcess;
let key: string;
let cloudKey: string;
const traces: Record<string, string> = {};
const responses: Record<string, Response> = {};

beforeAll(async () => {
  collector = await startCollector();
  const common = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${COLLECTOR_TOKEN}`,
    LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
  };
  cloud = await startProcess({ ...common, LINGUANOVA_SANDBOX: '1', OTEL_SERVICE_NAME: 'the-cloud' });
  const [, id = '', secret = ''] =
    /--os-application-credential-id (\S+) --os-application-credential-secret (\S+)/.exec(cloud.stdout()) ??
    [];
  cloudKey = secret;
  gateway = await startProcess({
    ...common,
    OS_AUTH_URL: `${cloud.url}/identity/v3`,
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
  });
  const created = await fetch(`${gateway.url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'traced', application_credential: { id, secret } }),
  });
  key = (await created.json()).key;

  await send('a miss', '/v1/instances');
  for (const name of HITS) await send(name, '/v1/instances');
  await send('not found', '/v1/instances/00000000-0000-4000-8000-000000000000');
  await send('without a route', '/nowhere/at-all');
  await send('the nova dialect', '/compute/v2.1/servers');
  await send('a key in the path', `/v1/keypairs/${key}?api_key=${key}`);
  for (const secret of spellings()) {
    for (const path of ['/v1/keypairs/', '/admin/v1/keys/', '/nowhere/', '/compute/v2.1/os-keypairs/'])
      await send('a secret', path + secret, '01', `curl/8.5.0 ${secret}`);
  }
  await send('not sampled', '/v1/flavors', '00');
  await cloud.end('SIGTERM');
  await send('without its cloud', '/v1/images');
  await gateway.end('SIGTERM');
}, 60_000);

afterAll(async () => {
  for (const process of [gateway, cloud]) if (process?.child.exitCode === null) await process.end('SIGKILL');
  collector?.close();
});

/** In the spellings that a path accepts. */
const spellings = () => [
  key,
  key.replaceAll('_', '%5F'),
  key.replace('ln_', 'Ln_'),
  key.replace('l', '%6C'),
  ADMIN_TOKEN,
];

async function send(name: string, path: string, flags = '01', userAgent = 'a test'): Promise<void> {
  const traceId = traces[name] ?? randomBytes(16).toString('hex');
  traces[name] = traceId;
  const response = await fetch(gateway.url + path, {
    headers: {
      'x-api-key': key,
      traceparent: `00-${traceId}-${CLIENT_SPAN}-${flags}`,
      tracestate: 'vendor=value',
      'user-agent': userAgent,
    },
  });
  responses[name] = response;
  await response.arrayBuffer();
}

const spansOf = (name: string, service = 'linguanova'): ReceivedSpan[] =>
  collector.spans.filter((span) => span.traceId === traces[name] && span.service === service);

function spanOf(name: string, spanName: string): ReceivedSpan {
  const [found, ...others] = spansOf(name).filter((span) => span.name === spanName);
  expect(others).toEqual([]);
  if (found === undefined) throw new Error(`no span ${spanName}: ${spansOf(name).map((span) => span.name)}`);
  return found;
}

describe('a read that the cache does not have', () => {
  test('is a server span below the span of the client', () => {
    const { port } = new URL(gateway.url);
    expect(spanOf('a miss', 'GET /v1/instances')).toMatchObject({
      kind: SERVER,
      parentSpanId: CLIENT_SPAN,
      failed: false,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/instances',
        'http.response.status_code': 200,
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': Number(port),
        'user_agent.original': 'a test',
        'linguanova.key': key.split('_')[1],
        'linguanova.request_id': responses['a miss']?.headers.get('x-request-id'),
        'linguanova.dialect': 'redu',
      },
    });
  });

  test('has a span for the rate limit and one for the cache, whose children are the calls', () => {
    const request = spanOf('a miss', 'GET /v1/instances');
    expect(spanOf('a miss', 'limit')).toMatchObject({
      parentSpanId: request.spanId,
      attributes: { 'linguanova.limit.plan': 'default', 'linguanova.limit.admitted': true },
    });
    const cache = spanOf('a miss', 'cache');
    expect(cache).toMatchObject({
      parentSpanId: request.spanId,
      attributes: { 'linguanova.cache.result': 'miss' },
    });
    const calls = spansOf('a miss').filter(
      ({ kind, parentSpanId }) => kind === CLIENT && parentSpanId === cache.spanId,
    );
    const { host, port } = new URL(cloud.url);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    for (const { name, attributes, durationMs } of calls) {
      expect(name).toMatch(/^GET (compute|network|image)$/);
      expect(attributes).toMatchObject({
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'server.address': '127.0.0.1',
        'server.port': Number(port),
        'url.full': expect.stringMatching(new RegExp(`^http://${host}/[^?]+$`)),
      });
      expect(durationMs).toBeLessThanOrEqual(cache.durationMs);
    }
  });

  test('continues at the cloud, below the span of the call', () => {
    const calls = spansOf('a miss').filter(({ kind }) => kind === CLIENT);
    const parents = spansOf('a miss', 'the-cloud')
      .filter(({ kind }) => kind === SERVER)
      .map(({ parentSpanId }) => parentSpanId);
    expect(parents.sort()).toEqual(calls.map(({ spanId }) => spanId).sort());
  });
});

test('a cached response is one span with its duration', () => {
  const [span] = HITS.map((name) => spansOf(name)).find((spans) => spans.length === 1) ?? [];
  expect(span).toMatchObject({
    name: 'GET /v1/instances',
    kind: SERVER,
    parentSpanId: CLIENT_SPAN,
    attributes: { 'linguanova.cache.result': 'hit', 'http.response.status_code': 200 },
  });
  expect(span?.durationMs).toBeGreaterThan(0);
  expect(span?.durationMs).toBeLessThan(1_000);
});

test('the nova dialect has the same spans', () => {
  const request = spansOf('the nova dialect').find(({ kind }) => kind === SERVER);
  expect(request?.name).toMatch(/^GET \/compute\/\S*\*$/);
  expect(spanOf('the nova dialect', 'cache').parentSpanId).toBe(request?.spanId);
  expect(spanOf('the nova dialect', 'limit').parentSpanId).toBe(request?.spanId);
  expect(spansOf('the nova dialect', 'the-cloud').length).toBeGreaterThan(0);
});

test('a 4xx is no error of the gateway, but one of the call', () => {
  const request = spanOf('not found', 'GET /v1/instances/:id');
  expect(request).toMatchObject({ failed: false, attributes: { 'http.response.status_code': 404 } });
  expect(request.attributes['error.type']).toBeUndefined();
  const call = spansOf('not found').find(
    ({ attributes }) => attributes['http.response.status_code'] === 404 && attributes['url.full'],
  );
  expect(call).toMatchObject({ failed: true, attributes: { 'error.type': '404' } });
});

test('a 5xx is an error, and so is each attempt of the call', () => {
  expect(responses['without its cloud']?.status).toBe(503);
  const request = spanOf('without its cloud', 'GET /v1/images');
  expect(request).toMatchObject({ failed: true, attributes: { 'error.type': '503' } });
  const calls = spansOf('without its cloud').filter(({ kind }) => kind === CLIENT);
  expect(calls.every(({ failed }) => failed)).toBe(true);
  expect(calls.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2]);
  expect(calls.map(({ attributes }) => attributes['error.type'])).toEqual(Array(3).fill('ECONNREFUSED'));
});

test('a path without a route is in no name', () => {
  const [span] = spansOf('without a route');
  expect(span?.name).toBe('GET');
  expect(span?.attributes).not.toHaveProperty(['http.route']);
});

test('a trace that its client does not record is not recorded, and is in the log', () => {
  expect(spansOf('not sampled')).toEqual([]);
  expect(spansOf('not sampled', 'the-cloud')).toEqual([]);
  expect(gateway.stderr()).toContain(`"trace_id":"${traces['not sampled']}"`);
});

test.each(['a miss', 'hit 5', 'the nova dialect'])('the log line of %s has its trace id', (name) => {
  const id = responses[name]?.headers.get('x-request-id');
  const lines = gateway
    .stderr()
    .split('\n')
    .filter((line) => line.includes(`"request_id":"${id}"`))
    .map((line) => JSON.parse(line));
  expect(lines.map(({ trace_id }) => trace_id)).toEqual([traces[name]]);
});

test('no secret is in a span', () => {
  const text = collector.bodies.join('\n');
  const secrets = [
    key,
    key.split('_')[2],
    cloudKey,
    cloudKey.split('_')[2],
    ADMIN_TOKEN,
    COLLECTOR_TOKEN,
    'lnt_',
  ];
  expect(secrets.filter((secret) => text.includes(String(secret)))).toEqual([]);
  const spans = spansOf('a secret');
  expect(spans.filter(({ kind }) => kind === CLIENT).length).toBeGreaterThanOrEqual(1);
  for (const { kind, attributes } of spans)
    if (kind === SERVER) {
      expect(attributes).not.toHaveProperty(['url.path']);
      expect(attributes['user_agent.original']).toBe('curl/8.5.0 REDACTED');
    }
});

test('a collector that does not answer delays the end of the process by a few seconds', async () => {
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const stopped = await startProcess({
    LINGUANOVA_SANDBOX: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '60000',
  });
  await fetch(`${stopped.url}/healthz`);
  const started = performance.now();
  expect(await stopped.end('SIGTERM')).toBe(0);
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(stopped.stderr()).toContain('gateway_stopped');
  hanging.closeAllConnections();
  hanging.close();
}, 90_000);

test('spans are sent to /v1/traces with the headers that the operator set, the last ones at the stop', () => {
  for (const { url, headers } of collector.requests) {
    expect(url).toBe('/v1/traces');
    expect(headers.authorization).toBe(`Bearer ${COLLECTOR_TOKEN}`);
  }
  expect(collector.requests.length).toBeGreaterThan(0);
});
