import { expect, test } from 'vitest';
import { CacheKey, CacheScope } from './cache-key.ts';
import type { CachedResponse, CacheStore } from './cache-store.ts';
import { type CoalesceOptions, coalesceAcrossNodes } from './coalesce.ts';

const KEY = CacheKey.of(
  CacheScope.of({ region: '', projectId: 'p', userId: 'u', roles: [] }, 'service'),
  '/v1/things',
);

/** A store as Redis is one, in this process. */
function testStore() {
  const entries = new Map<string, CachedResponse>();
  const claims = new Set<string>();
  const store: CacheStore = {
    read: async ({ text }) => entries.get(text) ?? null,
    write: async ({ text }, answer) => void entries.set(text, answer),
    remove: async ({ text }) => void entries.delete(text),
    async tryLock({ text }, version) {
      const name = `${version} ${text}`;
      if (claims.has(name)) return null;
      claims.add(name);
      return async () => void claims.delete(name);
    },
  };
  return { store, entries, claims };
}

function answer(version: number, text = 'cached'): CachedResponse {
  const body = new TextEncoder().encode(text);
  return {
    body,
    version,
    headers: { 'content-type': 'a/b' },
    etag: '"x"',
    generatedAt: 0,
    freshnessLifetimeMs: 5_000,
  };
}

function once(store: CacheStore, more: Partial<CoalesceOptions> = {}): CoalesceOptions {
  return {
    store,
    key: KEY,
    version: 1,
    lifetimeMs: 5_000,
    acceptable: () => true,
    fetch: async () => ({ response: answer(1), store: true }),
    share: (fetched) => store.write(KEY, fetched, 5_000),
    waitUntil: () => {},
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    ...more,
  };
}

test('concurrent requests of several gateways make one upstream request', async () => {
  const { store, claims } = testStore();
  let fetches = 0;
  const fetch = async () => {
    fetches += 1;
    // Less than the fourteen polls of waiting requests, which take a turn each here.
    await new Promise((resolve) => setImmediate(resolve));
    return { response: answer(1), store: true };
  };
  const all = await Promise.all(Array.from({ length: 5 }, () => coalesceAcrossNodes(once(store, { fetch }))));
  expect(fetches).toBe(1);
  expect(all.map((result) => result?.fetched).filter(Boolean)).toHaveLength(1);
  await expect.poll(() => claims.size).toBe(0);
});

test('a stored response of another version, or that is not acceptable, is not used', async () => {
  const { store } = testStore();
  await store.write(KEY, answer(1, 'stored'), 5_000);
  expect((await coalesceAcrossNodes(once(store, { version: 2 })))?.fetched).toBe(true);
  expect((await coalesceAcrossNodes(once(store, { acceptable: () => false })))?.fetched).toBe(true);
  expect((await coalesceAcrossNodes(once(store)))?.fetched).toBe(false);
});

test('a failed fetch releases its lock', async () => {
  const { store } = testStore();
  const fail = async () => {
    throw new Error('down');
  };
  const [first, second] = await Promise.allSettled([
    coalesceAcrossNodes(once(store, { fetch: fail })),
    coalesceAcrossNodes(once(store)),
  ]);
  expect(first?.status).toBe('rejected');
  expect(second).toMatchObject({ status: 'fulfilled', value: { fetched: true } });
});

test('a lock that is never released delays a request for a few seconds only', async () => {
  const { store } = testStore();
  await store.tryLock(KEY, 1);
  let waited = 0;
  const pause = async (milliseconds: number) => {
    waited += milliseconds;
  };
  expect((await coalesceAcrossNodes(once(store, { sleep: pause })))?.fetched).toBe(true);
  expect(waited).toBeGreaterThan(3_000);
  expect(waited).toBeLessThan(6_000);
});
