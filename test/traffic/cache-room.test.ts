import { afterAll, afterEach, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import { CacheKey, CacheScope } from '../../src/traffic/cache/cache-key.ts';
import type { CachedResponse } from '../../src/traffic/cache/cache-store.ts';
import { startRedis } from '../support/redis.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { tenant } from '../support/tenants.ts';

const MEMORY = 8 * 1024 * 1024;
const BODY = 20_000;

const server = await startRedis('--maxmemory', String(MEMORY), '--maxmemory-policy', 'noeviction');
let redis: Redis | undefined;
afterEach(() => redis?.close());
afterAll(() => server?.stop());

test.skipIf(server === null)(
  'responses of one project that are more than Redis can hold leave room for those of others, limits and versions',
  { timeout: 60_000 },
  async () => {
    const target = parseRedisUrl(server?.url ?? '');
    if (target === null) throw new Error('skipped');
    redis = await openRedis(target, { log: silentLogger, metrics: prometheusMetrics() });
    const { cacheStore, counter, versions } = redis;
    const key = (projectId: string, n: number) =>
      CacheKey.of(
        CacheScope.of({ region: '', projectId, userId: 'u', roles: [] }, 'service'),
        `/v1/instances?status=${n}`,
      );
    const answer = (): CachedResponse => ({
      body: new Uint8Array(BODY),
      headers: { 'content-type': 'application/json' },
      etag: 'W/"x"',
      generatedAt: performance.now(),
      freshnessLifetimeMs: 300_000,
      version: 1,
    });
    const wanted = { version: 1, lifetimeMs: 300_000 };
    const count = 2 * Math.ceil(MEMORY / BODY);
    for (let n = 0; n < count; n++) await cacheStore.write(key('acme', n), answer(), 300_000);
    await cacheStore.write(key('globex', 0), answer(), 300_000);
    expect(await cacheStore.read(key('globex', 0), wanted)).not.toBe(null);
    expect(await cacheStore.read(key('acme', count - 1), wanted), 'the newest').not.toBe(null);
    expect(await cacheStore.read(key('acme', 0), wanted), 'the oldest').toBe(null);
    for (let n = 0; n < 10; n++) {
      for (let m = 0; m < 60; m++) await cacheStore.write(key(`project ${n}`, m), answer(), 300_000);
    }
    expect((await counter.acquire('limit:x', 1, 60)).total).toBe(1);
    await versions.bump({ tenant: tenant('acme'), instanceIds: [] });
    expect(await versions.current(tenant('acme'))).toMatchObject({ shared: true });
    await redis.ping();
  },
);
