import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import { startRedis } from '../support/redis.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways } from './cached-gateways.ts';

const WRITES = 200;
const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };

const redis = await startRedis();
let running: CachedGateways | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
  await redis?.command('flushall');
});
afterAll(() => redis?.stop());

async function start(): Promise<[gateways: CachedGateways, a: ReduClient, b: ReduClient]> {
  running = await cachedGateways(2, { redisUrl: redis?.url ?? '' });
  const [a, b] = await running.clients();
  if (a === undefined || b === undefined) throw new Error('there are no nodes');
  return [running, a, b];
}

/** In the Nova dialect, with the key of a client of the other one. */
const nova = ({ url, key }: ReduClient, target: string, body?: unknown) =>
  sendNova(url, target, { 'x-auth-token': key }, body);

describe.skipIf(redis === null)('two nodes on one Redis', { timeout: 120_000 }, () => {
  test('reads are served from cache without an upstream request, to their own tenant', async () => {
    const [gateways, a] = await start();
    const [globex] = await gateways.clients('globex');
    for (const path of ['/compute/v2.1/flavors/detail', '/compute/v2.1/servers', '/image/v2/images']) {
      // A machine that stands still for longer than an answer is kept has to try again.
      const again = async () => (await nova(a, `GET ${path}`)).headers.get('x-cache');
      await expect.poll(again, { timeout: 30_000 }).toBe('HIT');
      const first = await nova(globex as ReduClient, `GET ${path}`);
      expect([first.status, first.headers.get('x-cache')]).toEqual([200, 'MISS']);
    }
  });

  test(`${WRITES} times written at one, in either dialect, and read at the other: never stale`, async () => {
    const [, a, b] = await start();
    const { id } = await a.boot(NEW);
    const server = `/compute/v2.1/servers/${id}`;
    let over = false;
    const beside = (async () => {
      while (!over)
        await Promise.all([nova(a, `GET ${server}`), nova(b, 'GET /compute/v2.1/servers/detail')]);
    })();
    for (let n = 0; n < WRITES; n++) {
      const [writer, reader] = n % 2 === 0 ? [a, b] : [b, a];
      const metadata = { count: String(n) };
      const written =
        n % 4 < 2
          ? await writer.patch(`/v1/instances/${id}`, { metadata })
          : await nova(writer, `POST ${server}/metadata`, { metadata });
      expect(written.status).toBe(200);
      const one = await nova(reader, `GET ${server}`);
      expect(one.body.server.metadata.count).toBe(String(n));
      const all = await nova(reader, 'GET /compute/v2.1/servers/detail');
      expect(all.body.servers[0].metadata.count).toBe(String(n));
    }
    over = true;
    await beside;
  });

  test('a client that polls an action sees each step, and no state from before it', async () => {
    const [, a, b] = await start();
    const { id } = await a.boot(NEW);
    const server = `/compute/v2.1/servers/${id}`;
    for (const [action, end] of [
      ['os-stop', 'SHUTOFF'],
      ['os-start', 'ACTIVE'],
      ['os-stop', 'SHUTOFF'],
    ] as const) {
      const before = end === 'ACTIVE' ? 'SHUTOFF' : 'ACTIVE';
      await nova(a, `POST ${server}/action`, { [action]: null });
      for (;;) {
        const { status, 'OS-EXT-STS:task_state': task } = (await nova(b, `GET ${server}`)).body.server;
        if (status === end && task === null) break;
        expect([status, typeof task]).toEqual([before, 'string']);
      }
    }
  });
});
