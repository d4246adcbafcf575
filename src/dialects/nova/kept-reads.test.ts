import { beforeEach, describe, expect, test } from 'vitest';
import { LocalVersions } from '../../traffic/versions/local-versions.ts';
import { type AskedRead, type KeptRead, KeptReads } from './kept-reads.ts';
import type { CloudSession } from './pass-through.ts';
import type { ProxiedResponse } from './proxied-response.ts';
import { parseTarget } from './target.ts';

const METRICS = { count() {}, set() {}, observe() {}, beforeExpose() {}, expose: async () => '' };
const ID = '6f70656e-7374-4163-8b21-6c696e677561';
const domain = { id: 'default', name: 'Default' };

function session(project = 'p1', role = 'member', user = 'u1'): CloudSession {
  return {
    user: { id: user, name: user, domain },
    project: { id: project, name: project, domain },
    roles: [{ id: role, name: role }],
  } as unknown as CloudSession;
}

function asked(target = `/compute/v2.1/servers/${ID}`, more: Partial<AskedRead> = {}): AskedRead {
  const { service, path, segments, query } = parseTarget(target);
  return {
    session: session(),
    kind: 'application_credential',
    target: { service, path, segments, query },
    request: {
      service,
      method: 'GET',
      path,
      headers: { accept: 'application/json' },
      body: null,
      headTimeoutMs: 1_000,
    },
    publicUrl: 'http://gateway',
    route: '/compute/*',
    ...more,
  };
}

const withHeaders = (headers: Record<string, string>) => {
  const plain = asked();
  return { ...plain, request: { ...plain.request, headers: { ...plain.request.headers, ...headers } } };
};

let now: number;
let versions: LocalVersions;
/** Two gateways that hear of each other's changes. */
let reads: KeptReads;
let others: KeptReads;
/** What the cloud says, and how often it was asked. */
let says: string;
let calls: number;
beforeEach(() => {
  now = 1_000_000;
  versions = new LocalVersions();
  reads = new KeptReads(versions, METRICS, { on: true, now: () => now });
  others = new KeptReads(versions, METRICS, { on: true, now: () => now });
  says = server('ACTIVE');
  calls = 0;
});

const server = (status: string, task: string | null = null) =>
  JSON.stringify({ server: { status, 'OS-EXT-STS:task_state': task } });

async function tell(read: AskedRead, from = reads, status = 200) {
  const fetch = async () => {
    calls += 1;
    return { status, headers: { 'content-type': 'application/json' }, body: says };
  };
  const mayBeKept = from.readOf(read);
  const { body, headers }: ProxiedResponse = await (mayBeKept === null
    ? fetch()
    : from.tell(mayBeKept, fetch));
  return { body, cache: headers['x-cache'] };
}

/** One that may be kept. */
function readOf(read = asked()): KeptRead {
  const found = reads.readOf(read);
  if (found === null) throw new Error('this read may not be kept');
  return found;
}

/** Whether the second of two equal requests is told again what the first was. */
async function isKept(first: AskedRead, second = first): Promise<boolean> {
  await tell(first);
  const before = calls;
  await tell(second);
  return calls === before;
}

describe('at hand, without asking anybody', () => {
  test('is what was told, while it holds', async () => {
    expect(reads.atHand(readOf())).toBeNull();
    await tell(asked());
    now += 999;
    expect(reads.atHand(readOf())).toMatchObject({
      status: 200,
      headers: { age: '0', 'x-cache': 'HIT' },
      body: server('ACTIVE'),
    });
    now += 1;
    expect(reads.atHand(readOf())).toBeNull();
  });

  test('is nothing of before a change, of the project or of everybody’s', async () => {
    await tell(asked());
    await versions.bump({ projectId: 'p2', instanceIds: [] });
    expect(reads.atHand(readOf())).not.toBeNull();
    await versions.bump({ projectId: 'p1', instanceIds: [] });
    expect(reads.atHand(readOf())).toBeNull();
    now += 10_000;
    await tell(asked());
    await reads.administered();
    expect(reads.atHand(readOf())).toBeNull();
  });

  test('is nothing where versions would have to be asked for', async () => {
    await tell(asked());
    versions.peek = () => null as never;
    expect(reads.atHand(readOf())).toBeNull();
  });
});

test('what was told is told again for a second', async () => {
  await tell(asked());
  says = server('SHUTOFF');
  now += 999;
  expect(await tell(asked())).toEqual({ body: server('ACTIVE'), cache: 'HIT' });
  now += 1;
  expect(await tell(asked())).toEqual({ body: server('SHUTOFF'), cache: undefined });
});

test('flavors for a minute', async () => {
  await tell(asked('/compute/v2.1/flavors/detail'));
  now += 59_999;
  expect((await tell(asked('/compute/v2.1/flavors/detail'))).cache).toBe('HIT');
});

