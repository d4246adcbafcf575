import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { later, now } from '../support/later.ts';
import { type WatchedGateway, watchedGateway } from './watched-gateway.ts';

/** Failures in a minute after which an address is slowed down. */
const MOST = 10;

let watched: WatchedGateway;
beforeAll(async () => {
  watched = await watchedGateway();
});
afterAll(() => watched.close());
afterEach(() => {
  now();
});

type Try = (address: string) => Promise<{ readonly status: number }>;

function signUp(password: () => string, name = 'limits'): Try {
  return (address) => {
    const { userName, projectId } = watched.account;
    const credentials = { username: userName, password: password(), project_id: projectId };
    return watched.ask('POST', '/v1/api_keys', { 'x-forwarded-for': address }, { name, credentials });
  };
}

const withToken =
  (token: string): Try =>
  (address) =>
    watched.ask('GET', '/admin/v1/keys', {
      'x-forwarded-for': address,
      authorization: `Bearer ${token}`,
    });

/** Each way to sign in: how it fails, and how it succeeds. */
const WAYS: readonly (readonly [name: string, fail: Try, succeed: Try, success: number])[] = [
  [
    'a key',
    (address) => watched.ask('GET', '/v1/me', { 'x-forwarded-for': address, 'x-api-key': 'ln_guess' }),
    async (address) => {
      const { applicationCredentialId: id, applicationCredentialSecret: secret } = watched.account;
      const key = await watched.gateway.keyFor({ kind: 'application_credential', id, secret });
      return watched.ask('GET', '/v1/me', { 'x-forwarded-for': address, 'x-api-key': key });
    },
    200,
  ],
  ['a password', signUp(() => 'wrong'), signUp(() => watched.account.password), 201],
  ['the admin token', withToken('wrong'), withToken(ADMIN_TOKEN), 200],
];

/** Whose address is like that of `198.51.100.n` or `2001:db8:n::1`, and is another's. */
const NEIGHBOURS = ['198.51.100.201', '198.51.101.200', '2001:db8:ffff:1::200', '::ffff:198.51.100.202'];

describe.each(WAYS)('ten failures a minute with %s', (_, fail, succeed, success) => {
  const failFrom = async (address: string, times: number) => {
    const statuses = [];
    for (let n = 0; n < times; n++) statuses.push((await fail(address)).status);
    return statuses;
  };

  test('block the address for a minute, and no other address', async () => {
    const address = '198.51.100.200';
    expect(await failFrom(address, MOST + 2)).toEqual([...Array(MOST).fill(401), 429, 429]);
    for (const neighbour of NEIGHBOURS) {
      expect((await fail(neighbour)).status, neighbour).toBe(401);
      expect((await succeed(neighbour)).status, neighbour).toBe(success);
    }
    later(61_000);
    expect((await fail(address)).status, 'a minute later').toBe(401);
    expect((await succeed(address)).status, 'a minute later').toBe(success);
  });

  test('block the /64 of an IPv6 address, and no other /64', async () => {
    expect(await failFrom('2001:db8:ffff:2::1', MOST + 1)).toEqual([...Array(MOST).fill(401), 429]);
    expect((await fail('2001:db8:ffff:3::1')).status).toBe(401);
  });

  test('are at most ten when they are concurrent', async () => {
    const address = '203.0.113.50';
    const statuses = await Promise.all(
      Array.from({ length: 4 * MOST }, async () => (await fail(address)).status),
    );
    expect(statuses.filter((status) => status === 401).length).toBe(MOST);
    expect(statuses.filter((status) => status === 429).length).toBe(3 * MOST);
  });

  test('do not include successes, which are never blocked', async () => {
    const address = '203.0.113.60';
    for (let n = 0; n < MOST + 2; n++) expect((await succeed(address)).status).toBe(success);
    expect((await fail(address)).status).toBe(401);
  });
});

test('of concurrent password guesses at most ten reach the cloud', async () => {
  const before = watched.sent.length;
  const guess = signUp(() => 'wrong');
  await Promise.all(Array.from({ length: 40 }, () => guess('203.0.113.70')));
  expect(watched.sent.slice(before).length).toBeLessThanOrEqual(MOST);
});

test('a long name is not truncated within a character', async () => {
  const before = watched.sent.length;
  await signUp(() => watched.account.password, '😀'.repeat(127))('203.0.113.80');
  await signUp(() => watched.account.password, 'ü'.repeat(255))('203.0.113.80');
  const names = watched.sent
    .slice(before)
    .filter(({ url }) => url.endsWith('/application_credentials'))
    .map(({ body }) => JSON.parse(String(body)).application_credential.name);
  expect(names.at(-1)).toMatch(/ü$/);
  expect(names.map((name) => name.isWellFormed())).toEqual(names.map(() => true));
});
