import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, head } from '../support/raw-http.ts';
import { type SandboxGateway, sandboxGateway } from './sandbox-gateway.ts';

const FORWARDED = [
  'Host: api.example.org',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.example, api.example.org',
];
const ORIGIN = 'https://api.example.org';

let trusting: SandboxGateway;
let strict: SandboxGateway;
beforeAll(async () => {
  trusting = await sandboxGateway({ trustedProxies: ['127.0.0.1/32'] });
  strict = await sandboxGateway({ trustedProxies: ['192.0.2.0/24'] });
});
afterAll(() => Promise.all([trusting.stop(), strict.stop()]));

const get = (gateway: SandboxGateway, path: string, ...more: string[]) =>
  exchange(gateway.url, head(`GET ${path} HTTP/1.1`, ...FORWARDED, `X-Auth-Token: ${gateway.key}`, ...more));

/** Every URL of a text that could be the gateway's. */
const urlsIn = (text: string) => new Set(text.match(/https?:\/\/[\w.:-]*example\.org[:\d]*/g));

describe('behind a trusted proxy that terminates TLS', () => {
  test.each(['/identity/v3/auth/catalog', '/identity/v3', '/identity', '/compute/v2.1/flavors/detail'])(
    'the links of %s begin with https',
    async (path) => {
      const { body } = await get(trusting, path);
      expect(urlsIn(body)).toEqual(new Set([ORIGIN]));
    },
  );

  test('the challenge of 401 names https', async () => {
    const { headers } = await exchange(
      trusting.url,
      head('GET /compute/v2.1/servers HTTP/1.1', ...FORWARDED),
    );
    expect(headers['www-authenticate']).toBe(`Keystone uri="${ORIGIN}/identity/v3"`);
  });

  test('the console accepts its sign-in from the https origin and sets a Secure cookie', async () => {
    const body = JSON.stringify({ api_key: trusting.key });
    const signIn = (origin: string) =>
      exchange(
        trusting.url,
        `${head(
          'POST /console/session HTTP/1.1',
          ...FORWARDED,
          `Origin: ${origin}`,
          'X-Linguanova-Console: 1',
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
        )}${body}`,
      );
    const { status, headers } = await signIn(ORIGIN);
    expect(status).toBe(200);
    expect(headers['set-cookie']).toMatch(/^__Host-linguanova=.*; Secure/);
    expect((await signIn('https://evil.example')).status).toBe(403);
  });
});

describe('an untrusted client', () => {
  test.each(['/identity/v3/auth/catalog', '/identity/v3'])('changes nothing in %s', async (path) => {
    const { body } = await get(strict, path);
    expect(urlsIn(body)).toEqual(new Set(['http://api.example.org']));
  });
});
