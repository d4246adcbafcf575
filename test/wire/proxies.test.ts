import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { read } from '../docs/pages.ts';
import { freePort } from '../support/free-port.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { startNginx } from '../support/nginx.ts';
import { exchange, head } from '../support/raw-http.ts';
import { type SandboxGateway, sandboxGateway } from './sandbox-gateway.ts';

/** Waits until a proxy listens; whether it finds the gateway is what tests are about. */
async function responding(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing responds at ${url}`);
}

let gateway: SandboxGateway;
const stops: (() => Promise<void>)[] = [];
const urls = { nginx: '', haproxy: '' };
let tlsPort = 0;

beforeAll(async () => {
  gateway = await sandboxGateway({ trustedProxies: ['127.0.0.1/32'] });
  const { host } = new URL(gateway.url);
  const [nginxPort, haproxyPort] = [await freePort(), await freePort()];
  tlsPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=api.example.org', '-days', '2'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  const [, printed = ''] = /```nginx\n(server \{[\s\S]*?\n\})\n```/.exec(read('docs/deployment.md')) ?? [];
  const nginx = await startNginx(
    `${read('deploy/nginx.conf')
      .replaceAll(/gateway-[12]:8787/g, host)
      .replace('listen 8080;', `listen 127.0.0.1:${nginxPort};`)}
${printed
  .replaceAll('127.0.0.1:8787', host)
  .replace('listen 443 ssl;', `listen 127.0.0.1:${tlsPort} ssl;`)
  .replace('/etc/ssl/api.example.org.pem', certificate)
  .replace('/etc/ssl/api.example.org.key', key)}`,
  );
  if (nginx !== null) {
    urls.nginx = `http://127.0.0.1:${nginxPort}`;
    stops.push(() => nginx.stop());
  }
  const haproxy = await startHaproxy(`frontend outside
  bind 127.0.0.1:${haproxyPort}
  http-request deny deny_status 404 if { path_beg /admin } or { path_beg /metrics } or { path_beg /readyz }
  default_backend gateways
backend gateways
  option httpchk GET /healthz
  default-server inter 100ms fall 1 rise 1
  server one ${host} check`);
  if (haproxy !== null) {
    urls.haproxy = `http://127.0.0.1:${haproxyPort}`;
    stops.push(() => haproxy.stop());
    await responding(urls.haproxy);
  }
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await gateway.stop();
});

const SPELLINGS = ['metrics', 'readyz', 'admin/v1/keys'].flatMap((path) => {
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
    `http://gateway.example/${path}`,
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

describe.each(['nginx', 'haproxy'] as const)('behind %s', (proxy) => {
  test.each(SPELLINGS)('%s is not reachable from outside', async (path) => {
    if (urls[proxy] === '') return;
    const authorization = 'Authorization: Bearer admin-token-of-the-tests';
    const { status, body } = await exchange(
      urls[proxy],
      head(`GET ${path} HTTP/1.1`, 'Host: gateway.example', authorization),
    );
    expect([400, 401, 404], body.slice(0, 200)).toContain(status);
    if (status === 401) expect(path).toContain('/v1/..');
    expect(body).not.toMatch(/linguanova_|"store"|next_cursor/);
  });

  test.each(HOSTS)('a Host of %j is 400, on every path', async (host) => {
    if (urls[proxy] === '') return;
    for (const path of ['/', '/keys', '/v1/keys', '/identity/v3', '/console']) {
      const { status, body } = await exchange(urls[proxy], head(`GET ${path} HTTP/1.1`, `Host: ${host}`));
      expect(status, body.slice(0, 200)).toBe(400);
    }
  });

  test('HTTP/1.0 without Host is served', async () => {
    if (urls[proxy] === '') return;
    const { status, received } = await exchange(
      urls[proxy],
      `GET /v1/me HTTP/1.0\r\nx-api-key: ${gateway.key}\r\n\r\n`,
    );
    expect(status, received).toBe(200);
  });
});

test('HAProxy’s default health check, HTTP/1.0 without Host, keeps the gateway up', async () => {
  if (urls.haproxy === '') return;
  const { headers } = await fetch(`${urls.haproxy}/v1/me`, { headers: { 'x-api-key': gateway.key } });
  expect(headers.get('x-request-id')).toMatch(/^req-/);
});

test('a client cannot set X-Forwarded-Host through the shipped nginx.conf', async () => {
  if (urls.nginx === '') return;
  const { body } = await exchange(
    urls.nginx,
    head(
      'GET /identity/v3 HTTP/1.1',
      'Host: api.example.org',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
    ),
  );
  expect(body).toContain('http://api.example.org/identity/v3');
});

describe('the nginx block of docs/deployment.md, as printed', () => {
  const curl = async (path: string, ...more: string[]) => {
    const address = ['--resolve', `api.example.org:${tlsPort}:127.0.0.1`];
    const url = `https://api.example.org:${tlsPort}${path}`;
    return (await promisify(execFile)('curl', ['-sk', ...address, url, ...more])).stdout;
  };

  test('puts https in the catalog and hides operator paths', async () => {
    if (urls.nginx === '') return;
    const catalog = await curl('/identity/v3/auth/catalog', '-H', `X-Auth-Token: ${gateway.key}`);
    expect(new Set(catalog.match(/"url":"[a-z]+:\/\/[^/"]+/g))).toEqual(
      new Set([`"url":"https://api.example.org:${tlsPort}`]),
    );
    expect(await curl('/metrics/')).not.toContain('linguanova_');
    expect(JSON.parse(await curl('/v1/me', '-H', `x-api-key: ${gateway.key}`))).toHaveProperty('project_id');
  });
});
