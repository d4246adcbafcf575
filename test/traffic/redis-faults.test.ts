import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryKeyStore } from '../support/memory-key-store.ts';
import { startRedis } from '../support/redis.ts';
import { Allowance, hammer, type Sample } from './hammer.ts';
import { type LimitedGateway, limitedGateway, plan, readOnce } from './limited-gateway.ts';
import { FAULTS, type Fault } from './redis-faults.ts';

/** More than `BEFORE` and `MEANWHILE`, so that the limit is reached only when Redis is back. */
const POINTS = 2_000;
/** Longer than the test may take: everything happens in one window. */
const SECONDS = 3_600;
/** Requests sent until Redis fails, and until it is back, on a machine of any speed. */
const BEFORE = 200;
const MEANWHILE = 400;
/** Admitted responses that each node has given before the next event. */
const SERVED = 20;
const NODES = 2;
/** The largest lease: a twentieth of the plan. */
const LEASE = POINTS / 20;

const server = await startRedis();
afterAll(() => server?.stop());

describe.skipIf(server === null)('Redis fails under load', { timeout: 150_000 }, () => {
  if (server === null) return;
  let nodes: LimitedGateway[];
  beforeEach(async () => {
    await server.command('flushall');
    const keys = memoryKeyStore();
    const secret = randomBytes(32).toString('base64');
    const limits = { mode: 'enforce', plans: [plan('default', POINTS, SECONDS)] } as const;
    const options = { keys, secret, limits, redisUrl: server.url };
    nodes = await Promise.all(Array.from({ length: NODES }, () => limitedGateway(options)));
  });
  afterEach(() => Promise.all(nodes.map((node) => node.close())));

  const urls = () => nodes.map(({ gateway }) => gateway.url);
  const states = () =>
    Promise.all(urls().map(async (url) => (await (await fetch(`${url}/readyz`)).json()) as unknown));
  const changes = (node: LimitedGateway) =>
    node.gateway.logged.filter(({ event }) => event.startsWith('redis_'));

  test.each(FAULTS)('$name', async (fault) => {
    const customer = await nodes[0]?.client();
    if (customer === undefined) throw new Error('no node');
    const times = { lost: 0, back: 0 };
    // Each node counts the others with its heartbeat: one round to be registered, one to count.
    await states();
    expect(await states()).toEqual(Array(NODES).fill(WELL));
    const samples: Sample[] = [];
    const allowance = new Allowance(BEFORE);
    const eachServed = (since: number) =>
      urls().every((url) => admitted(samples.filter(({ at, node }) => node === url && at > since)) >= SERVED);
    const spent = () => urls().every((url) => isRefused(samples.filter(({ node }) => node === url)));
    await hammer(
      urls(),
      customer.key,
      8,
      (async () => {
        await expect.poll(() => eachServed(0), { timeout: 20_000, interval: 5 }).toBe(true);
        await fault.begin(server);
        times.lost = performance.now();
        allowance.add(MEANWHILE);
        await expect
          .poll(states, { timeout: 20_000 })
          .toEqual(Array(NODES).fill(expect.objectContaining(degraded(fault))));
        await expect.poll(() => eachServed(times.lost), { timeout: 20_000 }).toBe(true);
        times.back = performance.now();
        await fault.end(server);
        allowance.add(Number.POSITIVE_INFINITY);
        await expect.poll(states, { timeout: 20_000 }).toEqual(Array(NODES).fill(WELL));
        await expect.poll(spent, { timeout: 100_000 }).toBe(true);
      })(),
      samples,
      allowance,
    );

    expect([...new Set(samples.map(({ status }) => status))].sort(), 'no request failed').toEqual([200, 429]);
    const during = samples.filter(({ at }) => at > times.lost && at < times.back);
    expect(admitted(during), 'requests went on').toBeGreaterThanOrEqual(NODES * SERVED);

    expect(admitted(samples)).toBeLessThanOrEqual(POINTS + NODES * LEASE);
    expect(admitted(samples)).toBeGreaterThan(0.8 * POINTS);

    for (const node of nodes) {
      const lines = changes(node).map(({ level, event }) => `${level} ${event}`);
      const [first, second] = ['warn redis_disconnected', 'info redis_reconnected'];
      // A machine under load may lose it once more by itself: one line for each change, whatever the number of commands.
      expect(lines.length).toBeGreaterThanOrEqual(2);
      expect(lines).toEqual(lines.map((_, index) => (index % 2 === 0 ? first : second)));
      const reasons = changes(node).map(({ fields }) => String(fields.reason));
      expect(reasons.some((reason) => fault.reason.test(reason))).toBe(true);
    }
    const metrics = await (await fetch(`${urls()[0]}/metrics`)).text();
    expect(metrics).toMatch(/^linguanova_redis_failures_total\{reason="\w+"\} [1-9]/m);
    expect(metrics).toMatch(/^linguanova_redis_up [01]$/m);
  });

  test('a gateway starts without Redis and uses it once it is up', async () => {
    await server.kill();
    const limits = { mode: 'enforce', plans: [plan('default', 5, 60)] } as const;
    const lonely = await limitedGateway({ limits, redisUrl: server.url });
    nodes.push(lonely);
    const customer = await lonely.client();
    expect((await readOnce(customer)).headers.get('X-RateLimit-Remaining')).toBe('4');
    await server.start();
    await expect.poll(states, { timeout: 20_000 }).toEqual(Array(NODES + 1).fill(WELL));
    expect((await readOnce(customer)).headers.get('X-RateLimit-Remaining')).toBe('3');
    expect(await server.command('keys', 'linguanova:limit:*')).toHaveLength(2);
  });
});

const WELL = { status: 'ok', secret: 'ok', schema: 'ok', store: 'ok', redis: 'ok', cloud: 'ok' };
const degraded = ({ reason }: Fault) => ({ status: 'degraded', redis: expect.stringMatching(reason) });

/** Longer than a node that has Redis back holds on to what it gives, milliseconds. */
const PATIENCE = 2_000;

/** Whether a node has nothing left to give: since its last admitted response it has refused for a while, and often. */
function isRefused(samples: readonly Sample[]): boolean {
  const refused = samples.slice(samples.findLastIndex(({ status }) => status === 200) + 1);
  const [first] = refused;
  return refused.length >= 20 && first !== undefined && performance.now() - first.at > PATIENCE;
}

function admitted(samples: readonly Sample[]): number {
  return samples.filter(({ status }) => status === 200).length;
}
