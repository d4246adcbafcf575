import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, head } from '../support/raw-http.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
let key: string;
beforeAll(async () => {
  target = await sandboxTarget();
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

const INVALID_HOSTS = [
  ['raw bytes and a path', '-\xf1\xfa/metrics'],
  ['raw bytes and an admin path', '\xef/admin'],
  ['raw bytes and a health path', '\xcb\xd9/readyz'],
  ['a path', 'gateway.example/metrics'],
  ['a query', 'gateway.example?x'],
  ['a fragment', 'gateway.example#x'],
  ['a backslash', 'gateway.example\\metrics'],
  ['user information', 'user@gateway.example'],
  ['user, password and port', 'user:password@gateway.example:80'],
  ['a space', 'gateway example'],
  ['a tab', 'gateway\texample'],
  ['a percent-encoded slash', 'gateway%2fmetrics'],
  ['a percent-encoded letter', '%67ateway.example'],
  ['a list', 'gateway.example, evil.example'],
  ['a quote', 'gateway".example'],
  ['angle brackets', '<gateway>'],
  ['a port that is out of range', 'gateway.example:65536'],
  ['a port in words', 'gateway.example:http'],
  ['two ports', 'gateway.example:80:80'],
  ['a port alone', ':8787'],
  ['nothing', ''],
  ['five numbers', '1.2.3.4.5'],
  ['an IPv4 address out of range', '1.2.3.256'],
  ['an IPv4 address in another notation', '0x7f.1'],
  ['an IPv6 address without brackets', '::1'],
  ['an unclosed IPv6 address', '[::1'],
  ['an IPv6 address with a zone', '[fe80::1%25eth0]'],
  ['no IPv6 address in brackets', '[::zz]'],
  ['a scheme', 'http://gateway.example'],
  ['a name too long', 'a'.repeat(5_000)],
] as const;

/** Each dialect and each router, by the form of its errors. */
const PATHS = [
  ['/v1/me', 'redu'],
  ['/cloud/v1/me', 'redu'],
  ['/admin/v1/keys', 'redu'],
  ['/console/session', 'redu'],
  ['/healthz', 'redu'],
  ['/', 'redu'],
  ['/identity/v3', 'identity'],
  ['/compute/v2.1/servers', 'compute'],
  ['/networking/v2.0/networks', 'network'],
  ['/image/v2/images', 'image'],
] as const;

const CODE_OF = {
  redu: (body: string) => JSON.parse(body).error.code === 'badRequest',
  identity: (body: string) => JSON.parse(body).error.code === 400,
  compute: (body: string) => JSON.parse(body).badRequest.code === 400,
  network: (body: string) => JSON.parse(body).NeutronError.type === 'BadRequest',
  image: (body: string) => JSON.parse(body).code === '400 Bad Request',
};

describe('a Host that is not host[:port] is 400 before routing', () => {
  test.each(INVALID_HOSTS)('%s', async (_, host) => {
    const asked = target.requests.length;
    const { status, headers, body } = await exchange(
      target.url,
      head('GET /v1/me HTTP/1.1', `Host: ${host}`, `x-api-key: ${key}`),
    );
    expect(status, body).toBe(400);
    expect(JSON.parse(body).error).toMatchObject({
      code: 'badRequest',
      message: expect.stringMatching(/Host/),
    });
    expect(headers['x-request-id']).toMatch(/^req-/);
    expect(target.requests.slice(asked)).toEqual([]);
  });

  test.each(PATHS)('%s responds with the error body of %s', async (path, form) => {
    const { status, headers, body } = await exchange(
      target.url,
      head(`GET ${path} HTTP/1.1`, 'Host: 1.2.3.4.5', `x-api-key: ${key}`),
    );
    expect(status, body).toBe(400);
    expect(CODE_OF[form](body), body).toBe(true);
    const id = headers['x-request-id'];
    const lines = target.gateway.logged.filter(({ fields }) => fields.request_id === id);
    expect(lines.map(({ event, fields }) => [event, fields.status])).toEqual([['request', 400]]);
  });

  test('several Host fields, equal or different', async () => {
    for (const second of ['gateway.example', 'evil.example']) {
      const request = head(
        'GET /v1/me HTTP/1.1',
        'Host: gateway.example',
        `hOST: ${second}`,
        `x-api-key: ${key}`,
      );
      expect((await exchange(target.url, request)).status).toBe(400);
    }
  });

  test('HTTP/1.1 without Host', async () => {
    const { status, headers, body } = await exchange(target.url, head('GET /healthz HTTP/1.1'));
    expect(status).toBe(400);
    expect(JSON.parse(body).error.message).toMatch(/Host/);
    expect(headers['x-request-id']).toMatch(/^req-/);
  });

  test('no request fails in the gateway itself', () => {
    expect(target.gateway.logged.filter(({ event }) => event === 'request_failed')).toEqual([]);
  });
});

describe('a Host that is host[:port] is served', () => {
  test.each([
    'gateway.example',
    'GATEWAY.example:8787',
    'gateway.example.',
    'my_host',
    'xn--bcher-kva.example',
    'localhost:',
    '127.0.0.1:8787',
    '[::1]',
    '[2001:DB8::1]:8787',
  ])('%s', async (host) => {
    const request = head('GET /v1/me HTTP/1.1', `Host: ${host}`, `x-api-key: ${key}`);
    expect((await exchange(target.url, request)).status).toBe(200);
  });

  test.each(['/healthz', '/v1/me', '/compute/v2.1/flavors'])('HTTP/1.0 without Host: %s', async (path) => {
    const { status } = await exchange(target.url, `GET ${path} HTTP/1.0\r\nx-api-key: ${key}\r\n\r\n`);
    expect(status).toBe(200);
  });

  test('HTTP/1.0 with an invalid Host is 400', async () => {
    expect((await exchange(target.url, 'GET /healthz HTTP/1.0\r\nHost: a/b\r\n\r\n')).status).toBe(400);
  });
});

describe('a target in absolute form', () => {
  const get = (requestTarget: string, host = 'gateway.example') =>
    exchange(target.url, head(`GET ${requestTarget} HTTP/1.1`, `Host: ${host}`, `x-api-key: ${key}`));

  test.each([
    'http://gateway.example/v1/me',
    'HTTP://Gateway.example:8787/v1/me',
    'https://gateway.example/v1/flavors?limit=1',
    'http://gateway.example/compute/v2.1/flavors',
    'http://gateway.example/compute/v2.1/flavors?limit=1',
    'http://gateway.example/identity/v3',
    'http://gateway.example/networking/v2.0/networks',
  ])('%s is served by both dialects alike', async (requestTarget) => {
    expect((await get(requestTarget)).status).toBe(200);
  });

  test('links use its authority instead of Host', async () => {
    const { body } = await get('http://other.example:81/identity/v3', 'gateway.example');
    expect(body).toContain('http://other.example:81/identity/v3');
  });

  test.each([
    'http://user@gateway.example/v1/me',
    'http:///v1/me',
    'http://1.2.3.4.5/v1/me',
    'http://a%2fadmin/v1/me',
    'ftp://gateway.example/v1/me',
    'file:///etc/passwd',
  ])('%s is 400', async (requestTarget) => {
    const { status, headers } = await get(requestTarget);
    expect(status).toBe(400);
    expect(headers['x-request-id']).toMatch(/^req-/);
  });

  test('an invalid Host is still 400', async () => {
    expect((await get('http://gateway.example/v1/me', 'a/b')).status).toBe(400);
  });
});

describe('an ambiguous request target is 400', () => {
  test.each([
    ['a backslash in the path', '/v1\\me'],
    ['a fragment', '/v1/me#x'],
  ])('%s', async (_, requestTarget) => {
    const { status, body, headers } = await exchange(
      target.url,
      head(`GET ${requestTarget} HTTP/1.1`, 'Host: gateway.example', `x-api-key: ${key}`),
    );
    expect(status).toBe(400);
    expect(JSON.parse(body).error.code).toBe('badRequest');
    expect(headers['x-request-id']).toMatch(/^req-/);
  });
});

describe('operator paths have one spelling', () => {
  const paths = ['/metrics', '/readyz', '/healthz', '/admin/v1/keys'];
  const spellings = (path: string) => {
    const [, first = '', rest = ''] = /^\/([a-z]+)(.*)$/.exec(path) ?? [];
    const encoded = `%${first.charCodeAt(0).toString(16)}`;
    return [
      `//${first}${rest}`,
      `/./${first}${rest}`,
      `/v1/../${first}${rest}`,
      `/%2e/${first}${rest}`,
      `/${encoded}${first.slice(1)}${rest}`,
      `/${encoded.toUpperCase()}${first.slice(1)}${rest}`,
      `/${first.toUpperCase()}${rest}`,
      `/${first};x${rest}`,
      `/%2f${first}${rest}`,
      `/v1%2f..%2f${first}${rest}`,
      `/${first}%00${rest}`,
      `/${first}%20${rest}`,
      `/${first}.${rest}`,
    ];
  };

  test.each(paths.flatMap(spellings))('%s is no other name of it', async (path) => {
    const { status, body } = await exchange(
      target.url,
      head(`GET ${path} HTTP/1.1`, 'Host: gateway.example', `Authorization: Bearer ${target.adminToken}`),
    );
    expect([400, 401, 404], body.slice(0, 200)).toContain(status);
    if (status === 401) expect(path).toMatch(/^\/v1/);
  });

  test.each(['/metrics/', '/readyz/', '/healthz/', '/metrics//', '/metrics/?x=1'])(
    '%s is 404',
    async (path) => {
      const { status } = await exchange(target.url, head(`GET ${path} HTTP/1.1`, 'Host: gateway.example'));
      expect(status).toBe(404);
    },
  );

  test('percent-encoded characters of an id or name are decoded', async () => {
    const request = (name: string) =>
      head(`GET /v1/keypairs/${name} HTTP/1.1`, 'Host: a', `x-api-key: ${key}`);
    const create = JSON.stringify({ name: 'wire-key' });
    await fetch(`${target.url}/v1/keypairs`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: create,
    });
    expect((await exchange(target.url, request('wire-key'))).status).toBe(200);
    expect((await exchange(target.url, request('%77ire%2Dkey'))).status).toBe(200);
  });
});
