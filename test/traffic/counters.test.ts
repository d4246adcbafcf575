import { afterAll, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import { localCounter } from '../../src/traffic/limit/local-counter.ts';
import { counterConformance } from '../conformance/counter.ts';
import { startRedis } from '../support/redis.ts';
import { silentLogger } from '../support/silent-logger.ts';

counterConformance('memory', async () => {
  const counter = localCounter();
  return [counter, counter];
});

const redis = await startRedis();
const opened: Redis[] = [];
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await redis?.stop();
});

describe.skipIf(redis === null)('Redis', () => {
  const open = async () => {
    const target = parseRedisUrl(redis?.url ?? '');
    if (target === null) throw new Error('skipped');
    const one = await openRedis(target, { log: silentLogger, metrics: prometheusMetrics() });
    opened.push(one);
    return one;
  };

  counterConformance('Redis', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    return [one.counter, other.counter];
  });

  test('counts the connected nodes, without stopped ones', async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    // On a busy machine a node may have closed without unregistering.
    await redis?.command('del', 'linguanova:nodes');
    const nodes = [await open(), await open(), await open()];
    await nodes[0]?.ping();
    expect(nodes[0]?.counter.nodes).toBe(3);
    await nodes[1]?.close();
    await nodes[0]?.ping();
    expect(nodes[0]?.counter.nodes).toBe(2);
  });

  test('its keys have the prefix and a TTL', async () => {
    const { counter } = await open();
    await counter.acquire('family:default:abc', 1, 30);
    expect(await redis?.command('ttl', 'linguanova:limit:family:default:abc')).toBe(30);
    const keys = (await redis?.command('keys', '*')) as string[];
    expect(keys.filter((key) => !key.startsWith('linguanova:'))).toEqual([]);
  });
});
