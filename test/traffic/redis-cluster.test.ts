import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryKeyStore } from '../support/memory-key-store.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type LimitedGateway, limitedGateway, plan, readOnce } from './limited-gateway.ts';

const POINTS = 300;
const NODES_KEY = 'linguanova:nodes';

const cluster = await startCluster();
afterAll(() => cluster?.stop());

describe.skipIf(cluster === null)('a Redis Cluster', { timeout: 90_000 }, () => {
  if (cluster === null) return;
  let nodes: LimitedGateway[];
  beforeEach(async () => {
    const limits = { mode: 'enforce', plans: [plan('default', POINTS, 600)] } as const;
    const options = { keys: memoryKeyStore(), secret: randomBytes(32).toString('base64'), limits };
    nodes = await Promise.all([1, 2].map(() => limitedGateway({ ...options, redisUrl: cluster.url })));
  });
  afterEach(() => Promise.all(nodes.map((node) => node.close())));

  const ready = async ({ gateway }: LimitedGateway) =>
    ((await (await fetch(`${gateway.url}/readyz`)).json()) as { redis: string }).redis;
  /** Clients of all nodes with a new key. */
  const customer = async (): Promise<ReduClient[]> => {
    const key = (await nodes[0]?.client())?.key ?? '';
    return nodes.map(({ gateway }) => new ReduClient(gateway.url, key));
  };
  /** Sends reads to the nodes in turn until both reject; returns all statuses. */
  const exhaust = async (clients: readonly ReduClient[]): Promise<number[]> => {
    const statuses: number[] = [];
    for (let refused = 0; refused < 2; ) {
      const statusesOfRound = await Promise.all(
        clients.map(async (client) => (await readOnce(client)).status),
      );
      statuses.push(...statusesOfRound);
      refused = statusesOfRound.every((status) => status === 429) ? refused + 1 : 0;
    }
    return statuses;
  };
  const admitted = (statuses: readonly number[]) => statuses.filter((status) => status === 200).length;

  test('gateways share counters, and no request fails when a shard is lost', async () => {
    for (const node of nodes) await expect.poll(() => ready(node), { timeout: 10_000 }).toBe('ok');
    const statuses = await exhaust(await customer());
    expect([...new Set(statuses)].sort()).toEqual([200, 429]);
    expect(admitted(statuses)).toBeLessThanOrEqual(POINTS + 2 * (POINTS / 20));
    expect(admitted(statuses)).toBeGreaterThan(0.8 * POINTS);

    // Not the one that has the list of nodes, by which all is decided.
    let key = 'linguanova:limit:family:default:0';
    for (let n = 0; (await cluster.sameShard(key, NODES_KEY)) && n < 100; n++)
      key = `${key.slice(0, -1)}${n}`;
    await cluster.killShardOf(key);
    for (let n = 0; n < 10; n++) {
      const others = await customer();
      for (let times = 0; times < 20; times++) {
        const statusesOfRound = await Promise.all(
          others.map(async (client) => (await readOnce(client)).status),
        );
        for (const status of statusesOfRound) expect([200, 429]).toContain(status);
      }
    }
  });
});
