import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EventReader, type StreamEvent } from '../events/event-reader.ts';
import { startRedis } from '../support/redis.ts';
import { ReduClient } from '../support/redu-client.ts';
import { ONE, type RegionalGateway, regionalGateway, TWO } from '../support/regional-gateway.ts';

const IN_TWO = `/regions/${TWO}`;
const SOON = { timeout: 40_000, interval: 100 };
const PLAN = { name: 'default', points: 10_000, projectPoints: 10_000, seconds: 600 };

const redis = await startRedis();
afterAll(() => redis?.stop());

describe.skipIf(redis === null)('two nodes on one Redis, in two regions', { timeout: 120_000 }, () => {
  let gateway: RegionalGateway;
  let a: ReduClient;
  let b: ReduClient;
  const readers: EventReader[] = [];
  beforeAll(async () => {
    const limits = { mode: 'enforce', plans: [PLAN] } as const;
    gateway = await regionalGateway([ONE, TWO], { nodes: 2, redisUrl: redis?.url ?? '', limits });
    [a, b] = gateway.nodes.map(({ url }) => new ReduClient(url, gateway.key)) as [ReduClient, ReduClient];
  });
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.close();
  });
  afterAll(() => gateway?.stop());

  const cacheOf = async (client: ReduClient, path: string) => (await client.get(path)).headers.get('x-cache');
  const listen = async ({ url, key }: ReduClient, prefix: string) => {
    const reader = await EventReader.open(url, key, { path: `${prefix}/v1/events` });
    readers.push(reader);
    await reader.until(() => true);
    return reader;
  };
  const bodyIn = async (prefix: string, name: string) => {
    const { items } = (await a.get(`${prefix}/v1/images`)).body;
    return { name, flavor_id: 'm1.tiny', image_id: items[0].id };
  };

  test('a response is shared within its region, and a write invalidates it there on both nodes', async () => {
    const paths = ['/v1/networks', `${IN_TWO}/v1/networks`] as const;
    for (const path of paths) {
      await a.get(path);
      await expect.poll(() => cacheOf(b, path), SOON).toBe('HIT');
    }
    const [one, two] = await Promise.all(paths.map((path) => b.get(path)));
    expect(one?.body).not.toEqual(two?.body);
    await b.post(`${IN_TWO}/v1/security_groups`, { name: 'apart', description: 'x' });
    for (const client of [a, b]) expect(await cacheOf(client, paths[0])).toBe('HIT');
    expect(await cacheOf(a, paths[1])).toBe('MISS');
    expect(
      (await a.get('/v1/security_groups')).body.items.map(({ name }: { name: string }) => name),
    ).not.toContain('apart');
  });

  test('an event of one region is sent to its subscribers on both nodes, and to none of the other', async () => {
    const [oneA, oneB] = [await listen(a, ''), await listen(b, `/regions/${ONE}`)];
    const [twoA, twoB] = [await listen(a, IN_TWO), await listen(b, IN_TWO)];
    const inTwo = await b.post(`${IN_TWO}/v1/instances`, await bodyIn(IN_TWO, 'two'));
    const inOne = await a.post('/v1/instances', await bodyIn('', 'one'));
    const about = (id: string) => (event: StreamEvent) => event.data.instance?.id === id;
    const isActive = ({ data }: StreamEvent) => data.instance?.state === 'active';
    for (const reader of [twoA, twoB])
      await reader.until((event) => about(inTwo.body.id)(event) && isActive(event));
    for (const reader of [oneA, oneB])
      await reader.until((event) => about(inOne.body.id)(event) && isActive(event));
    for (const reader of [oneA, oneB]) expect(reader.events.some(about(inTwo.body.id))).toBe(false);
    for (const reader of [twoA, twoB]) expect(reader.events.some(about(inOne.body.id))).toBe(false);
    expect(twoA.events.filter(about(inTwo.body.id))).toEqual(twoB.events.filter(about(inTwo.body.id)));
  });

  test("a region that is down delays the other's events and reads on no node", async () => {
    const [one, two] = [await listen(a, ''), await listen(b, IN_TWO)];
    gateway.down.add(TWO);
    const inOne = await b.post('/v1/instances', await bodyIn('', 'while-two-is-down'));
    expect(inOne.status).toBe(202);
    await one.until(({ data }) => data.instance?.id === inOne.body.id);
    expect((await b.get(`${IN_TWO}/v1/instances/${crypto.randomUUID()}`)).status).toBe(503);
    gateway.down.clear();
    await expect.poll(async () => (await b.get(`${IN_TWO}/v1/keypairs`)).status, SOON).toBe(200);
    const inTwo = await a.post(`${IN_TWO}/v1/instances`, await bodyIn(IN_TWO, 'again'));
    await two.until(({ data }) => data.instance?.id === inTwo.body.id);
    expect(two.events.some(({ data }) => data.instance?.id === inOne.body.id)).toBe(false);
  });

  test("the customer's rate limit is one over regions and nodes", async () => {
    const left = async (client: ReduClient, path: string) =>
      Number((await client.get(path)).headers.get('x-ratelimit-remaining'));
    const before = await left(a, '/v1/flavors');
    for (let n = 0; n < 60; n++) await (n % 2 === 0 ? a : b).get(`${n % 4 < 2 ? '' : IN_TWO}/v1/flavors`);
    await expect.poll(() => left(a, '/v1/flavors'), SOON).toBeLessThanOrEqual(before - 60);
  });
});
