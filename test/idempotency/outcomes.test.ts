import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ComputeError } from '../../src/compute/errors.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type Nodes, only, startNodes } from './nodes.ts';

const BODY = {
  name: 'once',
  flavor_id: 'm1.tiny',
  image_id: 'ubuntu-22.04-amd64',
  metadata: { isPublic: true },
};
const KEY = 'key-1';
const PATIENCE = { timeout: 20_000 };

let nodes: Nodes;
beforeEach(() => {
  nodes = startNodes();
});
afterEach(() => nodes.close());

const servers = async () => (await nodes.openStack.compute('GET', '/servers/detail')).body.servers;
const made = async () => {
  const { servers, ports, floatingIps } = await nodes.openStack.belongings();
  return [servers.length, ports.length, floatingIps.length];
};

/** The response to a create is lost, and the search for what it made fails too. */
const lostForNow: Nodes['outcomeOf'] = (request) => {
  const fate = only('POST', '/servers', 'lost')(request);
  return fate === 'passes' ? only('GET', '/servers/detail', 'away')(request) : fate;
};

/** Interrupted attempts can be taken over immediately. */
const impatient = { lease: 0 };

describe('an attempt of unknown outcome', () => {
  test('its instance is found and returned with its address', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    nodes.outcomeOf = lostForNow;
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(504);
    nodes.outcomeOf = () => 'passes';

    const other = new ReduClient((await nodes.node(impatient)).url, client.key);
    const again = await other.postOnce(KEY, '/v1/instances', BODY);
    const [server] = await servers();
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ id: server.id, name: 'once' });
    expect(again.body.metadata).toEqual({
      isPublic: 'true',
      enableSSH: 'false',
      floatingIp: expect.any(String),
    });
    expect(again.headers.get('location')).toBe(`/v1/instances/${server.id}`);
    expect(again.headers.has('idempotency-replayed')).toBe(false);
    const third = await client.postOnce(KEY, '/v1/instances', BODY);
    expect([third.status, third.body]).toEqual([202, again.body]);
    expect(third.headers.get('idempotency-replayed')).toBe('true');
    expect(await made()).toEqual([1, 1, 1]);
  });

  test('its instance is found on the legacy path too', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    const body = { name: 'old', flavor: 'm1.tiny', image: 'ubuntu-22.04-amd64' };
    nodes.outcomeOf = lostForNow;
    const path = '/cloud/v1/compute/instances/create';
    expect((await client.postOnce(KEY, path, body)).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    const again = await client.postOnce(KEY, path, body);
    expect([again.status, again.body]).toEqual([200, { message: 'Instance creation started' }]);
    expect(await servers()).toHaveLength(1);
  });

  test('without an instance, the retry creates it', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    nodes.outcomeOf = only('POST', '/servers', 'swallowed');
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(202);
    expect(await servers()).toHaveLength(1);
  });

  test('a retry creates nothing while the cloud is unreachable; the next one searches again', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    nodes.outcomeOf = lostForNow;
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(504);
    for (const fate of ['away', 'swallowed'] as const) {
      nodes.outcomeOf = only('GET', '/servers/detail', fate);
      // 504, or 503 once the circuit has opened.
      expect([503, 504]).toContain((await client.postOnce(KEY, '/v1/instances', BODY)).status);
    }
    nodes.outcomeOf = () => 'passes';
    // The circuit closes first.
    const again = async () => (await client.postOnce(KEY, '/v1/instances', BODY)).status;
    await expect.poll(again, PATIENCE).toBe(202);
    expect(await made()).toEqual([1, 1, 1]);
  });

  test('a retry within the lease is 409 with Retry-After', async () => {
    const client = await nodes.client(await nodes.node());
    nodes.outcomeOf = lostForNow;
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    const hasty = new ReduClient((await nodes.node({ deadline: 100 })).url, client.key);
    const { status, headers, body } = await hasty.postOnce(KEY, '/v1/instances', BODY);
    expect([status, body.error.code]).toEqual([409, 'conflictingRequest']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(1);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(55);
    expect(await servers()).toHaveLength(1);
  });

  test('a resource that cannot be searched for is not created twice: 409', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    const groups = async () => (await client.get('/v1/security_groups')).body.items.length;
    const before = await groups();
    nodes.outcomeOf = only('POST', '/security-groups', 'lost');
    expect((await client.postOnce(KEY, '/v1/security_groups', { name: 'web' })).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status, body } = await client.postOnce(KEY, '/v1/security_groups', { name: 'web' });
      expect([status, body.error.code]).toEqual([409, 'conflictingRequest']);
      expect(body.error.message).toContain('interrupted');
    }
    expect(await groups()).toBe(before + 1);
  });

  test('a retried key pair is rejected by the cloud as a duplicate', async () => {
    const client = await nodes.client(await nodes.node(impatient));
    nodes.outcomeOf = only('POST', '/os-keypairs', 'lost');
    expect((await client.postOnce(KEY, '/v1/keypairs', { name: 'laptop-2' })).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    expect((await client.postOnce(KEY, '/v1/keypairs', { name: 'laptop-2' })).status).toBe(409);
  });
});

