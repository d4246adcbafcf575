import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways, DOWN } from './cached-gateways.ts';

const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const MISSING = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
const OTHER_TAG = '"something-else"';

let gateways: CachedGateways;
let client: ReduClient;
let service: ReduClient;
beforeAll(async () => {
  // Long enough that nothing grows old while a test runs.
  gateways = await cachedGateways(1, { cache: { seconds: 3_600 } });
  client = await clientOf();
  service = await clientOf({ service: true });
});
afterAll(() => gateways.close());
beforeEach(() => {
  gateways.asked.length = 0;
});

async function clientOf(options?: Parameters<CachedGateways['clients']>[1]): Promise<ReduClient> {
  const [first] = await gateways.clients('acme', options);
  if (first === undefined) throw new Error('there is no node');
  return first;
}

/** `METHOD path` of the calls that may change something. */
const writes = () => gateways.asked.filter((call) => !call.startsWith('GET '));

async function tagOf(path: string, of = client): Promise<string> {
  const { status, headers } = await of.get(path);
  expect(status).toBe(200);
  return headers.get('ETag') ?? '';
}

const failed = { status: 412, body: { error: { code: 'preconditionFailed' } } };

describe('If-Match on an instance', () => {
  let path: string;
  beforeAll(async () => {
    path = `/v1/instances/${(await client.boot(NEW)).id}`;
  });

  const write = (method: string, body: unknown, headers: Record<string, string>, at = path) =>
    client.request(method, at, body, headers);
  const rename = (name: string, tag: string) => write('PATCH', { name }, { 'if-match': tag });
  const nameNow = async () => (await client.get(path)).body.name;

  const WRITES = [
    { method: 'PATCH', below: '', body: { name: 'overwritten' } },
    { method: 'DELETE', below: '', body: undefined },
    { method: 'POST', below: '/actions', body: { action: 'stop' } },
  ];

  test.each(WRITES)('$method $below with another tag is 412, and nothing is changed', async (request) => {
    const { method, below, body } = request;
    const before = (await client.get(path)).body;
    for (const tag of [OTHER_TAG, 'something-else', '', '"a", "b"', '"*"']) {
      gateways.asked.length = 0;
      const answer = await write(method, body, { 'if-match': tag }, path + below);
      expect(answer, tag).toMatchObject(failed);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(writes()).toEqual([]);
    }
    expect((await client.get(path)).body).toEqual(before);
  });

  test.each([
    ['the tag', (tag: string) => tag],
    ['its strong form', (tag: string) => tag.replace('W/', '')],
    ['a list with it', (tag: string) => `${OTHER_TAG}, ${tag}`],
    ['a star', () => '*'],
  ])('%s of the last GET proceeds', async (form, written) => {
    const { status, body } = await rename(form, written(await tagOf(path)));
    expect([status, body.name]).toEqual([200, form]);
  });

  test('a change by another request, or by another tool, makes the tag an old one', async () => {
    const tag = await tagOf(path);
    await client.patch(path, { name: 'by another request' });
    expect(await rename('overwritten', tag)).toMatchObject(failed);
    const before = await tagOf(path);
    const id = path.replace('/v1/instances/', '');
    await gateways.openStack().compute('PUT', `/servers/${id}`, { server: { name: 'by another tool' } });
    // The response that is cached says otherwise.
    expect(await nameNow()).toBe('by another request');
    expect(await rename('overwritten', before)).toMatchObject(failed);
    await client.patch(path, { name: 'web' });
  });

  test('the tag that a key of another kind got is another one', async () => {
    const tag = await tagOf(path, service);
    expect(await rename('overwritten', tag)).toMatchObject(failed);
    expect((await service.request('PATCH', path, { name: 'service' }, { 'if-match': tag })).status).toBe(200);
    expect(await nameNow()).toBe('service');
  });

  test('without the header nothing is read first', async () => {
    // What the writes look up is cached from here on.
    await client.patch(path, { name: 'plain' });
    gateways.asked.length = 0;
    await client.patch(path, { name: 'plain' });
    const plain = gateways.asked.length;
    gateways.asked.length = 0;
    await rename('plain', '*');
    expect(gateways.asked.length).toBe(plain);
  });

  test('what does not exist is 404, whatever the header says', async () => {
    for (const tag of ['*', OTHER_TAG]) {
      const missing = await write('DELETE', undefined, { 'if-match': tag }, `/v1/instances/${MISSING}`);
      expect([missing.status, missing.body.error.code]).toEqual([404, 'itemNotFound']);
    }
    expect(writes()).toEqual([]);
  });

  test('a key without the scope is refused before anything is compared', async () => {
    const reader = await clientOf({ scopes: DEFAULT_SCOPES.filter((scope) => scope === 'instances:read') });
    gateways.asked.length = 0;
    expect((await reader.request('DELETE', path, undefined, { 'if-match': OTHER_TAG })).status).toBe(403);
    expect(gateways.asked).toEqual([]);
  });

  test('while the cloud fails, the write is not sent', async () => {
    const tag = await tagOf(path);
    gateways.disturb = async () => DOWN();
    try {
      expect((await rename('overwritten', tag)).status).toBe(503);
      expect(writes()).toEqual([]);
    } finally {
      gateways.disturb = async () => null;
    }
  });

  test('an action that is sent again under its Idempotency-Key has its response, though the tag is old by then', async () => {
    const headers = { 'if-match': await tagOf(path), 'idempotency-key': crypto.randomUUID() };
    const lock = () => write('POST', { action: 'lock' }, headers, `${path}/actions`);
    const first = await lock();
    expect(first.status).toBe(202);
    const again = await lock();
    expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([202, 'true']);
    await client.act(path.replace('/v1/instances/', ''), 'unlock');
  });

  test('a 412 is not stored under the Idempotency-Key: with the right tag the request proceeds', async () => {
    const key = crypto.randomUUID();
    const lock = (tag: string) =>
      write('POST', { action: 'lock' }, { 'if-match': tag, 'idempotency-key': key }, `${path}/actions`);
    expect(await lock(OTHER_TAG)).toMatchObject(failed);
    expect((await lock(await tagOf(path))).status).toBe(202);
    await client.act(path.replace('/v1/instances/', ''), 'unlock');
  });

  test('If-None-Match fails for a star and for the tag of what is there', async () => {
    const tag = await tagOf(path);
    for (const listed of ['*', tag, `${OTHER_TAG}, ${tag.replace('W/', '')}`]) {
      const answer = await write('PATCH', { name: 'overwritten' }, { 'if-none-match': listed });
      expect(answer, listed).toMatchObject(failed);
    }
    expect(writes()).toEqual([]);
    const other = await write('PATCH', { name: 'proceeds' }, { 'if-none-match': OTHER_TAG });
    expect([other.status, other.body.name]).toEqual([200, 'proceeds']);
  });

  test('If-Unmodified-Since is ignored: no response has a date of modification', async () => {
    const answer = await write(
      'PATCH',
      { name: 'dated' },
      { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    );
    expect(answer.status).toBe(200);
  });

  test('DELETE with the tag of the last GET deletes', async () => {
    const { status } = await write('DELETE', undefined, { 'if-match': await tagOf(path) });
    expect(status).toBe(204);
  });
});

describe('If-Match on other resources', () => {
  const send = (method: string, path: string, tag: string, body?: unknown) =>
    client.request(method, path, body, { 'if-match': tag });

  test('the rules of a security group are compared with the group', async () => {
    const group = `/v1/security_groups/${(await client.post('/v1/security_groups', { name: 'pre' })).body.id}`;
    const rule = { direction: 'ingress', protocol: 'tcp', port: 80 };
    gateways.asked.length = 0;
    expect(await send('POST', `${group}/rules`, OTHER_TAG, rule)).toMatchObject(failed);
    expect(writes()).toEqual([]);
    const before = await tagOf(group);
    const added = await send('POST', `${group}/rules`, before, rule);
    expect(added.status).toBe(201);
    const rulePath = `${group}/rules/${added.body.id}`;
    gateways.asked.length = 0;
    expect(await send('DELETE', rulePath, before)).toMatchObject(failed);
    expect(await send('DELETE', group, before)).toMatchObject(failed);
    expect(writes()).toEqual([]);
    expect((await send('DELETE', rulePath, await tagOf(group))).status).toBe(204);
    expect((await send('DELETE', group, await tagOf(group))).status).toBe(204);
  });

  test.each([
    ['/v1/keypairs', { name: 'pre condition' }, 'name'],
    ['/v1/server_groups', { name: 'pre', policy: 'affinity' }, 'id'],
  ])('%s: another tag is 412, that of the last GET proceeds', async (list, body, id) => {
    const made = await client.post(list, body);
    expect(made.status).toBe(201);
    const path = `${list}/${encodeURIComponent(made.body[id])}`;
    gateways.asked.length = 0;
    expect(await send('DELETE', path, OTHER_TAG)).toMatchObject(failed);
    expect(writes()).toEqual([]);
    expect((await send('DELETE', path, await tagOf(path))).status).toBe(204);
  });

  test('a POST to a list is compared with the list', async () => {
    const before = await tagOf('/v1/keypairs');
    const [first, second] = ['pre-1', 'pre-2'];
    expect((await send('POST', '/v1/keypairs', before, { name: first })).status).toBe(201);
    gateways.asked.length = 0;
    expect(await send('POST', '/v1/keypairs', before, { name: second })).toMatchObject(failed);
    expect(writes()).toEqual([]);
  });

  test('what has no entity tag fails for each tag', async () => {
    const { id } = (await client.get('/v1/me')).body.key ?? (await client.get('/v1/api_keys')).body.items[0];
    const older = '/cloud/v1/compute/instances/create';
    const body = { name: 'web', flavor: 'm1.tiny', image: 'ubuntu-22.04-amd64' };
    expect(await send('DELETE', `/v1/api_keys/${id}`, OTHER_TAG)).toMatchObject(failed);
    expect(await send('POST', `/v1/api_keys/${id}/rotate`, OTHER_TAG, {})).toMatchObject(failed);
    expect(await send('POST', older, OTHER_TAG, body)).toMatchObject(failed);
    const signUp = await fetch(`${client.url}/v1/api_keys`, {
      method: 'POST',
      headers: { 'if-match': OTHER_TAG },
    });
    expect(signUp.status).toBe(412);
    const admin = await fetch(`${client.url}/admin/v1/keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'if-match': OTHER_TAG },
    });
    expect(admin.status).toBe(412);
    expect(writes()).toEqual([]);
    expect((await client.get(`/v1/api_keys/${id}`)).status).toBe(200);
  });
});
