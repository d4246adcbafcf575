import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways } from './cached-gateways.ts';
import { pause } from './hammer.ts';
import { FAULTS, type Fault } from './redis-faults.ts';

/** Maximum age in ms of another node's response after a write of which no notification reached it. */
const SECONDS = 2;
const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const WELL = { status: 'ok', redis: 'ok' };
const degraded = ({ reason }: Fault) => ({ status: 'degraded', redis: expect.stringMatching(reason) });

const server = await startRedis();
afterAll(() => server?.stop());

describe.skipIf(server === null)('Redis fails while it is read and written', { timeout: 60_000 }, () => {
  if (server === null) return;
  let gateways: CachedGateways;
  let clients: readonly ReduClient[];
  beforeEach(async () => {
    await server.command('flushall');
    gateways = await cachedGateways(2, { redisUrl: server.url, cache: { seconds: SECONDS } });
    clients = await gateways.clients();
  });
  afterEach(() => gateways.close());

  const states = () =>
    Promise.all(
      gateways.nodes.map(async ({ url }) => (await (await fetch(`${url}/readyz`)).json()) as unknown),
    );
  const both = (expected: object) => Array(2).fill(expect.objectContaining(expected));

  test.each(FAULTS)('$name: nothing fails, and who writes reads it at the same node', async (fault) => {
    const statuses = new Set<number>();
    const differences: string[] = [];
    const rounds = [0, 0];
    let over = false;
    const ids = await Promise.all(clients.map(async (client) => (await client.boot(NEW)).id as string));
    const work = clients.map(async (client, node) => {
      const path = `/v1/instances/${ids[node]}`;
      const other = `/v1/instances/${ids[1 - node]}`;
      while (!over) {
        rounds[node] = (rounds[node] ?? 0) + 1;
        const count = String(rounds[node]);
        const written = await client.patch(path, { metadata: { count } });
        const [own, list, theirs] = await Promise.all([path, '/v1/instances', other].map(client.get));
        for (const answer of [written, own, list, theirs]) statuses.add(answer?.status ?? 0);
        const listed = list?.body.find(({ id }: { id: string }) => id === ids[node]);
        for (const told of [own?.body, listed]) {
          if (told?.metadata.count !== count) differences.push(`${told?.metadata.count} for ${count}`);
        }
      }
    });
    await pause(200);
    await fault.begin(server);
    await expect.poll(states, { timeout: 10_000 }).toEqual(both(degraded(fault)));
    const before = [...rounds];
    await expect
      .poll(() => rounds.every((n, node) => n > (before[node] ?? 0) + 3), { timeout: 10_000 })
      .toBe(true);
    await fault.end(server);
    await expect.poll(states, { timeout: 10_000 }).toEqual(both(WELL));
    await pause(200);
    over = true;
    await Promise.all(work);
    expect([...statuses], 'no request failed').toEqual([200]);
    expect(differences, 'own writes').toEqual([]);
    // And from here on each sees what the other writes.
    const [a, b] = clients;
    await expect
      .poll(async () => {
        await a?.patch(`/v1/instances/${ids[0]}`, { metadata: { last: 'x' } });
        await a?.patch(`/v1/instances/${ids[0]}`, { metadata: { last: 'y' } });
        return (await b?.get(`/v1/instances/${ids[0]}`))?.body.metadata.last;
      })
      .toBe('y');
  });
});
