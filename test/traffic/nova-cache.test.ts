import { afterEach, beforeEach, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways } from './cached-gateways.ts';

const CLIENTS = 20;
const LIST = '/compute/v2.1/servers/detail';

let gateways: CachedGateways;
let client: ReduClient;
beforeEach(async () => {
  gateways = await cachedGateways(1);
  [client] = (await gateways.clients()) as [ReduClient];
});
afterEach(() => gateways.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  sendNova(client.url, `GET ${path}`, { 'x-auth-token': client.key, ...headers });

/** Whether the cloud was called for `path`, and how often, since the calls were emptied last. */
const callsOf = (path: string) => gateways.asked.filter((call) => call.endsWith(path)).length;

test(`${CLIENTS} concurrent equal reads make one upstream request`, async () => {
  await get('/compute/v2.1/flavors');
  gateways.asked.length = 0;
  gateways.disturb = async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return null;
  };
  const responses = await Promise.all(Array.from({ length: CLIENTS }, () => get(LIST)));
  expect(responses.map(({ status }) => status)).toEqual(Array(CLIENTS).fill(200));
  expect(callsOf('/servers/detail')).toBe(1);
});

test('a list that is larger than a cache entry may be is sent to each client', async () => {
  const flavor = { name: 'x'.repeat(200_000) };
  gateways.disturb = async (request) =>
    request.url.endsWith('/flavors/detail') ? Response.json({ flavors: [flavor] }) : null;
  const responses = await Promise.all([1, 2, 3].map(() => get('/compute/v2.1/flavors/detail')));
  for (const { status, body } of responses) {
    expect(status).toBe(200);
    expect(body.flavors).toEqual([flavor]);
  }
});

test('returns 304 when If-None-Match matches, without an upstream request', async () => {
  const first = await get('/compute/v2.1/flavors');
  expect(first.headers.get('x-cache')).toBe('MISS');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"/);
  gateways.asked.length = 0;
  const second = await get('/compute/v2.1/flavors', { 'if-none-match': etag });
  expect([second.status, second.headers.get('x-cache'), second.headers.get('etag')]).toEqual([
    304,
    'HIT',
    etag,
  ]);
  expect(callsOf('/flavors')).toBe(0);
  const third = await get('/compute/v2.1/flavors', { 'if-none-match': 'W/"other"' });
  expect([third.status, third.headers.get('x-cache')]).toEqual([200, 'HIT']);
});

test('a response that the cloud marks no-store is not cached', async () => {
  gateways.disturb = async (request) =>
    request.url.endsWith('/flavors')
      ? Response.json({ flavors: [] }, { headers: { 'cache-control': 'no-store' } })
      : null;
  for (const _ of [1, 2]) {
    const { headers } = await get('/compute/v2.1/flavors');
    expect([headers.get('x-cache'), headers.get('cache-control')]).toEqual([null, 'no-store']);
  }
  expect(callsOf('/flavors')).toBe(2);
});
