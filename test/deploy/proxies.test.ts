/**
 * The nginx examples of docs/deployment.md as printed, with the ports, the certificate and the address of the gateway of a test.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OWN_PAGE } from '../console/browser-client.ts';
import { fenced, read, section } from '../docs/pages.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { startNginx, type TestNginx } from '../support/nginx.ts';

const [TLS_SERVER = '', PREFIX_LOCATION = ''] = fenced(section(read('docs/deployment.md'), 'TLS'), 'nginx');
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const JSON_BODY = { 'content-type': 'application/json' };

const keyIn = (stdout: string) => /x-api-key: (\w+)"/.exec(stdout)?.[1] ?? '';

describe('the TLS example', () => {
  let folder: string;
  let gateway: GatewayProcess;
  let nginx: TestNginx | null;
  let port: number;
  let key: string;
  let ca: Buffer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linguanova-tls-'));
    const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=api.example.org', '-addext', 'subjectAltName=DNS:api.example.org'];
    const files = ['-keyout', privateKey, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
      stdio: 'ignore',
    });
    ca = readFileSync(certificate);
    gateway = await startProcess({
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      LINGUANOVA_TRUSTED_PROXIES: '127.0.0.1/32',
      LOG_LEVEL: 'silent',
    });
    key = keyIn(gateway.stdout());
    port = await freePort();
    nginx = await startNginx(
      TLS_SERVER.replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
        .replace('/etc/ssl/api.example.org.pem', certificate)
        .replace('/etc/ssl/api.example.org.key', privateKey)
        .replaceAll('http://127.0.0.1:8787', gateway.url),
    );
  });
  afterAll(async () => {
    await nginx?.stop();
    await gateway?.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  /** A request of a client that knows the gateway as https://api.example.org. */
  function send(method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: object) {
    return new Promise<{ status: number | undefined; text: string; headers: OutgoingHttpHeaders }>(
      (resolve, reject) => {
        const text = body === undefined ? '' : JSON.stringify(body);
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            ca,
            servername: 'api.example.org',
            method,
            path,
            headers: {
              host: 'api.example.org',
              'content-length': Buffer.byteLength(text),
              ...(text !== '' && JSON_BODY),
              ...headers,
            },
          },
          async (response) => {
            const chunks = await Array.fromAsync(response);
            resolve({
              status: response.statusCode,
              text: Buffer.concat(chunks).toString(),
              headers: response.headers,
            });
          },
        );
        sent.on('error', reject).end(text);
      },
    );
  }

  test.each(['/docs', '/openapi.json', '/console', '/console/style.css'])('serves %s', async (path) => {
    expect((await send('GET', path)).status).toBe(200);
  });

  test.each([
    ...['/healthz', '/readyz', '/metrics', '/admin/v1/keys', '/admin'].flatMap((path) => [path, `${path}/`]),
    '//metrics',
    '/./metrics',
    '/%6detrics',
    '/x/../metrics',
  ])('keeps %s inside', async (path) => {
    const { status, text } = await send('GET', path, { authorization: `Bearer ${ADMIN_TOKEN}` });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('linguanova_');
  });

  test('the catalog has the address that the client used', async () => {
    const { text } = await send('GET', '/identity/v3/auth/catalog', { 'x-auth-token': key });
    const urls = [...text.matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url);
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((url) => !url?.startsWith('https://api.example.org/'))).toEqual([]);
  });

  test('the console accepts its own sign-in', async () => {
    const origin = { ...OWN_PAGE, origin: 'https://api.example.org' };
    const { status, headers } = await send('POST', '/console/session', origin, { api_key: key });
    expect(status).toBe(200);
    expect(String(headers['set-cookie'])).toMatch(/Secure/);
    const foreign = { ...OWN_PAGE, origin: 'https://evil.example.org' };
    expect((await send('POST', '/console/session', foreign, { api_key: key })).status).toBe(403);
  });

  test('the gateway reads the client address from the proxy, not from the client', async () => {
    const response = await fetch(`${gateway.url}/v1/api_keys`, { headers: { 'x-api-key': key } });
    const { items } = await response.json();
    const made = await fetch(`${gateway.url}/admin/v1/keys/${items[0].id}`, {
      method: 'PATCH',
      headers: { ...JSON_BODY, authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify({ allowed_cidrs: ['192.0.2.0/24'] }),
    });
    expect(made.status).toBe(200);
    const spoofed = { 'x-api-key': key, 'x-forwarded-for': '192.0.2.7' };
    expect((await send('GET', '/v1/me', spoofed)).status).toBeGreaterThanOrEqual(401);
  });
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
