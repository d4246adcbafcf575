import { Context } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { tenant } from '../../../test/support/tenants.ts';
import type { Principal } from '../../access/principal.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CloudCredential } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import { ResponseHeaders } from '../../http/response-headers.ts';
import { ResponseCache } from '../../traffic/cache/response-cache.ts';
import { LocalVersions } from '../../traffic/versions/local-versions.ts';
import { requestHeaders } from './headers.ts';
import type { CloudSession, ForwardedResponse } from './pass-through.ts';
import { ProxyCache, type ProxyCachePorts } from './proxy-cache.ts';
import { parseTarget } from './target.ts';

const METRICS = { count() {}, set() {}, observe() {}, beforeExpose() {}, expose: async () => '' };
const ID = '6f70656e-7374-4163-8b21-6c696e677561';
const SERVER = `/compute/v2.1/servers/${ID}`;
const domain = { id: 'default', name: 'Default' };
const principal = principalOf('application_credential');

function principalOf(kind: CloudCredential['kind'], keyId = 'k1'): Principal {
  return { keyId, projectId: 'p1', credential: { kind } } as unknown as Principal;
}

function session(project = 'p1', role = 'member', user = 'u1'): CloudSession {
  return {
    user: { id: user, name: user, domain },
    project: { id: project, name: project, domain },
    roles: [{ id: role, name: role }],
  } as unknown as CloudSession;
}

interface Asked {
  readonly target: string;
  readonly session: CloudSession;
  readonly principal: Principal;
  readonly headers: Readonly<Record<string, string>>;
  readonly publicUrl: string;
}

const MEMBER = session();

function asked(target = SERVER, more: Partial<Asked> = {}): Asked {
  const headers = { accept: 'application/json', ...more.headers };
  return { target, session: MEMBER, principal, publicUrl: 'http://gateway', ...more, headers };
}

const withHeaders = (headers: Record<string, string>) => asked(SERVER, { headers });

let now: number;
let versions: LocalVersions;
let peekSession: CloudSession | null;
/** Two gateways that share versions. */
let reads: ProxyCache;
let others: ProxyCache;
/** The cloud's response, and the number of its calls. */
let cloudBody: string;
let calls: number;
beforeEach(() => {
  now = 1_000_000;
  versions = new LocalVersions();
  peekSession = MEMBER;
  reads = proxyCache();
  others = proxyCache();
  cloudBody = server('ACTIVE');
  calls = 0;
});

function proxyCache(more: Partial<ProxyCachePorts> = {}): ProxyCache {
  return new ProxyCache({
    responses: new ResponseCache({ versions, store: null, metrics: METRICS, now: () => now }, 1_000_000),
    versions,
    metrics: METRICS,
    passThrough: { peekSession: () => peekSession },
    requestTarget: (c) => c.req.url.replace(/^https?:\/\/[^/]*/, ''),
    regionalUrl: (c) => new URL(c.req.url).origin,
    isOn: true,
    waitUntil() {},
    now: () => now,
    ...more,
  });
}

const server = (status: string, task: string | null = null) =>
  JSON.stringify({ server: { status, 'OS-EXT-STS:task_state': task } });

function contextOf({ publicUrl, target, headers }: Asked): Context<GatewayEnv> {
  const c = new Context<GatewayEnv>(new Request(`${publicUrl}${target}`, { headers }));
  c.set('responseHeaders', new ResponseHeaders());
  c.set('trace', new CallTrace());
  c.set('region', '');
  return c;
}

async function cloudResponse(status = 200): Promise<ForwardedResponse> {
  calls += 1;
  const body = new TextEncoder().encode(cloudBody);
  return { status, headers: { 'content-type': 'application/json' }, body };
}

