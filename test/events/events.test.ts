import { get } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { instanceEventSchema } from '../support/event-schemas.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways, DOWN } from '../traffic/cached-gateways.ts';
import { EventReader, type StreamEvent } from './event-reader.ts';

const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
/** Who listen at once. */
const MANY = 200;
/** Keys are verified every five seconds; with room for a busy machine. */
const SOON = { timeout: 40_000, interval: 100 };

let running: CachedGateways | undefined;
const readers: EventReader[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await running?.close();
  running = undefined;
});

async function start(
  options: Parameters<typeof cachedGateways>[1] = {},
): Promise<[gateways: CachedGateways, acme: ReduClient]> {
  running = await cachedGateways(1, { bootMilliseconds: 1_500, ...options });
  const [acme] = await running.clients();
  if (acme === undefined) throw new Error('there is no node');
  return [running, acme];
}

async function listen(
  { url, key }: ReduClient,
  options: Parameters<typeof EventReader.open>[2] = {},
): Promise<EventReader> {
  const reader = await EventReader.open(url, key, options);
  readers.push(reader);
  return reader;
}

const about = (id: string) => (event: StreamEvent) => event.data.instance?.id === id;
const isDeleted = ({ event }: StreamEvent) => event === 'instance.deleted';
const is = (state: string) => (event: StreamEvent) => event.data.instance?.state === state;
const pollCalls = ({ asked }: CachedGateways) => asked.filter((call) => call.includes('/servers/detail'));
const logged = (gateways: CachedGateways, name: string) =>
  gateways.nodes[0]?.logged.filter(({ event }) => event === name) ?? [];

describe('the events of an instance', () => {
  test('arrive in order, each with the previous state', async () => {
    const [, acme] = await start();
    const reader = await listen(acme);
    expect(reader.status).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(await reader.until(() => true)).toMatchObject({ event: 'ready', data: {} });

    const { id } = (await acme.post('/v1/instances', NEW)).body;
    await reader.until(is('active'));
    await acme.patch(`/v1/instances/${id}`, { name: 'renamed' });
    await reader.until(({ event, data }) => event === 'instance.updated' && data.instance.name === 'renamed');
    await acme.act(id, 'stop');
    await reader.until(is('stopped'));
    await acme.delete(`/v1/instances/${id}`);
    await reader.until(isDeleted);

    const life = reader.events.filter(about(id));
    expect(life[0]?.event).toBe('instance.created');
    expect(life[0]?.data.previous_state).toBeNull();
    expect(life.at(-1)?.data.instance).toMatchObject({
      id,
      name: 'renamed',
      status: 'DELETED',
      state: 'deleted',
    });
    for (const [n, { event, data }] of life.entries()) {
      if (n > 0) expect(data.previous_state, `event ${n}`).toBe(life[n - 1]?.data.instance.state);
      const stays = data.previous_state === data.instance.state;
      expect(event === 'instance.updated', `event ${n}`).toBe(stays);
      expect(instanceEventSchema.safeParse(data).error, `event ${n}`).toBeUndefined();
    }
    expect(new Set(reader.events.map((event) => event.id)).size, 'ids').toBe(reader.events.length);
  });

  test('include changes made past the gateway', async () => {
    const [gateways, acme] = await start();
    const reader = await listen(acme);
    const { id } = await acme.boot(NEW);
    await gateways.openStack().compute('PUT', `/servers/${id}`, { server: { name: 'elsewhere' } });
    await reader.until(({ data }) => data.instance?.name === 'elsewhere');
    const { body } = await acme.get(`/v1/instances/${id}`);
    expect(body.name, 'read-your-events').toBe('elsewhere');
  });

  test('show an instance exactly as lists do', async () => {
    const [, acme] = await start({ bootMilliseconds: 10 });
    const reader = await listen(acme);
    const { id } = await acme.boot(NEW);
    const event = await reader.until((one) => about(id)(one) && is('active')(one));
    const { body } = await acme.get('/v1/instances');
    expect(body.find((one: { id: string }) => one.id === id)).toEqual(event.data.instance);
  });
});

test('an idle stream sends heartbeats, so that no proxy closes it', async () => {
  const [, acme] = await start();
  const reader = await listen(acme);
  await expect.poll(() => reader.comments, SOON).toBeGreaterThan(0);
  expect(reader.events.map(({ event }) => event)).toEqual(['ready']);
});

