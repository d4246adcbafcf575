import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { balancerConfiguration } from '../support/balancer.ts';
import { createCertificate, TLS_HOST } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { startNginx } from '../support/nginx.ts';
import { exchange, head } from '../support/raw-http.ts';
import { responseOf, TlsClient } from '../support/tls-client.ts';
import { availableProxies, type ProxyName, startTlsProxy } from '../support/tls-proxies.ts';
import { type SandboxGateway, sandboxGateway } from './sandbox-gateway.ts';

/** In place of 65 seconds. */
const SHUTDOWN_MS = 1_000;
const PROXIES = await availableProxies();
let gateway: SandboxGateway;
const stops: (() => Promise<void>)[] = [];
const clients: TlsClient[] = [];
/** Of those that can be had on this machine. */
const urls = new Map<'balancer' | ProxyName, string>();

beforeAll(async () => {
  gateway = await sandboxGateway({ trustedProxies: ['127.0.0.1/32'], shutdownMs: SHUTDOWN_MS });
  const { host } = new URL(gateway.url);
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-tls-'));
  stops.push(async () => rmSync(folder, { recursive: true, force: true }));
  const certificate = createCertificate(folder);
  const balancer = `127.0.0.1:${await freePort()}`;
  const nginx = await startNginx(balancerConfiguration(balancer, [host, host]));
  if (nginx !== null) {
    urls.set('balancer', `http://${balancer}`);
    stops.push(() => nginx.stop());
  }
  for (const name of PROXIES) {
    const proxy = await startTlsProxy(name, host, certificate);
    urls.set(name, `https://127.0.0.1:${proxy.port}`);
    clients.push(new TlsClient(proxy.port, certificate.ca));
    stops.push(() => proxy.stop());
  }
  for (const url of urls.values()) {
    const me = head('GET /v1/me HTTP/1.1', `Host: ${TLS_HOST}`, `x-api-key: ${gateway.key}`);
    await vi.waitFor(async () => expect((await exchange(url, me)).status).toBe(200), { timeout: 20_000 });
  }
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await gateway.stop();
});

const SPELLINGS = ['healthz', 'metrics', 'readyz', 'admin/v1/keys', 'admin'].flatMap((path) => {
  const encoded = `%${path.charCodeAt(0).toString(16)}${path.slice(1)}`;
  return [
    `/${path}`,
    `/${path}/`,
    `//${path}`,
    `/./${path}`,
    `/x/../${path}`,
    `/%2e/${path}`,
    `/${encoded}`,
    `/${path.toUpperCase()}`,
    `/${path};x`,
    `/v1/..%2f${path}`,
    `/${path}?x=1`,
    `http://${TLS_HOST}/${path}`,
  ];
});
const HOSTS = [
  '-\xf1\xfa/metrics',
  '\xef/admin/v1',
  '\xcb\xd9/readyz',
  '1.2.3.4.5',
  'gateway.example/admin/v1',
  'a@b',
];

describe.each(['balancer', ...PROXIES] as const)('behind the shipped %s', (proxy) => {
  test.each(SPELLINGS)('%s is not reachable from outside', async (path) => {
    const url = urls.get(proxy);
    if (url === undefined) return;
    const authorization = 'Authorization: Bearer admin-token-of-the-tests';
    const { status, body } = await exchange(
      url,
      head(`GET ${path} HTTP/1.1`, `Host: ${TLS_HOST}`, authorization),
    );
    expect([400, 401, 404], body.slice(0, 200)).toContain(status);
    if (status === 401) expect(path).toContain('/v1/..');
    expect(body).not.toMatch(/linguanova_|"store"|"status"|next_cursor/);
  });
});

/** Caddy and Traefik serve one host only, and reject or ignore the others by themselves. */
describe.each(['balancer', 'nginx', 'haproxy'] as const)('behind the shipped %s', (proxy) => {
  test.each(HOSTS)('a Host of %j is 400, on every path', async (host) => {
    const url = urls.get(proxy);
    if (url === undefined) return;
    for (const path of ['/', '/keys', '/v1/keys', '/identity/v3', '/console']) {
      const { status, body } = await exchange(url, head(`GET ${path} HTTP/1.1`, `Host: ${host}`));
      expect(status, body.slice(0, 200)).toBe(400);
    }
  });
});

test.each(['balancer', 'haproxy'] as const)('%s serves HTTP/1.0 without Host', async (proxy) => {
  const url = urls.get(proxy);
  if (url === undefined) return;
  const { status, received } = await exchange(
    url,
    `GET /v1/me HTTP/1.0\r\nx-api-key: ${gateway.key}\r\n\r\n`,
  );
  expect(status, received).toBe(200);
});

test('HAProxy’s default health check, HTTP/1.0 without Host, keeps the gateway up', async () => {
  const url = urls.get('haproxy');
  if (url === undefined) return;
  const { headers } = await exchange(
    url,
    head('GET /v1/me HTTP/1.1', `Host: ${TLS_HOST}`, `x-api-key: ${gateway.key}`),
  );
  expect(headers['x-request-id']).toMatch(/^req-/);
});

test('a client cannot set X-Forwarded-Host through the balancer of compose.yaml', async () => {
  const url = urls.get('balancer');
  if (url === undefined) return;
  const { body } = await exchange(
    url,
    head(
      'GET /identity/v3 HTTP/1.1',
      'Host: api.example.org',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
    ),
  );
  expect(body).toContain('http://api.example.org/identity/v3');
});

/** The last one, for it stops the gateway. */
test('a stop cuts what outlasts it, through each proxy, and logs how much', async () => {
  const uploads = clients.map(async (client) => {
    const made = await fetch(`${gateway.url}/v1/images`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.key, 'content-type': 'application/json' },
      body: '{"name": "endless", "disk_format": "raw"}',
    });
    const headers = { 'x-api-key': gateway.key, 'content-type': 'application/octet-stream' };
    const upload = client.start('PUT', `${made.headers.get('location')}/file`, { headers });
    upload.write('begin');
    return upload;
  });
  const sent = () => gateway.requests.filter((request) => /^PUT .*\/file$/.test(request)).length;
  await expect.poll(sent).toBe(clients.length);
  const outcomes = (await Promise.all(uploads)).map(async (upload) => {
    const outcome = responseOf(upload).then(
      ({ status }) => status,
      () => 'cut',
    );
    await gateway.stop();
    upload.end('more');
    return outcome;
  });
  for (const outcome of await Promise.all(outcomes)) expect(['cut', 502, 504]).toContain(outcome);
  expect(gateway.logged).toContainEqual(
    expect.objectContaining({ event: 'requests_cut', fields: { requests: clients.length } }),
  );
});
