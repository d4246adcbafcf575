import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { EventReader, type StreamEvent } from '../events/event-reader.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { startRedis } from '../support/redis.ts';
import { ReduClient } from '../support/redu-client.ts';
import { sharedKeys } from '../support/shared-keys.ts';
import { startSlowCloud } from '../support/slow-cloud.ts';
import { type CachedGateways, cachedGateways } from './cached-gateways.ts';

const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const SOON = { timeout: 40_000, interval: 100 };
const ADMIN_TOKEN = 'admin-token-of-the-tests';

const redis = await startRedis();
let running: CachedGateways | undefined;
const readers: EventReader[] = [];
const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  for (const end of atEnd.splice(0).reverse()) await end();
  await running?.close();
  running = undefined;
});
afterAll(() => redis?.stop());

async function listen(
  { url, key }: ReduClient,
  options: Parameters<typeof EventReader.open>[2] = {},
): Promise<EventReader> {
  const reader = await EventReader.open(url, key, options);
  readers.push(reader);
  return reader;
}

const about = (id: string) => (event: StreamEvent) => event.data.instance?.id === id;
const named = (name: string) => (event: StreamEvent) => event.data.instance?.name === name;
const isDeleted = ({ event }: StreamEvent) => event === 'instance.deleted';
const isReset = ({ event }: StreamEvent) => event === 'reset';

describe.skipIf(redis === null)('several nodes on one Redis', { timeout: 120_000 }, () => {
  async function start(): Promise<[gateways: CachedGateways, a: ReduClient, b: ReduClient]> {
    running = await cachedGateways(2, { bootMilliseconds: 10, redisUrl: redis?.url ?? '' });
    const [a, b] = await running.clients();
    if (a === undefined || b === undefined) throw new Error('there are no nodes');
    return [running, a, b];
  }

  test('one gateway polls, and all send the same events with the same ids', async () => {
    const [gateways, a, b] = await start();
    const [atA, atB] = [await listen(a), await listen(b)];
    await Promise.all([atA.until(() => true), atB.until(() => true)]);
    const { id } = await b.boot(NEW);
    await Promise.all([atA.until(about(id)), atB.until(about(id))]);
    await b.delete(`/v1/instances/${id}`);
    await Promise.all([atA.until(isDeleted), atB.until(isDeleted)]);
    expect(atB.events.filter(about(id))).toEqual(atA.events.filter(about(id)));
    const role = async ({ url }: { url: string }) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return /^linguanova_event_feeds\{role="(\w+)"\} 1$/m.exec(text)?.[1];
    };
    await expect
      .poll(async () => (await Promise.all(gateways.nodes.map(role))).toSorted(), SOON)
      .toEqual(['follower', 'leader']);
  });

  test('a client resumes on another gateway', async () => {
    const [, a, b] = await start();
    const [atA, stays] = [await listen(a), await listen(b)];
    const { id: from } = await atA.until(() => true);
    atA.close();
    const { id } = await a.boot(NEW);
    await stays.until(about(id));
    const again = await listen(b, { lastEventId: from ?? '' });
    await again.until(about(id));
    await a.delete(`/v1/instances/${id}`);
    await Promise.all([again.until(isDeleted), stays.until(isDeleted)]);
    expect(again.events).toEqual(stays.events.slice(1));
  });

  test('without Redis each gateway polls for itself, and subscribers get reset', async () => {
    const [, a, b] = await start();
    const [atA, atB] = [await listen(a), await listen(b)];
    const { id } = await a.boot(NEW);
    await Promise.all([atA.until(about(id)), atB.until(about(id))]);
    await redis?.kill();
    try {
      await Promise.all([atA.until(isReset), atB.until(isReset)]);
      await a.patch(`/v1/instances/${id}`, { name: 'alone' });
      await Promise.all([atA.until(named('alone')), atB.until(named('alone'))]);
    } finally {
      await redis?.start();
    }
    const seen = [atA.events.length, atB.events.length];
    await Promise.all([atA.until(isReset, seen[0]), atB.until(isReset, seen[1])]);
    await b.patch(`/v1/instances/${id}`, { name: 'together' });
    const [one, other] = await Promise.all([atA.until(named('together')), atB.until(named('together'))]);
    expect(one).toEqual(other);
  });

  test('when the leader is killed another takes over without a gap', async () => {
    const cloud = await startSlowCloud(200);
    const keys = sharedKeys();
    atEnd.push(
      () => cloud.stop(),
      () => keys.close(),
    );
    const environment = {
      OS_AUTH_URL: cloud.authUrl,
      LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      DATABASE_URL: `sqlite:${join(keys.folder, 'keys.db')}`,
      REDIS_URL: redis?.url ?? '',
      LINGUANOVA_LIMITS: 'off',
      LOG_LEVEL: 'silent',
    };
    const nodes: GatewayProcess[] = [];
    for (let n = 0; n < 2; n++) {
      const node = await startProcess(environment);
      atEnd.push(() => node.end('SIGKILL'));
      nodes.push(node);
    }
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('there are no nodes');
    const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
    const issued = await fetch(`${first.url}/admin/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'events', application_credential: { id, secret } }),
    });
    const { key } = (await issued.json()) as { key: string };
    const atFirst = await listen(new ReduClient(first.url, key));
    await atFirst.until(() => true);
    const reader = await listen(new ReduClient(second.url, key));
    await reader.until(() => true);

    const behind = new OpenStackClient(fetch, cloud.authUrl, { id, secret });
    const { servers } = (await behind.compute('GET', '/servers')).body;
    await expect.poll(() => cloud.waiting(), { ...SOON, interval: 5 }).toBeGreaterThan(0);
    first.child.kill('SIGKILL');
    await behind.compute('PUT', `/servers/${servers[0].id}`, { server: { name: 'meanwhile' } });
    await reader.until(named('meanwhile'));
    expect(reader.events.filter(isReset)).toEqual([]);
    expect(reader.events.filter(named('meanwhile'))).toHaveLength(1);
  });
});
