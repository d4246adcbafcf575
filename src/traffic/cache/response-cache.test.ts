import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ComputeError, type ErrorCode } from '../../compute/errors.ts';
import { LocalVersions } from '../versions/local-versions.ts';
import { CacheKey, CacheScope } from './cache-key.ts';
import type { CacheResult } from './cache-store.ts';
import { type CacheLookup, type OriginResponse, ResponseCache } from './response-cache.ts';

const LIFETIME = 5_000;
const STALE_FOR = 300_000;
const CALLER = { region: '', projectId: 'p1', userId: 'u1', roles: ['member'] };
const KEY = CacheKey.of(CacheScope.of(CALLER, 'service'), '/v1/things');

let now: number;
let versions: LocalVersions;
let cache: ResponseCache;
/** Calls to the cloud that have not been answered. */
let calls: {
  inBackground: boolean;
  answer: (text: string, more?: Partial<OriginResponse>) => void;
  fail: (code: ErrorCode) => void;
}[];
let asked: number;
let background: Promise<unknown>[];

beforeEach(() => {
  now = 1_700_000_000_000;
  versions = new LocalVersions();
  calls = [];
  asked = 0;
  background = [];
  const metrics = { count() {}, set() {}, observe() {}, beforeExpose() {}, expose: async () => '' };
  cache = new ResponseCache({ versions, store: null, metrics, now: () => now }, 1_000_000);
});

function call(inBackground: boolean): Promise<OriginResponse> {
  asked += 1;
  return new Promise((resolve, reject) => {
    calls.push({
      inBackground,
      answer: (text, more) => resolve({ ...fetched(text), ...more }),
      fail: (code) => reject(new ComputeError(code, 'no')),
    });
  });
}

function fetched(text: string): OriginResponse {
  return { body: text, headers: { 'content-type': 'application/json' } };
}

async function ask(key = KEY): Promise<CacheResult> {
  const question: CacheLookup = {
    key,
    version: await versions.current(KEY.tenant),
    lifetimeMs: LIFETIME,
    staleIfErrorMs: STALE_FOR,
    shared: true,
    fetch: () => call(false),
    revalidate: () => call(true),
    waitUntil: (work) => background.push(work),
  };
  const result = await cache.get(question);
  if (result === null) throw new Error('nothing was fetched');
  return result;
}

/** `text result`, and `!` when the cloud gave nothing newer. */
function said({ response: answer, result, revalidationFailed: failed }: CacheResult): string {
  return `${new TextDecoder().decode(answer.body)} ${result}${failed ? '!' : ''}`;
}

async function next() {
  await vi.waitUntil(() => calls.length > 0);
  const [first] = calls.splice(0, 1);
  if (first === undefined) throw new Error('no upstream request');
  return first;
}

async function filled(text: string, more?: Partial<OriginResponse>): Promise<void> {
  const pending = ask();
  (await next()).answer(text, more);
  expect(said(await pending)).toBe(`${text} miss`);
}

const changed = () => versions.bump({ tenant: KEY.tenant, instanceIds: [] });

describe('age', () => {
  test('served while fresh; then stale with one background revalidation; then fetched first', async () => {
    await filled('one');
    now += 2_499;
    expect(said(await ask())).toBe('one hit');
    expect(asked).toBe(1);
    now += 1;
    expect(await Promise.all([ask(), ask(), ask()]).then((all) => all.map(said))).toEqual(
      Array(3).fill('one stale'),
    );
    expect(asked, 'one refresh').toBe(2);
    const refresh = await next();
    expect(refresh.inBackground).toBe(true);
    refresh.answer('two');
    await Promise.all(background);
    expect(said(await ask())).toBe('two hit');
    now += LIFETIME;
    const pending = ask();
    (await next()).answer('three');
    expect(said(await pending)).toBe('three miss');
  });

  test('Age counts from the oldest part of the response', async () => {
    await filled('one', { generatedAt: now - 4_000 });
    expect((await ask()).response.generatedAt).toBe(now - 4_000);
    now += 1_000;
    const pending = ask();
    (await next()).answer('two');
    expect(said(await pending)).toBe('two miss');
  });

  test('counts from before the cloud was asked', async () => {
    const began = now;
    const pending = ask();
    const cloud = await next();
    now += 3_000;
    cloud.answer('one');
    expect((await pending).response.generatedAt).toBe(began);
    expect(said(await ask())).toBe('one stale');
  });

  test('max-age is capped by the lifetime of the shortest-lived part', async () => {
    await filled('building', { maxAgeMs: 1_000 });
    now += 999;
    expect(said(await ask())).toBe('building stale');
    (await next()).fail('internal');
    await Promise.all(background);
    now += 1;
    const pending = ask();
    (await next()).answer('built');
    expect(said(await pending)).toBe('built miss');
  });
});