describe('after a change, at any gateway', () => {
  const change = (projectId = 'p1') => versions.bump({ projectId, instanceIds: [] });

  test('nobody is told what was told before it, and nothing is kept for five seconds', async () => {
    await Promise.all([tell(asked()), tell(asked(), others)]);
    says = server('SHUTOFF');
    await change();
    expect((await tell(asked(), others)).body).toBe(server('SHUTOFF'));
    expect((await tell(asked())).body).toBe(server('SHUTOFF'));
    now += 5_000;
    expect(await isKept(asked())).toBe(false);
    now += 1;
    expect(await isKept(asked())).toBe(true);
  });

  test('what was asked before it and answered after it is not kept', async () => {
    await reads.tell(readOf(), async () => {
      await change();
      return { status: 200, headers: {}, body: server('ACTIVE') };
    });
    now += 10_000;
    says = server('SHUTOFF');
    expect((await tell(asked())).body).toBe(server('SHUTOFF'));
  });

  test('what belongs to other projects is told on', async () => {
    await tell(asked());
    await change('p2');
    expect((await tell(asked())).cache).toBe('HIT');
  });

  test('an administrator’s may concern everybody', async () => {
    const flavors = asked('/compute/v2.1/flavors');
    await tell(flavors, others);
    await reads.administered();
    expect((await tell(flavors, others)).cache).toBeUndefined();
  });
});

test.each<[string, string]>([
  ['a task', server('ACTIVE', 'powering-off')],
  ...['BUILD', 'REBUILD', 'REBOOT', 'HARD_REBOOT', 'RESIZE', 'REVERT_RESIZE', 'MIGRATING', 'PASSWORD'].map(
    (status): [string, string] => [status, server(status)],
  ),
  ['SHELVED, which goes on to SHELVED_OFFLOADED', server('SHELVED')],
  ['a word nobody knows', server('NEW_WORD')],
  ['one of many in passing', `${server('ACTIVE')} ${server('BUILD', 'spawning')}`],
  ['as Nova writes it, with spaces', '{"server": {"status": "BUILD", "OS-EXT-STS:task_state": null}}'],
])('a server in passing is not kept: %s', async (_, text) => {
  says = text;
  expect(await isKept(asked())).toBe(false);
});

test.each([
  ['/image/v2/images', 'active', true],
  ['/image/v2/images', 'deactivated', true],
  ['/image/v2/images', 'queued', false],
  ['/image/v2/images', 'saving', false],
  [`/image/v2/images/${ID}`, 'importing', false],
])('%s with an image that is %s: kept %s', async (target, status, kept) => {
  says = JSON.stringify({ images: [{ status }] });
  expect(await isKept(asked(target))).toBe(kept);
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
])('%s: kept %s', async (target, kept) => {
  expect(await isKept(asked(target))).toBe(kept);
});

describe('nobody is told what another was told', () => {
  test.each<[string, AskedRead]>([
    ['of another project', asked(undefined, { session: session('p2') })],
    ['with another role', asked(undefined, { session: session('p1', 'reader') })],
    ['of another name', asked(undefined, { session: session('p1', 'member', 'u2') })],
    ['with another kind of key', asked(undefined, { kind: 'service' })],
    ['in another microversion', withHeaders({ 'openstack-api-version': 'compute 2.79' })],
    ['in the older header for it', withHeaders({ 'x-openstack-nova-api-version': '2.79' })],
    ['in another language', withHeaders({ 'accept-language': 'de' })],
    ['who finds the gateway elsewhere', asked(undefined, { publicUrl: 'http://elsewhere' })],
    ['with another query', asked(`/compute/v2.1/servers/${ID}?x=1`)],
    ['of the version before', asked(`/compute/v2/servers/${ID}`)],
  ])('%s', async (_, other) => {
    expect(await isKept(asked(), other)).toBe(false);
  });

  test('a header that runs into the next one is another header', async () => {
    const one = withHeaders({ 'accept-language': 'a', 'openstack-api-version': 'b' });
    expect(await isKept(one, withHeaders({ 'accept-language': 'a","openstack-api-version","b' }))).toBe(
      false,
    );
  });
});

test.each<[string, AskedRead, number]>([
  ['an administrator', asked(undefined, { session: session('p1', 'Admin') }), 200],
  ['who asks for a part', withHeaders({ range: 'bytes=0-1' }), 200],
  ['who asks for what has changed', withHeaders({ 'if-none-match': '"1"' }), 200],
  ['what is not found', asked(), 404],
])('the cloud itself answers: %s', async (_, read, status) => {
  await tell(read, reads, status);
  await tell(read, reads, status);
  expect(calls).toBe(2);
});

test('the user agent makes no difference', async () => {
  expect(await isKept(withHeaders({ 'user-agent': 'a' }), withHeaders({ 'user-agent': 'b' }))).toBe(true);
});

test('nothing is kept where nothing is to be', async () => {
  reads = new KeptReads(versions, METRICS, { on: false });
  expect(await isKept(asked())).toBe(false);
});

test('what was fetched without access rules is not served to a credential that has some', async () => {
  const narrow = asked(undefined, { session: { ...session(), accessRules: '[{"path":"/v2.1/flavors"}]' } });
  expect(await isKept(asked(), narrow)).toBe(false);
});