async function get(read: Asked, from = reads, status = 200, send = () => cloudResponse(status)) {
  const target = parseTarget(read.target);
  const request = {
    service: target.service,
    method: 'GET',
    path: target.path,
    headers: requestHeaders(new Headers(read.headers), true),
    body: null,
    headTimeoutMs: 1_000,
  } as const;
  const response = await from.serve(contextOf(read), { ...read, target, request }, send, (upstream) => ({
    ...upstream,
    body: upstream.body instanceof Uint8Array ? new TextDecoder().decode(upstream.body) : upstream.body,
  }));
  return { status: response.status, body: await response.text(), cache: response.headers.get('x-cache') };
}

const find = (read = asked()) => {
  const c = contextOf(read);
  c.set('principal', read.principal);
  return reads.findHit(c);
};

/** Whether the second of two requests is served from the first one's response. */
async function isCached(first: Asked, second = first): Promise<boolean> {
  await get(first);
  const before = calls;
  await get(second);
  return calls === before;
}

describe('the fast path', () => {
  test('finds a response until it expires', async () => {
    expect(find()).toBeNull();
    await get(asked());
    now += 999;
    const hit = find(withHeaders({ 'user-agent': 'another', 'x-forwarded-for': '192.0.2.1' }));
    const response = hit?.respond();
    expect(response?.headers.get('x-cache')).toBe('HIT');
    expect(response?.headers.get('age')).toBe('0');
    expect(await response?.text()).toBe(server('ACTIVE'));
    now += 1;
    expect(find()).toBeNull();
  });

  test('finds nothing from before a write, of the project or of an administrator', async () => {
    await get(asked());
    await versions.bump({ tenant: tenant('p2'), instanceIds: [] });
    expect(find()).not.toBeNull();
    await versions.bump({ tenant: tenant('p1'), instanceIds: [] });
    expect(find()).toBeNull();
    now += 10_000;
    await get(asked());
    expect(find()).not.toBeNull();
    await reads.invalidateAll('');
    expect(find()).toBeNull();
  });

  test('finds nothing where a version is not in memory', async () => {
    await get(asked());
    versions.peek = () => null as never;
    expect(find()).toBeNull();
  });

  test('finds nothing once the cloud has authenticated the credential again, or has not', async () => {
    await get(asked());
    peekSession = { ...MEMBER };
    expect(find()).toBeNull();
    peekSession = null;
    expect(find()).toBeNull();
  });

  test.each<[string, () => Asked]>([
    ['target', () => asked(`${SERVER}?x=1`)],
    ['public URL', () => asked(SERVER, { publicUrl: 'http://other' })],
    ['microversion', () => withHeaders({ 'openstack-api-version': 'compute 2.79' })],
    ['microversion of one vendor', () => withHeaders({ 'x-openstack-nova-microversion': '2.79' })],
    ['accepted type', () => withHeaders({ accept: 'text/html' })],
    ['key', () => asked(SERVER, { principal: principalOf('application_credential', 'k2') })],
    ['principal of the key', () => asked(SERVER, { principal: { ...principal, scopes: [] } })],
  ])('finds nothing for another %s', async (_, other) => {
    await get(asked());
    expect(find(other())).toBeNull();
  });
});

test('a response is served for a second', async () => {
  await get(asked());
  cloudBody = server('SHUTOFF');
  now += 999;
  expect(await get(asked())).toEqual({ status: 200, body: server('ACTIVE'), cache: 'HIT' });
  now += 1;
  expect(await get(asked())).toEqual({ status: 200, body: server('SHUTOFF'), cache: 'MISS' });
});

test('flavors are served for a minute', async () => {
  await get(asked('/compute/v2.1/flavors/detail'));
  now += 59_999;
  expect((await get(asked('/compute/v2.1/flavors/detail'))).cache).toBe('HIT');
});

