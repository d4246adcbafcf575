import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { created, eventLogConformance, newFeed, openLog, shown } from '../conformance/event-log.ts';
import { startRedis } from '../support/redis.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { FAULTS } from './redis-faults.ts';

const SOON = { timeout: 30_000 };

eventLogConformance('memory', async () => {
  const log = new LocalEventLog();
  return [log, log];
});

const server = await startRedis();
const opened: Redis[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(() => server?.stop());

async function open(): Promise<Redis> {
  const target = parseRedisUrl(server?.url ?? '');
  if (target === null) throw new Error('skipped');
  const one = await openRedis(target, { log: silentLogger, metrics: prometheusMetrics() });
  opened.push(one);
  return one;
}

describe.skipIf(server === null)('on Redis', { timeout: 60_000 }, () => {
  if (server === null) return;

  eventLogConformance('Redis', async () => [(await open()).eventLog, (await open()).eventLog]);

  const pair = async () => {
    const feed = newFeed();
    const [a, b] = [await open(), await open()];
    const [leader, follower] = [await openLog(a.eventLog, feed), await openLog(b.eventLog, feed)];
    await leader.tryLead();
    await leader.begin(new Map([['a', shown('a')]]));
    return { feed, a, b, leader, follower };
  };

  test('a leader that stops renewing loses the lease, and its appends have no effect', async () => {
    const { leader, follower } = await pair();
    await expect.poll(() => follower.tryLead(), { ...SOON, interval: 500 }).toBe('elected');
    expect(await leader.append([created('late')])).toBe(false);
    expect(await leader.tryLead()).toBe('follower');
    expect(await follower.append([created('b')])).toBe(true);
    await expect.poll(() => leader.received.at(-1)?.change?.instanceId, SOON).toBe('b');
    expect(leader.received).toEqual(follower.received);
  });

  test('an entry whose notification was lost is delivered by the next renewal', async () => {
    const { leader, follower } = await pair();
    await server.command('client', 'kill', 'type', 'pubsub');
    await leader.append([created('b')]);
    await expect.poll(() => follower.received.length, SOON).toBe(2);
    await server.command('client', 'kill', 'type', 'pubsub');
    await leader.append([created('c')]);
    expect(await follower.tryLead()).toBe('follower');
    expect(follower.received.map(({ change }) => change?.instanceId)).toEqual([undefined, 'b', 'c']);
  });

  test('a deleted log ends for every subscriber and is begun again under another name', async () => {
    const { feed, a, leader, follower } = await pair();
    await server.command('flushall');
    expect(await leader.append([created('b')])).toBe(false);
    expect(await leader.tryLead()).toBe('elected');
    expect(await leader.snapshot()).toBeNull();
    await leader.begin(new Map());
    await expect.poll(() => [leader.isOver(), follower.isOver()], SOON).toEqual([true, true]);
    const again = await openLog(a.eventLog, feed);
    expect(again.replayBuffer.after(leader.received[0]?.id ?? '')).toBeNull();
  });

  test('ignores a snapshot without the name of its log', async () => {
    const { feed, leader } = await pair();
    const [key = ''] = (await server.command('keys', `*{${feed.tenant}}*:snapshot`)) as string[];
    await server.command('del', key);
    expect(await leader.snapshot()).toBeNull();
  });

  test('every key names only the region and the project, and has a TTL', async () => {
    const { feed } = await pair();
    const keys = (await server.command('keys', 'linguanova:feed:*')) as string[];
    const ours = keys.filter((key) => key.includes(`{${feed.tenant}}`));
    expect(ours).toHaveLength(3);
    for (const key of ours) {
      expect(key).toMatch(/^linguanova:feed:\{[\w%-]*\/\w+\}:[\w-]{43}:(lease|log|snapshot)$/);
      expect(await server.command('pttl', key), key).toBeGreaterThan(0);
    }
  });

  test.each(FAULTS)('Redis is $name: gateways use logs of their own, then share one again', async (fault) => {
    const { feed, a, leader } = await pair();
    await fault.begin(server);
    await expect.poll(() => leader.isOver(), SOON).toBe(true);
    const alone = await openLog(a.eventLog, feed);
    expect(a.eventLog.shared).toBe(false);
    expect([await alone.tryLead(), await alone.begin(new Map())]).toEqual(['elected', true]);
    expect(await alone.append([created('b')])).toBe(true);
    expect(alone.received).toHaveLength(2);
    await fault.end(server);
    await expect.poll(() => alone.isOver(), SOON).toBe(true);
    expect(a.eventLog.shared).toBe(true);
    expect(await (await openLog(a.eventLog, feed)).tryLead()).not.toBeUndefined();
  });
});