describe('resuming', () => {
  test('replays missed events in order and once', async () => {
    const [, acme] = await start();
    const all = await listen(acme);
    const first = await listen(acme);
    const { id: from } = await first.until(() => true);
    first.close();
    const { id } = (await acme.post('/v1/instances', NEW)).body;
    await all.until(is('active'));
    const again = await listen(acme, { lastEventId: from ?? '' });
    await again.until(is('active'));
    await acme.delete(`/v1/instances/${id}`);
    await Promise.all([all.until(isDeleted), again.until(isDeleted)]);
    expect(again.events).toEqual(all.events.slice(1));
  });

  test('replays events of a time without subscribers', async () => {
    const [, acme] = await start({ bootMilliseconds: 10 });
    const first = await listen(acme);
    const { id: from } = await first.until(() => true);
    first.close();
    const { id } = await acme.boot(NEW);
    const again = await listen(acme, { lastEventId: from ?? '' });
    expect(await again.until(about(id))).toMatchObject({ event: 'instance.created' });
  });

  test.each(['', 'nonsense', '1-1', 'x'.repeat(40)])(
    'gets reset for an unknown id: %j',
    async (lastEventId) => {
      const [, acme] = await start();
      const reader = await listen(acme, { lastEventId });
      expect(await reader.until(() => true)).toMatchObject({
        event: lastEventId === '' ? 'ready' : 'reset',
        data: {},
      });
    },
  );
});

describe('a stream of one instance', () => {
  test('has its events only, and closes when it is deleted', async () => {
    const [, acme] = await start({ bootMilliseconds: 10 });
    const [one, other] = [await acme.boot(NEW), await acme.boot(NEW)];
    const reader = await listen(acme, { path: `/v1/instances/${one.id}/events` });
    const { id: from } = await reader.until(({ event }) => event === 'ready');
    await acme.patch(`/v1/instances/${other.id}`, { name: 'other' });
    await acme.delete(`/v1/instances/${one.id}`);
    await reader.ended();
    expect(reader.events.at(-1)?.event).toBe('instance.deleted');
    expect(reader.events.slice(1).every(about(one.id))).toBe(true);

    const late = await listen(acme, { path: `/v1/instances/${one.id}/events`, lastEventId: from ?? '' });
    await late.ended();
    expect(late.events.at(-1)?.event).toBe('instance.deleted');
  });

  test('is 404 for an unknown instance', async () => {
    const [gateways, acme] = await start();
    for (const id of [crypto.randomUUID(), 'nonsense']) {
      expect((await acme.get(`/v1/instances/${id}/events`)).status, id).toBe(404);
    }
    const [globex] = await gateways.clients('globex');
    const { id } = await acme.boot(NEW);
    expect((await globex?.get(`/v1/instances/${id}/events`))?.status, 'of another project').toBe(404);
  });
});

test('events never cross tenants', async () => {
  const [gateways, acme] = await start({ bootMilliseconds: 10 });
  const [globex] = await gateways.clients('globex');
  if (globex === undefined) throw new Error('there is no node');
  const [ours, theirs] = [await listen(acme), await listen(globex)];
  const { id: from } = await ours.until(() => true);
  const stolen = await listen(globex, { lastEventId: from ?? '' });
  const [mine, hers] = [await acme.boot(NEW), await globex.boot(NEW)];
  await Promise.all([ours.until(about(mine.id)), theirs.until(about(hers.id)), stolen.until(about(hers.id))]);
  await acme.delete(`/v1/instances/${mine.id}`);
  await ours.until(isDeleted);
  await globex.delete(`/v1/instances/${hers.id}`);
  await Promise.all([theirs.until(isDeleted), stolen.until(isDeleted)]);
  expect(JSON.stringify(ours.events)).not.toContain(hers.id);
  expect(JSON.stringify([theirs.events, stolen.events])).not.toContain(mine.id);
});

describe('many subscribers', () => {
  test('cost the cloud as much as one, and nothing after they disconnect', async () => {
    const [gateways, acme] = await start({ bootMilliseconds: 10 });
    const began = Date.now();
    const many = await Promise.all(Array.from({ length: MANY }, () => listen(acme)));
    await Promise.all(many.map((reader) => reader.until(({ event }) => event === 'ready')));
    // Once a second at most, however long they took to come.
    expect(pollCalls(gateways).length).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 1_000));
    const { id } = await acme.boot(NEW);
    await Promise.all(many.map((reader) => reader.until((one) => about(id)(one) && is('active')(one))));
    for (const reader of many) reader.close();
    await expect.poll(() => logged(gateways, 'event_stream_closed').length, SOON).toBe(MANY);
    const before = pollCalls(gateways).length;
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(pollCalls(gateways)).toHaveLength(before);
    expect(logged(gateways, 'event_stream_closed')[0]?.fields).toMatchObject({
      reason: 'client_closed',
      events: expect.any(Number),
    });
  });

  test('are limited per key and in total', async () => {
    const [gateways, acme] = await start({ streams: { perKey: 2, total: 3 } });
    const [first] = [await listen(acme), await listen(acme)];
    const refused = await acme.get('/v1/events');
    expect([refused.status, refused.body.error.code]).toEqual([429, 'overLimit']);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    const [globex] = await gateways.clients('globex');
    if (globex === undefined) throw new Error('there is no node');
    await listen(globex);
    const full = await globex.get('/v1/events');
    expect([full.status, full.headers.get('Retry-After')]).toEqual([503, '10']);
    first.close();
    await expect.poll(() => logged(gateways, 'event_stream_closed').length, SOON).toBe(1);
    expect((await listen(globex)).status).toBe(200);
  });

  test('a project with many keys leaves streams to other projects', async () => {
    const [gateways] = await start({ streams: { perKey: 2, total: 6 } });
    const statuses: number[] = [];
    for (let key = 0; key < 3; key++) {
      const [acme] = await gateways.clients();
      for (let stream = 0; stream < 2 && acme !== undefined; stream++)
        statuses.push((await listen(acme)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
    const [globex] = await gateways.clients('globex');
    expect(globex && (await listen(globex)).status).toBe(200);
  });

  test('HEAD and a wrong method open no stream', async () => {
    const [gateways, acme] = await start();
    const head = await fetch(`${acme.url}/v1/events`, { method: 'HEAD', headers: { 'x-api-key': acme.key } });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await acme.post('/v1/events', {})).status).toBe(405);
    expect(await (await fetch(`${acme.url}/metrics`)).text()).not.toMatch(/^linguanova_event_streams [1-9]/m);
    expect(logged(gateways, 'event_stream_closed')).toEqual([]);
  });
});

