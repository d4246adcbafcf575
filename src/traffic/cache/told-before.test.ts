import { Context } from 'hono';
import { beforeEach, expect, test } from 'vitest';
import type { Principal } from '../../access/principal.ts';
import type { SignedInCaller } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import { ResponseHeaders } from '../../http/response-headers.ts';
import { LocalVersions } from '../versions/local-versions.ts';
import { CacheKey, CacheScope } from './cache-key.ts';
import { ResponseCache } from './response-cache.ts';
import { ToldBefore } from './told-before.ts';

const TARGET = '/v1/instances';
const principal = { keyId: 'k1', credential: { kind: 'service', projectId: 'p1' } } as Principal;
const caller: SignedInCaller = { projectId: 'p1', userId: 'u1', roles: ['member'] };
const key = CacheKey.of(CacheScope.of(caller, 'service'), TARGET);

let now: number;
let peekCaller: SignedInCaller | null;
let versions: LocalVersions;
let before: ToldBefore;

beforeEach(async () => {
  now = 1_000_000;
  peekCaller = caller;
  versions = new LocalVersions();
  const metrics = { count() {}, set() {}, observe() {}, beforeExpose() {}, expose: async () => '' };
  const answers = new ResponseCache(
    { versions, store: null, metrics, now: () => now },
    { bytes: 100_000, staleIfErrorMs: 0 },
  );
  const clouds = { peekCaller: () => peekCaller };
  before = new ToldBefore({ clouds, versions, answers, requestTarget: (c) => new URL(c.req.url).pathname });
  const fetch = async () => ({
    body: new Uint8Array(2),
    contentType: 'application/json',
    link: null,
    generatedAt: Number.POSITIVE_INFINITY,
    maxAgeMs: Number.POSITIVE_INFINITY,
  });
  const version = await versions.current('p1');
  await answers.get({ key, version, lifetime: 5_000, fetch, revalidate: fetch, waitUntil() {} });
  before.note(asking(TARGET), { principal, authContext: caller, key, route: TARGET });
});

const asking = (target: string) => new Context<GatewayEnv>(new Request(`http://gateway${target}`));
const find = (who = principal, target = TARGET) => before.find(who, asking(target));

test('the same key and target finds the answer', async () => {
  const found = find();
  expect(found).toMatchObject({ route: TARGET, result: 'hit' });
  const answer = found?.answer(new ResponseHeaders());
  expect(answer?.headers.get('x-cache')).toBe('HIT');
  expect((await answer?.arrayBuffer())?.byteLength).toBe(2);
});

test('another target, and another key, find nothing', () => {
  expect(find(principal, `${TARGET}/1`)).toBeNull();
  expect(find({ ...principal, keyId: 'k2' })).toBeNull();
});

test('a key that was changed is somebody else', () => {
  expect(find({ ...principal, scopes: [] })).toBeNull();
});

test('nothing is told of before a change of the project', async () => {
  await versions.bump({ projectId: 'p2', instanceIds: [] });
  expect(find()).not.toBeNull();
  await versions.bump({ projectId: 'p1', instanceIds: [] });
  expect(find()).toBeNull();
});

test('nor to whom the cloud has not let in, or has let in anew', () => {
  peekCaller = null;
  expect(find()).toBeNull();
  peekCaller = { ...caller };
  expect(find()).toBeNull();
});

test('nor what has to be fetched again, or should be soon', () => {
  now += 2_499;
  expect(find()).not.toBeNull();
  now += 1;
  expect(find()).toBeNull();
});
