import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { GatewayEnv } from '../context.ts';
import { VERSION } from '../version.ts';
import { NodePresence } from './node-presence.ts';
import { NodeReporter } from './node-report.ts';
import type { GatewayNode, NodeStore } from './node-store.ts';
import { operatorHealth } from './operator-health.ts';

const REPORT = { window_seconds: 0, cache: { reads: 0, hit_ratio: null }, upstream: [] };
const reporter = new NodeReporter({ read: async () => [] }, {});

async function healthOf(list: NodeStore['list'] | null) {
  const store: NodeStore = { beat: async () => {}, remove: async () => {}, list: list ?? (async () => []) };
  const presence = list === null ? null : new NodePresence(store, reporter, 'here');
  const examine = async () =>
    ({
      readiness: { status: 'ok', secret: 'ok', schema: 'ok', store: 'ok', cloud: 'ok' },
      latencyMs: { store: 1, cloud: 2 },
    }) as const;
  const response = await new Hono<GatewayEnv>().get('/', operatorHealth(examine, presence)).request('/');
  return response.json();
}

test('a node without a heartbeat for a minute is lost, and this node is always up', async () => {
  const seen = (id: string, secondsAgo: number): GatewayNode => {
    const at = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
    return {
      id,
      name: 'other',
      version: '0.0.1',
      startedAt: at(3600),
      seenAt: at(secondsAgo),
      report: REPORT,
    };
  };
  const { nodes, ...rest } = await healthOf(async () => [seen('a', 50), seen('b', 70)]);
  expect(rest).toMatchObject({ status: 'ok', version: VERSION, latency_ms: { store: 1, cloud: 2 } });
  expect(nodes).toMatchObject([
    { name: 'here', is_self: true, state: 'up', version: VERSION, uptime_seconds: 0 },
    { id: 'a', is_self: false, state: 'up', version: '0.0.1', uptime_seconds: 3550 },
    { id: 'b', is_self: false, state: 'lost', uptime_seconds: 3530 },
  ]);
});

test('nodes are null while the database cannot be read, and empty where nodes are not known', async () => {
  expect((await healthOf(() => Promise.reject(new Error('down')))).nodes).toBeNull();
  expect((await healthOf(null)).nodes).toEqual([]);
});