describe('revocation', () => {
  const admin = (acme: ReduClient, method: string, body?: object) =>
    fetch(`${acme.url}/admin/v1/keys/${acme.key.split('_')[1]}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });

  test.each([
    ['is revoked', (acme: ReduClient) => admin(acme, 'DELETE')],
    ['has lost its scope', (acme: ReduClient) => admin(acme, 'PATCH', { scopes: ['keypairs:write'] })],
    ['has lost its region', (acme: ReduClient) => admin(acme, 'PATCH', { regions: ['Elsewhere'] })],
  ])('a key that %s closes its streams', async (_, change) => {
    const [gateways, acme] = await start();
    const [other] = await gateways.clients();
    if (other === undefined) throw new Error('there is no node');
    const [reader, staying] = [await listen(acme), await listen(other)];
    await reader.until(() => true);
    expect((await change(acme)).ok).toBe(true);
    await reader.ended();
    expect(logged(gateways, 'event_stream_closed').map(({ fields }) => fields.reason)).toEqual([
      'key_revoked',
    ]);
    expect(staying.isOver).toBe(false);
  });

  test('a key without the scope is 403', async () => {
    const [gateways] = await start();
    const [writer] = await gateways.clients('acme', { scopes: ['instances:write'] });
    expect((await writer?.get('/v1/events'))?.status).toBe(403);
  });
});

test('a cloud outage is an error when a stream is opened, and silence on an open one', async () => {
  const [gateways, acme] = await start({ bootMilliseconds: 10, deadline: 5_000 });
  const reader = await listen(acme);
  const { id } = await acme.boot(NEW);
  await reader.until(about(id));
  const [globex] = await gateways.clients('globex');
  gateways.disturb = async () => DOWN();
  expect((await globex?.get('/v1/events'))?.status).toBeGreaterThanOrEqual(502);
  await expect.poll(() => logged(gateways, 'event_polling_failed').length, SOON).toBeGreaterThan(0);
  expect((await listen(acme)).status, 'who joins').toBe(200);
  gateways.disturb = async () => null;
  await expect.poll(() => logged(gateways, 'event_polling_recovered').length, SOON).toBeGreaterThan(0);
  await gateways.openStack().compute('PUT', `/servers/${id}`, { server: { name: 'again' } });
  await reader.until(({ data }) => data.instance?.name === 'again');
});

test('a slow subscriber is disconnected without affecting others', async () => {
  const [gateways, acme] = await start({ bootMilliseconds: 10 });
  const booted = await Promise.all(Array.from({ length: 8 }, () => acme.boot(NEW)));
  const [first] = booted;
  const reader = await listen(acme);
  const stuck = get(`${acme.url}/v1/events`, { headers: { 'x-api-key': acme.key }, agent: false });
  stuck.on('error', () => {});
  await new Promise<void>((resolve) => {
    stuck.on('response', (answer) => resolve(void answer.pause()));
  });
  // Some 30 KB for each instance, until the sockets are full as well.
  for (let n = 0; logged(gateways, 'event_stream_closed').length === 0; n++) {
    expect(n, 'rounds').toBeLessThan(200);
    const metadata = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`k${i}`, `${n}`.padEnd(255, 'x')]),
    );
    for (const { id } of booted)
      await gateways.openStack().compute('POST', `/servers/${id}/metadata`, { metadata });
    await acme.patch(`/v1/instances/${first.id}`, { name: `n${n}` });
    await reader.until(({ data }) => data.instance?.name === `n${n}`);
  }
  expect(logged(gateways, 'event_stream_closed').map(({ fields }) => fields.reason)).toEqual([
    'slow_consumer',
  ]);
  expect(reader.isOver).toBe(false);
  stuck.destroy();
});
