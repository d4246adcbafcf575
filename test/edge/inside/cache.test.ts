import { beforeAll, describe, expect, test } from 'vitest';
import type { ColoCache } from '../../../adapters/workers/colo-cache.ts';
import { edgeHandler } from '../../../adapters/workers/handler.ts';
import { type Bindings, createEdgeGateway, type TestOverrides } from '../../../adapters/workers/worker.ts';
import type { Target } from '../../conformance/target.ts';
import { edgeTarget } from '../target.ts';
import { bindings } from './bindings.ts';
import { INSIDE_URL } from './setup.ts';

let target: Target;
beforeAll(async () => {
  target = await edgeTarget(INSIDE_URL);
});

/**
 * An isolate of its own in a place, as far as memory goes.
 *
 * @param patience A machine at work is slow, and only where nothing comes at all is that to be found out; milliseconds.
 */
function isolate(
  colo: ColoCache,
  changes: Partial<Bindings> & Record<string, unknown> = {},
  patience = 20_000,
) {
  const tuning: TestOverrides = { colo, storeTimeoutMs: patience };
  const handler = edgeHandler<Bindings>((given) => createEdgeGateway(given, tuning));
  const works: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void works.push(work),
    passThroughOnException() {},
    props: {},
  };
  return async (key: string, method: string, path: string, body?: object) => {
    const answer = await handler.fetch(
      new Request(INSIDE_URL + path, {
        method,
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      { ...bindings, ...changes },
      context,
    );
    const text = await answer.text();
    return {
      status: answer.status,
      cache: answer.headers.get('x-cache'),
      body: text === '' ? null : JSON.parse(text),
    };
  };
}

let places = 0;
function place(): Promise<ColoCache> {
  places += 1;
  return caches.open(`place-${places}`);
}

const names = ({ body }: { body: { items: { name: string }[] } }) => body.items.map(({ name }) => name);

describe('the cache of a data center', () => {
  test('serves a response to any of its isolates', async () => {
    const { key } = await target.acme.client();
    const here = await place();
    const [one, other] = [isolate(here), isolate(here)];
    expect((await one(key, 'GET', '/v1/security_groups')).cache).toBe('MISS');
    expect((await one(key, 'GET', '/v1/security_groups')).cache).toBe('HIT');
    await expect.poll(async () => (await other(key, 'GET', '/v1/security_groups')).cache).toBe('HIT');
  });

  test('a write is visible to the next read on any isolate of the data center', async () => {
    const { key } = await target.acme.client();
    const here = await place();
    const [one, other] = [isolate(here), isolate(here)];
    for (let n = 0; n < 5; n++) {
      const name = `cached-${n}`;
      expect(names(await other(key, 'GET', '/v1/security_groups'))).not.toContain(name);
      const made = await one(key, 'POST', '/v1/security_groups', { name });
      expect(made.status).toBe(201);
      expect(names(await other(key, 'GET', '/v1/security_groups'))).toContain(name);
      await other(key, 'DELETE', `/v1/security_groups/${made.body.id}`);
      expect(names(await one(key, 'GET', '/v1/security_groups'))).not.toContain(name);
    }
  });

  test('a write in another data center becomes visible within the cache lifetime', async () => {
    const { key } = await target.acme.client();
    const seconds = { LINGUANOVA_CACHE_SECONDS: '1' };
    const [here, there] = [isolate(await place(), seconds), isolate(await place(), seconds)];
    await there(key, 'GET', '/v1/security_groups');
    const made = await here(key, 'POST', '/v1/security_groups', { name: 'from-afar' });
    await expect
      .poll(async () => names(await there(key, 'GET', '/v1/security_groups')))
      .toContain('from-afar');
    await here(key, 'DELETE', `/v1/security_groups/${made.body.id}`);
  });

  test('cached responses never cross tenants', async () => {
    const [{ key: acme }, { key: globex }] = [await target.acme.client(), await target.globex.client()];
    const one = isolate(await place());
    const other = await one(globex, 'GET', '/v1/networks');
    const own = await one(acme, 'GET', '/v1/networks');
    expect([other.cache, own.cache]).toEqual(['MISS', 'MISS']);
    expect(own.body).not.toEqual(other.body);
  });
});

describe('a data center whose cache', () => {
  const holding: ColoCache = {
    match: () => new Promise(() => {}),
    put: () => new Promise(() => {}),
    delete: () => new Promise(() => {}),
  };
  const failing: ColoCache = {
    match: () => Promise.reject(new Error('no cache')),
    put: () => Promise.reject(new Error('no cache')),
    delete: () => Promise.reject(new Error('no cache')),
  };
  const forgetful: ColoCache = {
    match: async () => undefined,
    put: async () => {},
    delete: async () => false,
  };
  test.each([
    ['does not answer', holding],
    ['fails', failing],
    ['keeps nothing, as on workers.dev', forgetful],
  ])('%s: an isolate keeps answers for itself, and its own writes are seen at once', async (_, colo) => {
    const { key } = await target.acme.client();
    const one = isolate(colo, {}, 500);
    await expect.poll(async () => (await one(key, 'GET', '/v1/server_groups')).cache).toBe('HIT');
    const made = await one(key, 'POST', '/v1/server_groups', { name: 'alone', policy: 'affinity' });
    expect(names(await one(key, 'GET', '/v1/server_groups'))).toContain('alone');
    await one(key, 'DELETE', `/v1/server_groups/${made.body.id}`);
    expect(names(await one(key, 'GET', '/v1/server_groups'))).not.toContain('alone');
  });
});

describe('a slow-changing response', () => {
  test('comes from KV in a data center that has not fetched it', async () => {
    const { key } = await target.acme.client();
    const values = new Map<string, { value: ArrayBuffer; metadata: unknown }>();
    const ANSWERS = {
      getWithMetadata: async (name: string) => values.get(name) ?? { value: null, metadata: null },
      put: async (name: string, value: ArrayBuffer, { metadata }: { metadata: object }) =>
        void values.set(name, { value, metadata }),
      delete: async (name: string) => void values.delete(name),
    };
    const here = isolate(await place(), { ANSWERS });
    expect((await here(key, 'GET', '/v1/flavors')).cache).toBe('MISS');
    await expect.poll(() => values.size).toBe(1);
    const there = isolate(await place(), { ANSWERS });
    const told = await there(key, 'GET', '/v1/flavors');
    expect(told.cache).toBe('HIT');
    expect(names(told)).toContain('m1.tiny');
    // What changes all the time is not put there.
    await here(key, 'GET', '/v1/security_groups');
    expect(values.size).toBe(1);
  });
});
