import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../bad-input/send.ts';
import { startRedis } from '../support/redis.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways } from '../traffic/cached-gateways.ts';
import { ATTACKS } from './cache-attacks.ts';

/** Nothing ends by age. */
const LONG = { seconds: 3_600 };

const redis = await startRedis();
afterAll(() => redis?.stop());

describe.each([
  { kind: 'an application credential', service: false },
  { kind: 'a service key', service: true },
])('cached responses of acme, requested by globex with $kind', ({ service }) => {
  let gateways: CachedGateways;
  let acme: ReduClient;
  /** At the node where acme has asked, and at one that shares its answers. */
  let globex: readonly ReduClient[];
  /** What is in the cache, by path, with its tag. */
  let cached: ReadonlyMap<string, string>;
  /** What only acme may see. */
  let secrets: readonly string[];
  let fill: (text: string, path: string) => string;

  beforeAll(async () => {
    await redis?.command('flushall');
    gateways = await cachedGateways(2, { cache: LONG, ...(redis !== null && { redisUrl: redis.url }) });
    acme = (await gateways.clients('acme', { service }))[0] as ReduClient;
    globex = await gateways.clients('globex', { service });
    const image = 'ubuntu-22.04-amd64';
    const instance = await acme.boot({ name: 'acme-only', flavor_id: 'm1.tiny', image_id: image });
    const group = (await acme.post('/v1/security_groups', { name: 'acme-group' })).body;
    const [, keyId = ''] = acme.key.split('_');
    if (!service) await acme.post('/v1/keypairs', { name: 'acme-laptop' });
    const paths = [
      '/v1/me',
      '/v1/instances',
      `/v1/instances/${instance.id}`,
      '/v1/quotas',
      '/v1/security_groups',
      `/v1/security_groups/${group.id}`,
      '/cloud/v1/compute/instances/list',
      ...(service ? [] : ['/v1/keypairs', '/v1/keypairs/acme-laptop']),
    ];
    const tags = new Map<string, string>();
    for (const path of paths) {
      await acme.get(path);
      const { status, headers } = await acme.get(path);
      expect([status, headers.get('X-Cache')], path).toEqual([200, 'HIT']);
      tags.set(path, headers.get('ETag') ?? '');
    }
    cached = tags;
    const things = [
      instance.id,
      instance.name,
      group.id,
      group.name,
      instance.project_id,
      'acme-laptop',
      keyId,
    ];
    // All service keys act as the operator's account, so its user is no secret.
    secrets = [...things, ...(service ? [] : [instance.user_id]), ...tags.values()];
    fill = (text, path) =>
      text
        .replaceAll('{project}', instance.project_id)
        .replaceAll('{user}', instance.user_id)
        .replaceAll('{key id}', keyId)
        .replaceAll('{instance}', instance.id)
        .replaceAll('{strong etag}', (tags.get(path) ?? '').replace('W/', ''))
        .replaceAll('{etag}', tags.get(path) ?? '');
  });
  afterAll(() => gateways.close());

  test.each(ATTACKS)('$name', async ({ method = 'GET', path: changed = (path) => path, headers = {} }) => {
    for (const path of cached.keys()) {
      const target = fill(changed(path), path);
      const filled = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          typeof value === 'string' ? fill(value, path) : value.map((one) => fill(one, path)),
        ]),
      );
      for (const { url, key } of globex) {
        const answer = await send(url, {
          method,
          path: target,
          headers: { ...filled, 'x-api-key': key },
          body: null,
          chunked: false,
        });
        const question = `${method} ${target} ${JSON.stringify(filled)}`;
        expect.soft(answer.status, question).not.toBe(304);
        // What a response repeats of its request is known to the caller.
        const told = JSON.stringify(answer.headers) + answer.text;
        const leaked = secrets.filter((secret) => told.includes(secret) && !question.includes(secret));
        expect.soft(leaked, question).toEqual([]);
      }
    }
  });

  test('acme still gets its own responses', async () => {
    for (const [path, etag] of cached) {
      const { status, headers } = await acme.get(path);
      expect([status, headers.get('ETag')], path).toEqual([200, etag]);
    }
  });
});
