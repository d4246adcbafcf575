import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways, gate } from './cached-gateways.ts';

const WRITES = 1_000;
/** Long enough that nothing ends by age while a test runs. */
const LONG = { seconds: 3_600 };
const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };

const redis = await startRedis();
let running: CachedGateways | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
  await redis?.command('flushall');
});
afterAll(() => redis?.stop());

async function start(
  cache: GatewayUnderTest['cache'] = LONG,
): Promise<[gateways: CachedGateways, a: ReduClient, b: ReduClient]> {
  running = await cachedGateways(2, { cache, redisUrl: redis?.url ?? '' });
  const [a, b] = await running.clients();
  if (a === undefined || b === undefined) throw new Error('there are no nodes');
  return [running, a, b];
}

describe.skipIf(redis === null)('two nodes on one Redis', { timeout: 120_000 }, () => {
  test(`${WRITES} times written at one and read at the other: never stale`, async () => {
    const [, a, b] = await start();
    const { id } = await a.boot(NEW);
    // Something else that is asked for all the time, so that fetches and changes cross.
    let over = false;
    const beside = (async () => {
      while (!over) await Promise.all([a.get('/v1/instances'), b.get(`/v1/instances/${id}`)]);
    })();
    try {
      for (let n = 0; n < WRITES; n++) {
        const [writer, reader] = n % 2 === 0 ? [a, b] : [b, a];
        const count = String(n);
        const path = n % 4 < 2 ? `/v1/instances/${id}` : '/v1/instances';
        const written = await writer.patch(`/v1/instances/${id}`, { metadata: { count } });
        expect(written.status).toBe(200);
        const { body } = await reader.get(path);
        expect((Array.isArray(body) ? body[0] : body).metadata.count).toBe(count);
      }
    } finally {
      over = true;
      await beside;
    }
    const told = await Promise.all([a.get('/v1/flavors'), a.get('/v1/flavors'), b.get('/v1/flavors')]);
    expect(told.map(({ headers }) => headers.get('X-Cache')).toSorted(), 'there is a cache').toContain('HIT');
  });

  test('what one has fetched the other need not', async () => {
    const [gateways, a, b] = await start();
    const first = await a.get('/v1/flavors');
    await expect.poll(() => redis?.command('keys', 'linguanova:cache:*')).toHaveLength(1);
    gateways.asked.length = 0;
    const second = await b.get('/v1/flavors');
    expect(second.headers.get('X-Cache')).toBe('HIT');
    expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'));
    expect(second.body).toEqual(first.body);
    expect(gateways.asked).toEqual([]);
  });

  test('the cloud is asked once for what both are asked for at the same time', async () => {
    const [gateways, a, b] = await start();
    gateways.asked.length = 0;
    const { opened, open } = gate();
    gateways.disturb = async () => {
      await opened;
      return null;
    };
    const all = Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? a : b).get('/v1/flavors')));
    await expect.poll(() => gateways.asked.length).toBe(1);
    await expect.poll(() => redis?.command('keys', '*:claim:*')).toHaveLength(1);
    open();
    expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([200]));
    // Microversions aside, which each node asks for once.
    expect(gateways.asked.filter((call) => call.includes('/flavors'))).toHaveLength(1);
    await expect.poll(() => redis?.command('keys', '*:claim:*')).toEqual([]);
  });

  test('a message that is lost keeps nothing old beyond its age', async () => {
    const [gateways, a, b] = await start({ seconds: 2 });
    const names = async ({ body }: { body: { items: { name: string }[] } }) =>
      body.items.map(({ name }) => name);
    await b.get('/v1/security_groups');
    // As if the cloud had been written to by a gateway that could not say so.
    await gateways.openStack().network('POST', '/security-groups', { security_group: { name: 'late' } });
    const written = Date.now();
    await expect
      .poll(async () => names(await b.get('/v1/security_groups')), { timeout: 10_000, interval: 50 })
      .toContain('late');
    const after = await b.get('/v1/security_groups');
    expect(Number(after.headers.get('Age')) * 1_000).toBeLessThanOrEqual(Date.now() - written);
    const everything = await Promise.all([a, b].map((client) => client.get('/v1/security_groups')));
    for (const answer of everything) expect(await names(answer)).toContain('late');
  });

  test('nothing of a customer but region and project is in the name of an entry, and every entry ends', async () => {
    const [, a] = await start();
    await a.post('/v1/keypairs', { name: 'laptop' });
    await a.get('/v1/keypairs');
    await expect.poll(() => redis?.command('keys', 'linguanova:cache:*')).toHaveLength(1);
    const keys = (await redis?.command('keys', '*')) as string[];
    for (const key of keys) {
      expect(key).toMatch(
        /^linguanova:(nodes|leases|version:\{[\w%-]*\/\w+\}|cached:\{[\w%-]*\/\w+\}|cache:\{[\w%-]*\/\w+\}:[\w-]{43})$/,
      );
      expect(await redis?.command('pttl', key), key).toBeGreaterThan(0);
    }
  });
});
