import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxGateway, sandboxGateway } from './sandbox-gateway.ts';

const TOKEN = 'a-token-of-the-operator';

let gateway: SandboxGateway;
beforeAll(async () => {
  gateway = await sandboxGateway({ adminTokens: [{ name: null, token: TOKEN }] });
});
afterAll(() => gateway.stop());

async function sent(path: string, init: RequestInit = {}) {
  const headers = { 'x-api-key': gateway.key, authorization: `Bearer ${TOKEN}`, ...init.headers };
  const response = await fetch(`${gateway.url}${path}`, { ...init, headers });
  return { response, text: await response.text() };
}

const KEY_PAIR = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"name": "newline"}',
};

test.each<[path: string, status: number, init?: RequestInit]>([
  ['/', 200],
  ['/healthz', 200],
  ['/readyz', 200],
  ['/v1/me', 200],
  ['/v1/instances', 200],
  ['/v1/instances?limit=1', 200],
  ['/v1/instances/none', 404],
  ['/v1/nothing', 404],
  ['/v1/me', 401, { headers: { 'x-api-key': 'ln_wrong' } }],
  ['/v1/me', 405, { method: 'POST' }],
  ['/v1/keypairs', 201, KEY_PAIR],
  ['/v1/keypairs', 409, KEY_PAIR],
  ['/cloud/v1/compute/keypairs', 200],
  ['/v1/usage', 200],
  ['/admin/v1/keys', 200],
  ['/admin/v1/audit', 200],
  ['/admin/v1/keys/none', 404],
])('the JSON of %s, %i, is a line with its newline', async (path, status, init) => {
  const { response, text } = await sent(path, init);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    expect.stringMatching(/^application\/json/),
  ]);
  expect(text).toMatch(/^[^\n]+\n$/);
  expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  JSON.parse(text);
});

test('a response from the cache is the same, and its entity tag covers the newline', async () => {
  const first = await sent('/v1/flavors');
  const hits = [await sent('/v1/flavors'), await sent('/v1/flavors')];
  for (const { response, text } of hits) {
    expect(response.headers.get('x-cache')).toMatch(/^HIT/);
    expect(text).toBe(first.text);
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(response.headers.get('etag')).toBe(first.response.headers.get('etag'));
  }
  expect(first.text).toMatch(/\n$/);
  const etag = first.response.headers.get('etag') ?? '';
  const fresh = await sent('/v1/flavors', { headers: { 'if-none-match': etag } });
  expect([fresh.response.status, fresh.text]).toEqual([304, '']);
});

test('documents of the nova dialect are as the cloud writes them', async () => {
  expect((await sent('/compute/v2.1/flavors')).text).toMatch(/\}$/);
});