describe('equal requests at the same time', () => {
  test('ask the cloud once', async () => {
    const all = Promise.all([ask(), ask(), ask()]);
    (await next()).answer('one');
    expect((await all).map(said)).toEqual(Array(3).fill('one miss'));
    expect(asked).toBe(1);
  });

  test('share what went wrong, and nothing of it is kept', async () => {
    const all = Promise.allSettled([ask(), ask()]);
    (await next()).fail('not_found');
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await filled('one');
  });

  test('do not share that a credential was refused', async () => {
    const first = ask();
    const second = ask();
    (await next()).fail('forbidden');
    await expect(first).rejects.toMatchObject({ code: 'forbidden' });
    (await next()).answer('for the second');
    expect(said(await second)).toBe('for the second miss');
  });

  test('followers do not get a response that would be too old by then', async () => {
    const first = ask();
    const slow = await next();
    now += LIFETIME;
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + LIFETIME);
    const second = ask();
    (await next()).answer('new');
    vi.restoreAllMocks();
    slow.answer('old');
    expect([said(await first), said(await second)]).toEqual(['old miss', 'new miss']);
    expect(said(await ask()), 'the newer one stays').toBe('new hit');
  });
});

describe('a change', () => {
  test('ends what is kept', async () => {
    await filled('before');
    await changed();
    const pending = ask();
    (await next()).answer('after');
    expect(said(await pending)).toBe('after miss');
  });

  test('a request after a write does not join an earlier fetch, and that fetch is not stored', async () => {
    const before = ask();
    const old = await next();
    await changed();
    const after = ask();
    const fresh = await next();
    fresh.answer('after');
    expect(said(await after)).toBe('after miss');
    old.answer('before');
    expect(said(await before)).toBe('before miss');
    expect(said(await ask())).toBe('after hit');
  });

  test('that comes while the cloud is asked leaves nothing kept', async () => {
    const before = ask();
    const old = await next();
    await changed();
    old.answer('before');
    await before;
    await filled('after');
  });
});

describe('a cloud that does not answer', () => {
  beforeEach(() => filled('old'));

  test.each(['unavailable', 'timeout', 'bad_gateway'] as const)('%s: the last answer', async (code) => {
    now += LIFETIME;
    const pending = ask();
    (await next()).fail(code);
    expect(said(await pending)).toBe('old stale!');
    const known = asked;
    now += 900;
    expect(said(await ask()), 'no request waits').toBe('old stale!');
    expect(asked, 'and it is left alone').toBe(known);
    now += 200;
    expect(said(await ask())).toBe('old stale!');
    const inBackground = await next();
    expect(inBackground.inBackground).toBe(true);
    inBackground.answer('new');
    await Promise.all(background);
    expect(said(await ask())).toBe('new hit');
  });

  test.each(['forbidden', 'not_found', 'rate_limited', 'internal'] as const)('%s is served', async (code) => {
    now += LIFETIME;
    const pending = ask();
    (await next()).fail(code);
    await expect(pending).rejects.toMatchObject({ code });
  });

  test('the last answer does when it is too old, or from before a change', async () => {
    now += STALE_FOR + 1;
    const late = ask();
    (await next()).fail('unavailable');
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    await filled('new');
    await changed();
    now += LIFETIME;
    const after = ask();
    (await next()).fail('unavailable');
    await expect(after).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('requests wait again once the failure is long ago', async () => {
    now += LIFETIME;
    const pending = ask();
    (await next()).fail('unavailable');
    await pending;
    now += 10_001;
    const waits = ask();
    (await next()).answer('new');
    expect(said(await waits)).toBe('new miss');
  });

  test('a deleted resource is not served from cache', async () => {
    now += 3_000;
    expect(said(await ask())).toBe('old stale');
    (await next()).fail('not_found');
    await Promise.all(background);
    const pending = ask();
    (await next()).fail('not_found');
    await expect(pending).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a cloud that takes its time', () => {
  afterEach(() => vi.useRealTimers());

  test('serves a stale response when the upstream takes longer than 5 s', async () => {
    await filled('old');
    now += LIFETIME;
    vi.useFakeTimers();
    const pending = ask();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(said(await pending)).toBe('old stale!');
    expect(said(await ask()), 'the next does not wait').toBe('old stale!');
    expect(asked).toBe(2);
  });
});
