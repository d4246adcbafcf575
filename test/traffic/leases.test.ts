import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import { startRedis } from '../support/redis.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { tenant } from '../support/tenants.ts';
import { type RedisProxy, redisProxy } from './redis-proxy.ts';

const P = tenant('p1');
const CHANGE = { tenant: P, instanceIds: ['i1'] };
/** Longer than a lease lasts, milliseconds. */
const LEASE_OVER = 1_050;

const server = await startRedis();
const opened: (Redis | RedisProxy)[] = [];
afterAll(() => server?.stop());

async function open(url: string) {
  const target = parseRedisUrl(url);
  if (target === null) throw new Error('skipped');
  const one = await openRedis(target, { log: silentLogger, metrics: prometheusMetrics() });
  opened.push(one);
  return one.versions;
}

describe.skipIf(server === null)(
  'a gateway that remembers the version of a project',
  { timeout: 60_000 },
  () => {
    if (server === null) return;
    beforeEach(() => server.command('flushall'));
    afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

    test('fetches the version while messages are delayed, before a change elsewhere completes', async () => {
      const proxy = await redisProxy(server.port);
      const [writer, reader] = [await open(server.url), await open(proxy.url)];
      for (let n = 0; n < 3; n++) {
        await reader.current(P);
        await expect.poll(() => reader.peek?.(P) ?? null, { interval: 5 }).not.toBe(null);
        const before = await reader.current(P);
        proxy.hold();
        await writer.bump(CHANGE);
        expect(reader.peek?.(P) ?? null, 'from memory').toBe(null);
        expect(await reader.current(P)).toEqual(await writer.current(P));
        expect((await reader.current(P)).number).toBeGreaterThan(before.number);
        proxy.release();
      }
      await proxy.close();
    });

    test('does not serve from its lease after the process was suspended', async () => {
      const reader = await open(server.url);
      await reader.current(P);
      await expect.poll(() => reader.peek?.(P) ?? null, { interval: 5 }).not.toBe(null);
      standStill();
      expect(reader.peek?.(P) ?? null).toBe(null);
      expect((await reader.current(P)).shared).toBe(true);
      await expect.poll(() => reader.peek?.(P) ?? null).not.toBe(null);
    });

    test('a closed gateway delays no write', async () => {
      const [writer, reader] = [await open(server.url), await open(server.url)];
      await writer.bump(CHANGE);
      await reader.current(P);
      const other = opened.pop();
      await other?.close();
      expect(await server.command('hkeys', 'linguanova:leases')).toHaveLength(2);
    });

    test('reports a change of unknown instances when Redis has a newer version than was published', async () => {
      const reader = await open(server.url);
      const { number } = await reader.current(P);
      const heard: unknown[] = [];
      reader.onChange((change) => heard.push(change));
      await server.command('set', `linguanova:version:{${P}}`, String(number + 1));
      standStill();
      expect(await reader.current(P)).toMatchObject({ number: number + 1, shared: true });
      expect(heard).toEqual([{ tenant: P, instanceIds: null }]);
    });

    test('without Redis it counts versions itself and serves them for one second', async () => {
      const reader = await open(server.url);
      expect(await reader.current(P)).toEqual({ number: expect.any(Number), shared: true });
      await server.signal('SIGSTOP');
      try {
        await expect
          .poll(() => reader.current(P), { timeout: 10_000 })
          .toMatchObject({ shared: false, maxAgeMs: 1_000 });
        expect(reader.peek?.(P)).toMatchObject({ shared: false, maxAgeMs: 1_000 });
      } finally {
        await server.signal('SIGCONT');
      }
      await expect.poll(async () => (await reader.current(P)).shared, { timeout: 10_000 }).toBe(true);
    });
  },
);

/** Until a lease that is held now is over. */
function standStill(): void {
  for (const until = performance.now() + LEASE_OVER; performance.now() < until; );
}
