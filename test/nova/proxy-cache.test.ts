import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../bad-input/send.ts';
import { ATTACKS } from '../keys/cache-attacks.ts';
import { keyIdOf, sendNova } from '../support/nova-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways } from '../traffic/cached-gateways.ts';

/** Nothing is cached for five seconds after a write; with a margin for a busy machine. */
const SETTLED = { timeout: 40_000, interval: 20 };

let gateways: CachedGateways;
let acme: ReduClient;
let globex: ReduClient;
/** Authentication headers of each customer. */
const headersOf = new Map<ReduClient, Readonly<Record<string, string>>>();
/** Ids in acme's responses. */
let paths: readonly string[];
/** Ids that only acme may see. */
let secrets: readonly string[];
let fill: (text: string) => string;

beforeAll(async () => {
  gateways = await cachedGateways(1);
  acme = (await gateways.clients('acme'))[0] as ReduClient;
  globex = (await gateways.clients('globex'))[0] as ReduClient;
  for (const one of [acme, globex]) headersOf.set(one, { 'x-auth-token': await tokenOf(one) });
  const image = 'ubuntu-22.04-amd64';
  const instance = await acme.boot({ name: 'acme-only', flavor_id: 'm1.tiny', image_id: image });
  paths = ['/compute/v2.1/servers', '/compute/v2.1/servers/detail', `/compute/v2.1/servers/${instance.id}`];
  const keyId = keyIdOf(acme.key);
  secrets = [instance.id, instance.name, instance.project_id, instance.user_id, keyId];
  fill = (text) =>
    text
      .replaceAll('{project}', instance.project_id)
      .replaceAll('{user}', instance.user_id)
      .replaceAll('{key id}', keyId)
      .replaceAll('{instance}', instance.id)
      .replaceAll(/\{(?:strong )?etag\}/g, '*');
});
afterAll(() => gateways.close());

async function tokenOf({ url, key }: ReduClient): Promise<string> {
  const application_credential = { id: keyIdOf(key), secret: key };
  const { headers } = await sendNova(
    url,
    'POST /identity/v3/auth/tokens',
    {},
    {
      auth: { identity: { methods: ['application_credential'], application_credential } },
    },
  );
  return headers.get('x-subject-token') ?? '';
}

/** Sends exactly the given headers, so that requests of acme and globex differ only in the credential. */
const sendAs = (
  { url }: ReduClient,
  method: string,
  path: string,
  headers: Parameters<typeof send>[1]['headers'],
) => send(url, { method, path, headers, body: null, chunked: false });

/** Repeats a read of acme until it is a cache hit, on the fast path from the second hit on. */
async function cache(path: string): Promise<void> {
  const cacheStatus = async () =>
    (await sendAs(acme, 'GET', path, headersOf.get(acme) ?? {})).headers['x-cache'];
  await expect.poll(cacheStatus, SETTLED).toBe('HIT');
}

describe('cached responses of acme, requested by globex', () => {
  test.each(ATTACKS)('$name', async ({ method = 'GET', path: changed = (path) => path, headers = {} }) => {
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? fill(value) : value.map(fill),
      ]),
    );
    const ways: Readonly<Record<string, string>>[] = [
      headersOf.get(globex) ?? {},
      { 'x-api-key': globex.key },
    ];
    for (const path of paths) {
      const target = fill(changed(path));
      for (const own of ways) {
        await cache(path);
        const response = await sendAs(globex, method, target, { ...own, ...filled });
        const question = `${method} ${target} ${JSON.stringify(filled)}`;
        // A response may repeat ids of its own request.
        const cacheStatus = JSON.stringify(response.headers) + response.text;
        const leaked = secrets.filter((secret) => cacheStatus.includes(secret) && !question.includes(secret));
        expect.soft(leaked, question).toEqual([]);
      }
    }
  });

  test('acme still gets its own responses', async () => {
    for (const path of paths) {
      await cache(path);
      const { body } = await sendNova(acme.url, `GET ${path}`, headersOf.get(acme));
      expect(JSON.stringify(body)).toContain('acme-only');
    }
  });

  test('a revoked token gets no cached response', async () => {
    const token = await tokenOf(acme);
    const [path = ''] = paths;
    const read = async () => (await sendNova(acme.url, `GET ${path}`, { 'x-auth-token': token })).status;
    await cache(path);
    expect([await read(), await read()]).toEqual([200, 200]);
    await sendNova(acme.url, 'DELETE /identity/v3/auth/tokens', {
      'x-auth-token': token,
      'x-subject-token': token,
    });
    expect(await read()).toBe(401);
  });
});