describe('an attempt that created nothing', () => {
  test('can be retried immediately, also with another body', async () => {
    const client = await nodes.client(await nodes.node());
    nodes.outcomeOf = () => 'away';
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(503);
    nodes.outcomeOf = only('POST', '/floatingips', 'swallowed');
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    const wrong = await client.postOnce(KEY, '/v1/instances', { ...BODY, flavor_id: 'no-such' });
    expect(wrong.status).toBe(400);
    expect((await client.postOnce(KEY, '/v1/nothing', {})).status).toBe(404);
    expect((await client.postOnce(KEY, '/v1/flavors', {})).status).toBe(405);
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(202);
    expect(await made()).toEqual([1, 1, 1]);
  });

  test('can be retried immediately if the sign-in at the cloud got no response', async () => {
    const { key } = await nodes.client(await nodes.node(impatient));
    // It has no token yet.
    const client = new ReduClient((await nodes.node({ ...impatient, clouds: 'own' })).url, key);
    const create = () => client.postOnce(KEY, '/v1/security_groups', { name: 'web' });
    nodes.outcomeOf = only('POST', '/auth/tokens', 'lost');
    expect((await create()).status).toBe(504);
    nodes.outcomeOf = () => 'passes';
    expect((await create()).status).toBe(201);
  });

  test('a rejection by the cloud is replayed', async () => {
    const client = await nodes.client(await nodes.node());
    await client.post('/v1/keypairs', { name: 'taken' });
    const refused = await client.postOnce(KEY, '/v1/keypairs', { name: 'taken' });
    expect(refused.status).toBe(409);
    await client.delete('/v1/keypairs/taken');
    const again = await client.postOnce(KEY, '/v1/keypairs', { name: 'taken' });
    expect([again.status, again.body]).toEqual([409, refused.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await client.postOnce('key-2', '/v1/keypairs', { name: 'taken' })).status).toBe(201);
  });
});

