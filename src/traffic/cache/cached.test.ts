import { Context } from 'hono';
import { beforeEach, expect, test, vi } from 'vitest';
import { tenant } from '../../../test/support/tenants.ts';
import type { Principal } from '../../access/principal.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CallContext, Cloud, CloudDriver, SignedInCaller } from '../../compute/cloud.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { ResponseHeaders } from '../../http/response-headers.ts';
import { LocalVersions } from '../versions/local-versions.ts';
import { type Caching, caching } from './cached.ts';
import type { Read } from './read.ts';

const TARGET = '/v1/things';
const principal = {
  keyId: 'k1',
  scopes: [],
  credential: { kind: 'service', projectId: 'p1' },
} as unknown as Principal;
const caller: SignedInCaller = { region: '', projectId: 'p1', userId: 'u1', roles: ['member'] };

let peekCaller: SignedInCaller | null;
let authenticate: ReturnType<typeof vi.fn<CloudDriver['caller']>>;
let versions: LocalVersions;
let cache: Caching;
let loads: number;
/** Counts its loads; `?wrong` is invalid. */
const read: Read<string, number> = {
  input({ query }) {
    if (query.has('wrong')) throw new ComputeError('invalid', 'wrong');
    return query.get('name') ?? '';
  },
  load: async () => ++loads,
  render: (count, name) => ({ body: JSON.stringify([name, count]) }),
};

beforeEach(() => {
  loads = 0;
  peekCaller = caller;
  versions = new LocalVersions();
  authenticate = vi.fn(async () => caller);
  const clouds = {
    caller: authenticate,
    peekCaller: () => peekCaller,
    open: () => ({ caller: async () => caller }) as unknown as Cloud,
  } as unknown as CloudDriver;
  const metrics = { count() {}, set() {}, observe() {}, beforeExpose() {}, expose: async () => '' };
  cache = caching(
    { clouds, versions, metrics },
    { seconds: 5, staleSeconds: 0, bytes: 100_000 },
    () => ({ trace: new CallTrace() }) as CallContext,
    (c) => c.req.url.replace('http://gateway', ''),
  );
});

function contextOf(target: string, by: Principal): Context<GatewayEnv> {
  const c = new Context<GatewayEnv>(new Request(`http://gateway${target}`));
  c.set('principal', by);
  c.set('region', '');
  c.set('responseHeaders', new ResponseHeaders());
  return c;
}

async function get(target = TARGET, by = principal): Promise<string> {
  const response = await cache.serveRead(TARGET, read).handler(contextOf(target, by), async () => {});
  if (!(response instanceof Response)) throw new Error('no response');
  return `${response.headers.get('x-cache')} ${await response.text()}`;
}

const find = (target = TARGET, by = principal) => cache.findHit?.(contextOf(target, by)) ?? null;

test('a read is loaded once, then served from the cache by its input', async () => {
  expect(await get()).toBe('MISS ["",1]');
  expect(await get(`${TARGET}?unknown=1`)).toBe('HIT ["",1]');
  expect(await get(`${TARGET}?name=a`)).toBe('MISS ["a",2]');
});

test('an invalid request is rejected before the cloud authenticates its caller', async () => {
  await expect(get(`${TARGET}?wrong`)).rejects.toMatchObject({ code: 'invalid' });
  expect(authenticate).not.toHaveBeenCalled();
});

test('the tag of a write’s precondition is loaded past the cache', async () => {
  await get();
  const served = cache.serveRead(TARGET, read);
  const c = contextOf(TARGET, principal);
  c.set('cloud', { caller: async () => caller } as unknown as Cloud);
  const tag = await served.currentTag?.(c);
  expect(loads).toBe(2);
  await versions.bump({ tenant: tenant('p1'), instanceIds: [] });
  loads = 1;
  const response = await served.handler(contextOf(TARGET, principal), async () => {});
  expect((response as Response).headers.get('etag')).toBe(tag);
});

test('the fast path finds a response for the same key and target only', async () => {
  await get();
  expect(await find()?.respond().text()).toBe('["",1]');
  expect(find(`${TARGET}?name=a`)).toBeNull();
  expect(find(TARGET, { ...principal, keyId: 'k2' })).toBeNull();
  expect(find(TARGET, { ...principal, scopes: [] })).toBeNull();
});

test('the fast path finds no response from before a write of the project', async () => {
  await get();
  await versions.bump({ tenant: tenant('p2'), instanceIds: [] });
  expect(find()).not.toBeNull();
  await versions.bump({ tenant: tenant('p1'), instanceIds: [] });
  expect(find()).toBeNull();
});

test('the fast path finds nothing once the cloud has authenticated the credential again, or has not', async () => {
  await get();
  peekCaller = null;
  expect(find()).toBeNull();
  peekCaller = { ...caller };
  expect(find()).toBeNull();
});

test('the fast path leaves a response to the pipeline once it has to be revalidated', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    await get();
    vi.advanceTimersByTime(2_499);
    expect(find()).not.toBeNull();
    vi.advanceTimersByTime(1);
    expect(find()).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
