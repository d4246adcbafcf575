import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tenant } from '../../test/support/tenants.ts';
import type { ColoCache } from './colo-cache.ts';
import { ColoVersions } from './colo-versions.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The cache of a place, which counts its lookups. */
function place() {
  const kept = new Map<string, string>();
  let looks = 0;
  const cache: ColoCache = {
    async match(url) {
      looks += 1;
      const text = kept.get(url);
      return text === undefined ? undefined : new Response(text);
    },
    async put(url, response) {
      kept.set(url, await response.text());
    },
    delete: async (url) => kept.delete(url),
  };
  return { cache, looks: () => looks };
}

/** An isolate there; `idle` resolves when no background work is left. */
function isolate(cache: ColoCache) {
  const works: Promise<unknown>[] = [];
  const versions = new ColoVersions(cache, (work) => void works.push(work));
  const idle = async () => void (await Promise.all(works));
  return { versions, idle, current: async () => (await versions.current(tenant('p'))).number };
}

const change = { tenant: tenant('p'), instanceIds: ['i'] };

test('a busy isolate refreshes a version in the background, not per request', async () => {
  const { cache, looks } = place();
  const one = isolate(cache);
  const first = await one.current();
  const before = looks();
  for (let millisecond = 0; millisecond < 1_000; millisecond++) {
    expect(await one.current()).toBe(first);
    await one.idle();
    vi.advanceTimersByTime(1);
  }
  expect(looks() - before).toBeGreaterThan(10);
  expect(looks() - before).toBeLessThan(100);
});

test('an idle isolate reads the version before it responds', async () => {
  const { cache } = place();
  const [one, other] = [isolate(cache), isolate(cache)];
  const before = await other.current();
  const changing = one.versions.bump(change);
  await vi.advanceTimersByTimeAsync(1_000);
  await changing;
  expect(await other.current()).not.toBe(before);
  expect(await other.current()).toBe(await one.current());
});

// Whenever its looks are: other isolates are asked at each of these milliseconds before, and the answer leaves at its own time.
test.each(Array.from({ length: 60 }, (_, n) => n))(
  'who has the answer to a write reads it, though others have looked %i ms before it',
  async (before) => {
    const { cache } = place();
    const [one, other] = [isolate(cache), isolate(cache)];
    const old = await other.current();
    vi.advanceTimersByTime(before);
    let answered = false;
    const changing = one.versions.bump(change).then(() => {
      answered = true;
    });
    while (!answered) {
      await other.current();
      await vi.advanceTimersByTimeAsync(1);
    }
    await changing;
    expect(await other.current()).not.toBe(old);
  },
);

test('the latest read wins when reads overtake each other', async () => {
  const { cache } = place();
  const held: (() => void)[] = [];
  let hold = false;
  const slow: ColoCache = {
    ...cache,
    async match(url) {
      const found = await cache.match(url);
      if (hold) await new Promise<void>((resolve) => held.push(resolve));
      return found;
    },
  };
  const [one, other] = [isolate(cache), isolate(slow)];
  const old = await other.current();
  vi.advanceTimersByTime(105);
  hold = true;
  const early = other.current();
  await vi.advanceTimersByTimeAsync(1);
  hold = false;
  const changing = one.versions.bump(change);
  await vi.advanceTimersByTimeAsync(30);
  const late = await other.current();
  expect(late).not.toBe(old);
  for (const release of held) release();
  expect(await early).toBe(old);
  expect(await other.current()).toBe(late);
  await vi.advanceTimersByTimeAsync(1_000);
  await changing;
});

test('an isolate sees its own write before it is shared', async () => {
  const { cache } = place();
  const one = isolate(cache);
  const before = await one.current();
  const changing = one.versions.bump(change);
  await vi.advanceTimersByTimeAsync(1);
  expect(await one.current()).not.toBe(before);
  await vi.advanceTimersByTimeAsync(1_000);
  await changing;
});