describe('concurrent requests', () => {
  test('wait for the response of the first, on its node and on another', async () => {
    const [one, two] = [await nodes.node(), await nodes.node()];
    const client = await nodes.client(one);
    const elsewhere = new ReduClient(two.url, client.key);
    const gate = Promise.withResolvers<'passes'>();
    nodes.outcomeOf = only('POST', '/servers', gate.promise);
    const first = client.postOnce(KEY, '/v1/instances', BODY);
    await expect
      .poll(() => nodes.requests.filter((call) => /^POST .*\/servers$/.test(call)), PATIENCE)
      .toHaveLength(1);
    const others = [client, elsewhere].map((from) => from.postOnce(KEY, '/v1/instances', BODY));
    const wrong = await elsewhere.postOnce(KEY, '/v1/instances', { ...BODY, name: 'another' });
    expect(wrong.status, 'another body is refused without waiting').toBe(409);
    gate.resolve('passes');
    const { status, body } = await first;
    expect(status).toBe(202);
    for (const other of await Promise.all(others)) {
      expect([other.status, other.body]).toEqual([202, body]);
      expect(other.headers.get('idempotency-replayed')).toBe('true');
    }
    expect(await servers()).toHaveLength(1);
    const counted = await (await fetch(`${one.url}/metrics`)).text();
    expect(counted).toContain('linguanova_idempotent_requests_total{result="first",region=""} 1');
  });

  test('if the first creates nothing, one of the waiting requests runs', async () => {
    const client = await nodes.client(await nodes.node());
    const gate = Promise.withResolvers<'passes'>();
    const held = only('POST', '/ports', gate.promise);
    let failed = false;
    nodes.outcomeOf = (request) => {
      const fate = held(request);
      if (fate === 'passes' || failed) return 'passes';
      failed = true;
      return gate.promise.then(() => Promise.reject(new ComputeError('rate_limited', 'busy')));
    };
    const first = client.postOnce(KEY, '/v1/instances', BODY);
    await expect.poll(() => failed, PATIENCE).toBe(true);
    const others = [1, 2].map(() => client.postOnce(KEY, '/v1/instances', BODY));
    gate.resolve('passes');
    expect((await first).status).toBe(429);
    const responses = await Promise.all(others);
    expect(responses.map(({ status }) => status)).toEqual([202, 202]);
    expect(responses[0]?.body).toEqual(responses[1]?.body);
    expect(await servers()).toHaveLength(1);
  });
});

describe('the store', () => {
  const away = () => Promise.reject(new ComputeError('unavailable', 'The key store cannot be reached.'));

  test('if it is unreachable, the request is rejected without effect', async () => {
    const client = await nodes.client(
      await nodes.node({ wrap: (store) => ({ ...store, claim: away, find: away }) }),
    );
    const before = nodes.requests.length;
    expect((await client.postOnce(KEY, '/v1/instances', BODY)).status).toBe(503);
    expect(nodes.requests.slice(before)).toEqual([]);
    expect((await client.post('/v1/instances', BODY)).status, 'without a key').toBe(202);
  });

  test('if it cannot store the response, the response is sent, and a retry finds the instance', async () => {
    const node = await nodes.node({ ...impatient, wrap: (store) => ({ ...store, complete: away }) });
    const client = await nodes.client(node);
    const first = await client.postOnce(KEY, '/v1/instances', BODY);
    expect(first.status).toBe(202);
    expect(node.logged).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'idempotency_store_failed' }),
    );
    const other = new ReduClient((await nodes.node(impatient)).url, client.key);
    const again = await other.postOnce(KEY, '/v1/instances', BODY);
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(await servers()).toHaveLength(1);
  });

  test('deletes expired records with the next flush', async () => {
    const node = await nodes.node();
    const { idempotency } = await nodes.shared.openStores();
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    const times = { now: yesterday, leaseUntil: yesterday, expiresAt: yesterday };
    await idempotency.claim({ scope: 's', fingerprint: 'f', runId: 'r', ...times });
    await node.flush();
    expect(await idempotency.find('s')).toBeNull();
  });
});

test('GET and sign-up ignore the header', async () => {
  const client = await nodes.client(await nodes.node());
  const header = { 'idempotency-key': KEY };
  for (const path of ['/v1/instances', '/v1/flavors']) {
    const { status, headers } = await client.request('GET', path, undefined, header);
    expect([status, headers.has('idempotency-replayed')]).toEqual([200, false]);
  }
  if (nodes.credential.kind !== 'application_credential') throw new Error('not as the test needs it');
  const { id, secret } = nodes.credential;
  const credentials = { application_credential_id: id, application_credential_secret: secret };
  const keys = [];
  for (let turn = 0; turn < 2; turn++) {
    const response = await client.request('POST', '/v1/api_keys', { name: 'own', credentials }, header);
    expect(response.status).toBe(201);
    keys.push(response.body.key);
  }
  expect(keys[0]).not.toBe(keys[1]);
});
