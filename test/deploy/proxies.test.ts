/**
 * The files of deploy/proxies, each in front of a gateway as an operator starts it, and the path prefix example of
 * docs/proxies.md.
 *
 * @module
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { OWN_PAGE } from '../console/browser-client.ts';
import { fenced, read, section } from '../docs/pages.ts';
import { createCertificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { startNginx, type TestNginx } from '../support/nginx.ts';
import { responseOf, TlsClient, type TlsRequest } from '../support/tls-client.ts';
import { availableProxies, startTlsProxy, type TlsProxy } from '../support/tls-proxies.ts';

const [PREFIX_LOCATION = ''] = fenced(section(read('docs/proxies.md'), 'Below a path'), 'nginx');
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const JSON_BODY = { 'content-type': 'application/json' };
/** More than the body that nginx accepts by default. */
const IMAGE_BYTES = 1_200_000;
/** Not the address of the proxies, which is trusted. */
const CLIENT = '127.0.0.9';
/** Whose failures count for itself. */
const STRANGER = '127.0.0.8';

const keyIn = (stdout: string) => /x-api-key: (\w+)"/.exec(stdout)?.[1] ?? '';
const PROXIES = await availableProxies();

describe('deploy/proxies', () => {
  let folder: string;
  let gateway: GatewayProcess;
  let key: string;
  const started: TlsProxy[] = [];
  const clients: TlsClient[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linguanova-tls-'));
    const certificate = createCertificate(folder);
    gateway = await startProcess({
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      LINGUANOVA_TRUSTED_PROXIES: '127.0.0.1/32',
      LINGUANOVA_PLANS: 'default=100000/60',
      LOG_LEVEL: 'silent',
    });
    key = keyIn(gateway.stdout());
    for (const name of PROXIES) {
      const proxy = await startTlsProxy(name, new URL(gateway.url).host, certificate);
      started.push(proxy);
      const client = new TlsClient(proxy.port, certificate.ca);
      clients.push(client);
      // A proxy may listen before it has checked the gateway.
      const served = async () => expect((await client.send('GET', '/v1/me', authorized())).status).toBe(200);
      await vi.waitFor(served, { timeout: 20_000 });
    }
  });
  afterAll(async () => {
    for (const proxy of started) await proxy.stop();
    if (gateway?.child.exitCode === null) await gateway.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const authorized = () => ({ headers: { 'x-api-key': key } });

  async function createImage(client: TlsClient): Promise<string> {
    const body = { name: 'appliance', disk_format: 'raw' };
    const { headers, status } = await client.send('POST', '/v1/images', { ...authorized(), body });
    expect(status).toBe(201);
    return headers.location ?? '';
  }

  /** An upload without Content-Length, of which no byte is sent yet. */
  const startUpload = (client: TlsClient, image: string, more: TlsRequest = authorized()) =>
    client.start('PUT', `${image}/file`, {
      ...more,
      headers: { ...more.headers, 'content-type': 'application/octet-stream' },
    });

  async function openEvents(client: TlsClient): Promise<IncomingMessage> {
    const sent = client.start('GET', '/v1/events', authorized()).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const [first] = await once(response.setEncoding('utf8'), 'data');
    expect(first).toContain('event: ready');
    return response;
  }

  async function eventStreams(): Promise<number> {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return Number(/^linguanova_event_streams (\d+)/m.exec(metrics)?.[1] ?? 0);
  }

  describe.each(PROXIES)('%s', (name) => {
    const client = () => clients[PROXIES.indexOf(name)] as TlsClient;

    test.each(['/docs', '/openapi.json', '/console', '/console/style.css'])('serves %s', async (path) => {
      expect((await client().send('GET', path)).status).toBe(200);
    });

    test('serves HTTP/2', async () => {
      expect(await client().statusByHttp2('/v1/me', { 'x-api-key': key })).toBe(200);
    });

    test.each(['/healthz', '/readyz', '/metrics', '/admin/v1/keys'])('keeps %s inside', async (path) => {
      expect((await client().send('GET', path, { headers: ADMIN, from: STRANGER })).status).toBe(404);
    });

    test('the catalog has the address that the client used', async () => {
      const { text } = await client().send('GET', '/identity/v3/auth/catalog', {
        headers: { 'x-auth-token': key, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
      });
      const urls = [...text.matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url);
      expect(urls.length).toBeGreaterThan(3);
      expect(urls.filter((url) => !url?.startsWith('https://api.example.org/'))).toEqual([]);
    });

    test('the console accepts its own sign-in', async () => {
      const signIn = (origin: string) =>
        client().send('POST', '/console/session', {
          headers: { ...OWN_PAGE, origin },
          body: { api_key: key },
        });
      const { status, headers } = await signIn('https://api.example.org');
      expect(status).toBe(200);
      expect(String(headers['set-cookie'])).toMatch(/Secure/);
      expect((await signIn('https://evil.example.org')).status).toBe(403);
    });

    test('the gateway sees the address of the client, not what the client claims', async () => {
      const restrict = async (allowed_cidrs: string[]) => {
        const { status } = await fetch(`${gateway.url}/admin/v1/keys/${key.split('_')[1]}`, {
          method: 'PATCH',
          headers: { ...JSON_BODY, ...ADMIN },
          body: JSON.stringify({ allowed_cidrs }),
        });
        expect(status).toBe(200);
      };
      const statusFrom = async (from: string, claimed: string) => {
        const headers = { 'x-api-key': key, 'x-forwarded-for': claimed, 'x-real-ip': claimed };
        return (await client().send('GET', '/v1/me', { headers, from })).status;
      };
      await restrict([`${CLIENT}/32`]);
      try {
        await expect.poll(() => statusFrom(STRANGER, CLIENT)).toBeGreaterThanOrEqual(401);
        expect(await statusFrom(CLIENT, '192.0.2.7')).toBe(200);
      } finally {
        await restrict([]);
      }
    });

    test('events arrive at once, and the stream ends when the client leaves', async () => {
      const before = await eventStreams();
      const events = await openEvents(client());
      expect(await eventStreams()).toBe(before + 1);
      events.destroy();
      await expect.poll(eventStreams).toBe(before);
    });

    test('image data is uploaded', async () => {
      const image = await createImage(client());
      const uploading = startUpload(client(), image);
      uploading.end(Buffer.alloc(IMAGE_BYTES, 7));
      expect(await responseOf(uploading)).toMatchObject({ status: 204 });
      const { text } = await client().send('GET', image, authorized());
      expect(JSON.parse(text)).toMatchObject({ status: 'active', size_bytes: IMAGE_BYTES });
    });

    test('an upload is not buffered: the gateway rejects one of which only the beginning was sent', async () => {
      const uploading = startUpload(client(), '/v1/images/any', { from: STRANGER });
      uploading.write(Buffer.alloc(1024));
      expect(await responseOf(uploading)).toMatchObject({ status: 401 });
      uploading.destroy();
    });
  });

  test('a gateway that stops completes an upload through each proxy, and ends event streams', async () => {
    const uploads = await Promise.all(
      clients.map(async (client) => startUpload(client, await createImage(client))),
    );
    const responses = uploads.map(responseOf);
    for (const uploading of uploads) uploading.write(Buffer.alloc(1024));
    const streams = await Promise.all(clients.map(openEvents));
    const ends = streams.map((stream) =>
      once(
        stream.on('error', () => {}),
        'close',
      ),
    );
    // The gateway has all of them.
    await expect.poll(eventStreams).toBe(clients.length);
    const exit = gateway.end('SIGTERM');
    await Promise.all(ends);
    for (const uploading of uploads) uploading.end(Buffer.alloc(1024));
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual(clients.map(() => 204));
    expect(await exit).toBe(0);
    for (const client of clients) {
      expect([502, 503, 504]).toContain((await client.send('GET', '/v1/me', authorized())).status);
    }
  });
});

test.each([
  ['nginx.conf', 'proxy_read_timeout 660s;'],
  ['../nginx.conf', 'proxy_read_timeout 660s;'],
  ['Caddyfile', 'response_header_timeout 660s'],
  ['haproxy.cfg', 'timeout server 660s'],
  ['traefik-routes.yaml', 'responseHeaderTimeout: 660s'],
])('deploy/proxies/%s waits longer than the gateway, closes idle connections earlier', (file, setting) => {
  const text = read(`deploy/proxies/${file}`);
  expect(text).toContain(setting);
  expect(text).toMatch(/keepalive_timeout 55s|keepalive 55s|http-keep-alive 55s|idleConnTimeout: 55s/);
});

describe('the path prefix example', () => {
  let gateway: GatewayProcess;
  let nginx: TestNginx | null;
  let url: string;
  let key: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/cloud`;
    gateway = await startProcess({
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_PUBLIC_URL: url,
      LOG_LEVEL: 'silent',
    });
    key = keyIn(gateway.stdout());
    const server = `server { listen 127.0.0.1:${port}; proxy_set_header Host $http_host;`;
    nginx = await startNginx(`${server} ${PREFIX_LOCATION.replace('http://127.0.0.1:8787', gateway.url)} }`);
  });
  afterAll(async () => {
    await nginx?.stop();
    await gateway?.end('SIGTERM');
  });

  const headers = () => ({ 'x-api-key': key, ...JSON_BODY });
  const follow = (path: string | null | undefined) =>
    fetch(new URL(path ?? 'missing', url), { headers: headers() });

  test.each([
    ['/v1/security_groups', { name: 'behind-a-path' }],
    ['/v1/keypairs', { name: 'behind a path' }],
    ['/v1/server_groups', { name: 'behind-a-path', policy: 'affinity' }],
    ['/v1/instances', { name: 'behind-a-path', flavor_id: 'm1.small', image_id: 'debian-12-amd64' }],
  ])('Location of POST %s leads to the new resource', async (path, body) => {
    const made = await fetch(url + path, { method: 'POST', headers: headers(), body: JSON.stringify(body) });
    expect([made.status, await made.text()]).toEqual([
      path === '/v1/instances' ? 202 : 201,
      expect.any(String),
    ]);
    const location = made.headers.get('location');
    expect(location).toMatch(new RegExp(`^/cloud${path}/.`));
    expect((await follow(location)).status).toBe(200);
  });

  test('Link leads to the next page, also of cached responses', async () => {
    for (const _ of ['miss', 'hit']) {
      const first = await fetch(`${url}/v1/instances?limit=1`, { headers: headers() });
      const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1];
      expect(next).toMatch(/^\/cloud\/v1\/instances\?/);
      expect((await follow(next)).status).toBe(200);
    }
  });

  test('the contract and the catalog name the public address', async () => {
    const contract = await (await fetch(`${url}/openapi.json`)).json();
    expect(contract.servers).toEqual([{ url }]);
    const catalog = await fetch(`${url}/identity/v3/auth/catalog`, { headers: { 'x-auth-token': key } });
    const urls = [...(await catalog.text()).matchAll(/"url":"([^"]*)"/g)].map(([, one]) => one);
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((one) => !one?.startsWith(`${url}/`))).toEqual([]);
  });

  test('the console and /docs load all files of their pages', async () => {
    for (const page of ['console', 'docs']) {
      const text = await (await fetch(`${url}/${page}`)).text();
      const [, script] = /<script[^>]* src="([^"]+)"/.exec(text) ?? [];
      expect((await fetch(new URL(script ?? '', `${url}/${page}`))).status).toBe(200);
    }
  });
});
