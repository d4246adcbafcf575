import { Redis as Client } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type { ProjectChange, ProjectVersions } from '../../src/traffic/versions/project-versions.ts';
import { startRedis } from '../support/redis.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { tenant } from '../support/tenants.ts';
import { FAULTS } from './redis-faults.ts';

const P = tenant('p1');
const change = (of = P, instanceIds: readonly string[] = []) => ({ tenant: of, instanceIds });
const numberOf = async (versions: ProjectVersions, of = P) => (await versions.current(of)).number;

const server = await startRedis();
const opened: Redis[] = [];
afterAll(() => server?.stop());

async function open(): Promise<ProjectVersions> {
  const target = parseRedisUrl(server?.url ?? '');
  if (target === null) throw new Error('skipped');
  const one = await openRedis(target, { log: silentLogger, metrics: prometheusMetrics() });
  opened.push(one);
  return one.versions;
}

function promises(name: string, create: () => Promise<ProjectVersions>): void {
  test(`${name}: a version lasts until the next change, and no number is reused`, async () => {
    const versions = await create();
    const seen = [await numberOf(versions)];
    expect(await numberOf(versions)).toBe(seen[0]);
    for (let n = 0; n < 5; n++) {
      await versions.bump(change());
      seen.push(await numberOf(versions));
    }
    await versions.bump(change(tenant('another')));
    expect(await numberOf(versions)).toBe(seen.at(-1));
    expect(new Set(seen).size).toBe(6);
    expect(await numberOf(versions, tenant('another'))).not.toBe(await numberOf(versions));
  });

  test(`${name}: notifies listeners of changes`, async () => {
    const versions = await create();
    const changes: (ProjectChange | null)[] = [];
    versions.onChange((change) => changes.push(change));
    await versions.bump(change(P, ['i1']));
    expect(changes).toEqual([change(P, ['i1'])]);
  });
}

promises('memory', async () => new LocalVersions());

describe.skipIf(server === null)('on Redis', { timeout: 60_000 }, () => {
  if (server === null) return;
  beforeEach(() => server.command('flushall'));
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));
  const isShared = async (versions: ProjectVersions) => (await versions.current(P)).shared;
  /** As a gateway does that holds a lease. */
  const register = async (client: Client, node: string) => {
    const [seconds = ''] = await client.time();
    await client.hset('linguanova:leases', node, Number(seconds) * 1_000 + 1_000);
  };
  const pair = async () => [await open(), await open()] as const;

  promises('Redis', open);

  test('gateways share version numbers, and a change completes after all were notified', async () => {
    const [a, b] = await pair();
    const changes: (ProjectChange | null)[] = [];
    b.onChange((change) => changes.push(change));
    expect(await a.current(P)).toEqual({ number: await numberOf(b), shared: true });
    for (let n = 0; n < 50; n++) {
      const [writer, reader] = n % 2 === 0 ? [a, b] : [b, a];
      const before = await numberOf(reader);
      await writer.bump(change(P, [`i${n}`]));
      expect(await numberOf(reader)).toBeGreaterThan(before);
      expect(await numberOf(reader)).toBe(await numberOf(writer));
    }
    expect(changes).toContainEqual(change(P, ['i0']));
  });

  test('a change waits for a missing acknowledgement until the lease has expired', async () => {
    const a = await open();
    const other = new Client(server.port, '127.0.0.1');
    const publisher = new Client(server.port, '127.0.0.1');
    try {
      await other.subscribe('linguanova:changes');
      await register(publisher, 'other');
      const message = new Promise<string>((resolve) => other.on('message', (_, text) => resolve(text)));
      let over = false;
      const changed = a.bump(change()).then(() => {
        over = true;
      });
      const { from, id } = JSON.parse((await message).replace(/^\d+ /, ''));
      await publisher.publish(`linguanova:acks:${from}`, `${id} stranger`);
      // By the reply to a later command, the gateway has the reply to its own.
      await publisher.ping();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(over, 'before it was heard').toBe(false);
      await publisher.publish(`linguanova:acks:${from}`, `${id} other`);
      await changed;
      const before = performance.now();
      await a.bump(change());
      expect(performance.now() - before, 'as long as its lease may last').toBeGreaterThan(500);
    } finally {
      other.disconnect();
      publisher.disconnect();
    }
  });

  test('a gateway whose messages may be lost fetches the version', async () => {
    const [a, b] = await pair();
    const before = await numberOf(b);
    const changes: (ProjectChange | null)[] = [];
    b.onChange((change) => changes.push(change));
    await server.command('client', 'kill', 'type', 'pubsub');
    await expect.poll(() => changes).toContain(null);
    await a.bump(change());
    await expect.poll(() => isShared(b)).toBe(true);
    await expect.poll(() => isShared(a)).toBe(true);
    expect(await numberOf(b)).toBeGreaterThan(before);
    expect(await numberOf(b)).toBe(await numberOf(a));
  });

  test('a number is not reused after Redis lost it', async () => {
    const a = await open();
    const [before, key] = [await numberOf(a), `linguanova:version:{${P}}`];
    await a.bump(change());
    const after = await numberOf(a);
    const changes: (ProjectChange | null)[] = [];
    a.onChange((change) => changes.push(change));
    // A replica without the change becomes the master.
    await server.command('set', key, String(before));
    await server.command('client', 'kill', 'type', 'pubsub');
    await expect.poll(() => changes).toEqual([null, null]);
    expect(await isShared(a)).toBe(true);
    expect(await numberOf(a)).toBeGreaterThanOrEqual(after);
  });

  test.each(FAULTS)('Redis is $name: local changes count, and are published on recovery', async (fault) => {
    const [a, b] = await pair();
    const before = await numberOf(b);
    await fault.begin(server);
    const seen = [await numberOf(a)];
    for (let n = 0; n < 3; n++) {
      await a.bump(change());
      seen.push(await numberOf(a));
    }
    expect(new Set(seen).size, 'its own changes').toBe(4);
    await fault.end(server);
    await expect.poll(() => isShared(a), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => isShared(b), { timeout: 10_000 }).toBe(true);
    await expect.poll(async () => (await numberOf(b)) === (await numberOf(a))).toBe(true);
    expect(await numberOf(b)).toBeGreaterThan(before);
  });
});
