import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, head, type RawResponse } from '../support/raw-http.ts';
import { type SandboxGateway, sandboxGateway } from './sandbox-gateway.ts';

const ORIGIN = 'https://app.example.org';
const HOST = 'Host: gateway.example';

let gateway: SandboxGateway;
beforeAll(async () => {
  gateway = await sandboxGateway({ corsOrigins: [ORIGIN] });
});
afterAll(() => gateway.stop());

/** Status, error body, request id, log line and metric: as the application itself would have responded. */
async function expectWhole(
  { status, headers, body, received }: RawResponse,
  expected: { status: number; code: string; origin?: string },
): Promise<void> {
  expect(status, received.slice(0, 300)).toBe(expected.status);
  expect(JSON.parse(body).error).toMatchObject({ code: expected.code, message: expect.stringMatching(/\w/) });
  expect(headers['content-type']).toBe('application/json');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers.connection).toBe('close');
  expect(headers['x-request-id']).toMatch(/^req-/);
  expect(headers['access-control-allow-origin']).toBe(expected.origin);
  if (expected.origin !== undefined) expect(headers['access-control-expose-headers']).toMatch(/X-Request-Id/);
  expect(received.match(/HTTP\/1\.1 [2-5]/g), 'one response').toHaveLength(1);
  const lines = gateway.logged.filter(({ fields }) => fields.request_id === headers['x-request-id']);
  expect(lines.map(({ event, fields }) => [event, fields.status])).toEqual([['request', expected.status]]);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`linguanova_requests_total\\{[^}]*status="${expected.status}"`));
}