describe('coalescing', () => {
  test('concurrent equal reads make one upstream request, also when its response is not stored', async () => {
    cloudBody = server('BUILD', 'spawning');
    const all = await Promise.all(Array.from({ length: 20 }, () => get(asked())));
    expect(new Set(all.map(({ body }) => body))).toEqual(new Set([cloudBody]));
    expect(calls).toBe(1);
    await get(asked());
    expect(calls).toBe(2);
  });

  test('the upstream request is aborted once the last client has disconnected', async () => {
    const clients = [new AbortController(), new AbortController()];
    const signals: AbortSignal[] = [];
    const pending = clients.map(({ signal }) => {
      const read = asked();
      const target = parseTarget(read.target);
      const request = { ...target, method: 'GET', headers: {}, body: null, headTimeoutMs: 1_000 } as const;
      const c = new Context<GatewayEnv>(new Request(`http://gateway${SERVER}`, { signal }));
      c.set('responseHeaders', new ResponseHeaders());
      c.set('trace', new CallTrace());
      c.set('region', '');
      const send = (_: unknown, shared: AbortSignal) => {
        signals.push(shared);
        return new Promise<never>((_, reject) => shared.addEventListener('abort', reject));
      };
      return reads
        .serve(c, { ...read, target, request }, send, (upstream) => upstream)
        .catch(() => 'aborted');
    });
    await expect.poll(() => signals.length).toBe(1);
    clients[0]?.abort();
    expect(signals[0]?.aborted).toBe(false);
    clients[1]?.abort();
    expect(signals[0]?.aborted).toBe(true);
    expect(await Promise.all(pending)).toEqual(['aborted', 'aborted']);
  });

  test('a response that is streamed is fetched for each client', async () => {
    const send = async (): Promise<ForwardedResponse> => {
      calls += 1;
      const body = new Blob(['x'.repeat(200_000)]).stream();
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    };
    const all = await Promise.all([1, 2, 3].map(() => get(asked(), reads, 200, send)));
    expect(all.map(({ body }) => body.length)).toEqual([200_000, 200_000, 200_000]);
    expect(calls).toBe(3);
  });

  test('a response that is cut off is no response', async () => {
    const send = async (): Promise<ForwardedResponse> => {
      const body = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    };
    await expect(get(asked(), reads, 200, send)).rejects.toMatchObject({ code: 'bad_gateway' });
  });
});

describe('after a write, at any gateway', () => {
  const change = (projectId = 'p1') => versions.bump({ tenant: tenant(projectId), instanceIds: [] });

  test('no older response is served, and none is stored for five seconds', async () => {
    await Promise.all([get(asked()), get(asked(), others)]);
    cloudBody = server('SHUTOFF');
    await change();
    expect((await get(asked(), others)).body).toBe(server('SHUTOFF'));
    expect((await get(asked())).body).toBe(server('SHUTOFF'));
    now += 5_000;
    expect(await isCached(asked())).toBe(false);
    now += 1;
    expect(await isCached(asked())).toBe(true);
  });

  test('a response to a request that began before it is not stored', async () => {
    await get(asked(), reads, 200, async () => {
      await change();
      return cloudResponse();
    });
    now += 10_000;
    cloudBody = server('SHUTOFF');
    expect((await get(asked())).body).toBe(server('SHUTOFF'));
  });

  test('responses of other projects are still served', async () => {
    await get(asked());
    await change('p2');
    expect((await get(asked())).cache).toBe('HIT');
  });

  test('an administrator’s write invalidates the responses of every project', async () => {
    const flavors = asked('/compute/v2.1/flavors');
    await get(flavors, others);
    await reads.invalidateAll('');
    expect((await get(flavors, others)).cache).toBe('MISS');
  });
});

test.each<[string, string]>([
  ['a task', server('ACTIVE', 'powering-off')],
  ...['BUILD', 'REBUILD', 'REBOOT', 'HARD_REBOOT', 'RESIZE', 'REVERT_RESIZE', 'MIGRATING', 'PASSWORD'].map(
    (status): [string, string] => [status, server(status)],
  ),
  ['SHELVED, which goes on to SHELVED_OFFLOADED', server('SHELVED')],
  ['an unknown status', server('NEW_WORD')],
  ['one of several servers', `${server('ACTIVE')} ${server('BUILD', 'spawning')}`],
  ['as Nova writes it, with spaces', '{"server": {"status": "BUILD", "OS-EXT-STS:task_state": null}}'],
])('a transitional server is not stored: %s', async (_, text) => {
  cloudBody = text;
  expect(await isCached(asked())).toBe(false);
});