describe('a request rejected by the HTTP parser gets error body, request id, CORS headers, log line and metric', () => {
  const lines = (...more: string[]) => head('GET /v1/me HTTP/1.1', HOST, `Origin: ${ORIGIN}`, ...more);
  test.each([
    [
      'a header of 20,000 bytes: 431',
      lines(`x-api-key: ${'a'.repeat(20_000)}`),
      431,
      'requestHeaderFieldsTooLarge',
    ],
    [
      'a target of 20,000 bytes: 431',
      head(`GET /v1/${'a'.repeat(20_000)} HTTP/1.1`, HOST, `Origin: ${ORIGIN}`),
      431,
      'requestHeaderFieldsTooLarge',
    ],
    [
      '5,000 headers: 431',
      lines(...Array.from({ length: 5_000 }, (_, n) => `x-${n}: 1`)),
      431,
      'requestHeaderFieldsTooLarge',
    ],
    ['another expectation: 417', lines('Expect: something'), 417, 'expectationFailed'],
    ['no Host: 400', head('GET /v1/me HTTP/1.1', `Origin: ${ORIGIN}`), 400, 'badRequest'],
    ['a header name with a space: 400', lines('x y: z'), 400, 'badRequest'],
    ['a null byte in a header: 400', lines('x-y: \0'), 400, 'badRequest'],
    ['an invalid length: 400', lines('Content-Length: many'), 400, 'badRequest'],
    ['length and chunks: 400', lines('Content-Length: 5', 'Transfer-Encoding: chunked'), 400, 'badRequest'],
    [
      'raw UTF-8 in the target: 400',
      head('GET /v1/instances?name=\xc3\xbc HTTP/1.1', HOST, `Origin: ${ORIGIN}`),
      400,
      'badRequest',
    ],
  ] as const)('%s', async (_, bytes, status, code) => {
    await expectWhole(await exchange(gateway.url, bytes), { status, code, origin: ORIGIN });
  });

  test.each([
    ['an unknown method: 400', head('FETCH /v1/me HTTP/1.1', HOST)],
    ['an unknown version: 400', head('GET /v1/me HTTP/2.0', HOST)],
    ['no version: 400', 'GET /v1/me\r\n\r\n'],
    ['CONNECT: 400', head('CONNECT gateway.example:443 HTTP/1.1', 'Host: gateway.example:443')],
    ['TLS: 400', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ] as const)('%s', async (_, bytes) => {
    await expectWhole(await exchange(gateway.url, bytes), { status: 400, code: 'badRequest' });
  });

  test('a page of another origin cannot read it', async () => {
    const bytes = head('GET /v1/me HTTP/1.1', HOST, 'Origin: https://evil.example', 'x y: z');
    await expectWhole(await exchange(gateway.url, bytes), { status: 400, code: 'badRequest' });
  });

  test('in the error format of the path’s dialect', async () => {
    const { status, body, headers } = await exchange(
      gateway.url,
      head('GET /compute/v2.1/servers HTTP/1.1', HOST, `X-Auth-Token: ${'a'.repeat(20_000)}`),
    );
    expect(status).toBe(431);
    expect(JSON.parse(body).requestHeaderFieldsTooLarge.code).toBe(431);
    expect(headers['x-openstack-request-id']).toBe(headers['x-request-id']);
  });

  test('an invalid chunk size is 400', async () => {
    const { status, body } = await exchange(
      gateway.url,
      `POST /v1/keypairs HTTP/1.1\r\n${HOST}\r\nx-api-key: ${gateway.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}`,
    );
    expect(status).toBe(400);
    expect(JSON.parse(body).error.code).toBe('badRequest');
  });

  test('an invalid pipelined request is 400 after the response of the first', async () => {
    const first = `GET /v1/flavors HTTP/1.1\r\n${HOST}\r\nx-api-key: ${gateway.key}\r\n\r\n`;
    const { received } = await exchange(gateway.url, `${first}NONSENSE\r\n\r\n`);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  test('a client that disconnects within the request head gets no response and affects no other', async () => {
    const { hostname, port } = new URL(gateway.url);
    const logged = gateway.logged.length;
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.end('POST /v1/inst'));
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect(gateway.logged.slice(logged).filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('an Upgrade header is ignored', async () => {
    const { status } = await exchange(
      gateway.url,
      `GET /v1/me HTTP/1.1\r\n${HOST}\r\nx-api-key: ${gateway.key}\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`,
    );
    expect(status).toBe(200);
  });
});

describe('Expect: 100-continue', () => {
  const body = JSON.stringify({ name: 'expected' });
  const request = (method: string, path: string, ...more: string[]) =>
    [`${method} ${path} HTTP/1.1`, HOST, 'Expect: 100-continue', ...more, '', ''].join('\r\n');

  test.each([
    ['redu', 'POST', '/v1/keypairs', 'x-api-key'],
    ['nova', 'POST', '/compute/v2.1/os-keypairs', 'X-Auth-Token'],
    ['image data', 'PUT', '/image/v2/images/3e3fd8f8-0000-4000-8000-000000000000/file', 'X-Auth-Token'],
    ['a sign-in without credentials', 'POST', '/admin/v1/keys', 'Authorization'],
  ])('%s: a wrong key is 401 before the body', async (_, method, path, name) => {
    const { status, headers, received } = await exchange(
      gateway.url,
      request(
        method,
        path,
        `${name}: ln_wrong_wrong`,
        'Content-Type: application/json',
        'Content-Length: 30000000',
      ),
    );
    expect(status).toBe(401);
    expect(received).not.toMatch(/^HTTP\/1\.1 100/);
    expect(headers.connection).toBe('close');
  });

  test('a wrong key is 401 for a client that sends the body immediately', async () => {
    const { status, received } = await exchange(
      gateway.url,
      `${request('POST', '/v1/keypairs', 'x-api-key: ln_wrong_wrong', 'Content-Length: 200000')}${'x'.repeat(200_000)}`,
    );
    expect(status).toBe(401);
    expect(received).not.toMatch(/HTTP\/1\.1 100/);
  });

  test('a body that is too large is 413 before it is sent', async () => {
    const { status, received } = await exchange(
      gateway.url,
      request(
        'POST',
        '/v1/keypairs',
        `x-api-key: ${gateway.key}`,
        'Content-Type: application/json',
        'Content-Length: 30000000',
      ),
    );
    expect(status).toBe(413);
    expect(received).not.toMatch(/HTTP\/1\.1 100/);
  });

  test.each([
    ['redu', '/v1/keypairs', 'x-api-key', body, 201],
    [
      'nova',
      '/compute/v2.1/os-keypairs',
      'X-Auth-Token',
      JSON.stringify({ keypair: { name: 'expected-too' } }),
      200,
    ],
  ])('%s: with a right key the body is taken', async (_, path, name, sent, created) => {
    const { status, received } = await exchange(
      gateway.url,
      request(
        'POST',
        path,
        `${name}: ${gateway.key}`,
        'Content-Type: application/json',
        `Content-Length: ${sent.length}`,
        'Connection: close',
      ),
      { after: 'HTTP/1.1 100 Continue\r\n\r\n', send: sent },
    );
    expect(status, received).toBe(created);
    expect(received.match(/HTTP\/1\.1 100/g)).toHaveLength(1);
  });

  test('a read without a body is served', async () => {
    const { status } = await exchange(gateway.url, request('GET', '/v1/me', `x-api-key: ${gateway.key}`));
    expect(status).toBe(200);
  });
});