test.each([
  ['/image/v2/images', 'active', true],
  ['/image/v2/images', 'deactivated', true],
  ['/image/v2/images', 'queued', false],
  ['/image/v2/images', 'saving', false],
  [`/image/v2/images/${ID}`, 'importing', false],
])('%s with an image that is %s: stored %s', async (target, status, kept) => {
  cloudBody = JSON.stringify({ images: [{ status }] });
  expect(await isCached(asked(target))).toBe(kept);
});

test.each([
  ['/compute/v2.1/servers/detail?limit=5', true],
  ['/compute/v2.1/servers?all_tenants=1', false],
  [`/compute/v2.1/servers/${ID}/os-interface`, false],
  [`/compute/v2.1/servers/${ID}/metadata`, false],
  ['/compute/v2.1/os-keypairs', false],
  ['/compute/v2.1/limits', false],
  ['/compute/v2.1/flavors/1/os-extra_specs', true],
  [`/image/v2/images/${ID}/file`, false],
  [`/image/v2/images/${ID}/members`, false],
  ['/image/v2/images?member_status=all', false],
  ['/networking/v2.0/ports', false],
  ['/volume/v3/volumes', false],
])('%s: stored %s', async (target, kept) => {
  expect(await isCached(asked(target))).toBe(kept);
});

describe('a response is not served to another request', () => {
  test.each<[string, Asked]>([
    ['of another project', asked(undefined, { session: session('p2') })],
    ['with another role', asked(undefined, { session: session('p1', 'reader') })],
    ['of another user', asked(undefined, { session: session('p1', 'member', 'u2') })],
    ['with another kind of key', asked(undefined, { principal: principalOf('service') })],
    ['with another microversion', withHeaders({ 'openstack-api-version': 'compute 2.79' })],
    [
      'with another microversion in the older header',
      withHeaders({ 'x-openstack-nova-api-version': '2.79' }),
    ],
    ['in another language', withHeaders({ 'accept-language': 'de' })],
    ['at another public URL', asked(undefined, { publicUrl: 'http://elsewhere' })],
    ['with another query', asked(`/compute/v2.1/servers/${ID}?x=1`)],
    ['of the older API version', asked(`/compute/v2/servers/${ID}`)],
  ])('%s', async (_, other) => {
    expect(await isCached(asked(), other)).toBe(false);
  });

  test('a header that runs into the next one is another header', async () => {
    const one = withHeaders({ 'accept-language': 'a', 'openstack-api-version': 'b' });
    expect(await isCached(one, withHeaders({ 'accept-language': 'a","openstack-api-version","b' }))).toBe(
      false,
    );
  });
});

test.each<[string, Asked, number]>([
  ['an administrator', asked(undefined, { session: session('p1', 'Admin') }), 200],
  ['a range request', withHeaders({ range: 'bytes=0-1' }), 200],
  ['a resource that does not exist', asked(), 404],
])('bypasses the cache: %s', async (_, read, status) => {
  await get(read, reads, status);
  await get(read, reads, status);
  expect(calls).toBe(2);
});

test('responses do not vary by user agent', async () => {
  expect(await isCached(withHeaders({ 'user-agent': 'a' }), withHeaders({ 'user-agent': 'b' }))).toBe(true);
});

test('nothing is stored where caching is off', async () => {
  reads = proxyCache({ isOn: false });
  expect(await isCached(asked())).toBe(false);
});

test('a response fetched without access rules is not served to a credential with access rules', async () => {
  const narrow = asked(undefined, { session: { ...session(), accessRules: '[{"path":"/v2.1/flavors"}]' } });
  expect(await isCached(asked(), narrow)).toBe(false);
});
