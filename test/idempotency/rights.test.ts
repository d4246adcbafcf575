import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredKey } from '../../src/access/key-store.ts';
import { AdminClient } from '../conformance/admin-keys.ts';
import { ADMIN_TOKEN, type RunningGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type Nodes, startNodes } from './nodes.ts';

let nodes: Nodes;
let node: RunningGateway;
let client: ReduClient;
beforeEach(async () => {
  nodes = startNodes();
  node = await nodes.node();
  client = await nodes.client(node);
});
afterEach(() => nodes.close());

const idOf = (key: string) => key.split('_')[1] ?? '';
const change = async (body: object) => {
  const admin = new AdminClient(node.url, ADMIN_TOKEN);
  expect((await admin.request('PATCH', `/keys/${idOf(client.key)}`, body)).status).toBe(200);
};
const rotate = (by: ReduClient, overlap_seconds = 0, idempotencyKey = 'rotation', headers = {}) =>
  by.request(
    'POST',
    `/v1/api_keys/${idOf(by.key)}/rotate`,
    { overlap_seconds },
    { 'idempotency-key': idempotencyKey, ...headers },
  );

describe('a stored response is not replayed after a right was lost', () => {
  const makePair = (headers = {}) =>
    client.request('POST', '/v1/keypairs', { name: 'kp' }, { 'idempotency-key': 'kp', ...headers });

  test.each<[string, object, number]>([
    ['the scope', { scopes: ['instances:read'] }, 403],
    ['the address', { allowed_cidrs: ['192.0.2.0/24'] }, 401],
    ['the origin', { allowed_origins: ['https://app.example.org'], scopes: ['instances:read'] }, 401],
    ['the key, disabled', { disabled: true }, 401],
  ])('%s', async (_, body, status) => {
    const first = await makePair();
    expect(first.body.private_key).toContain('PRIVATE KEY');
    expect((await makePair()).body).toEqual(first.body);
    await change(body);
    const again = await makePair();
    expect(again.status).toBe(status);
    expect(JSON.stringify(again.body)).not.toContain('PRIVATE KEY');
  });

  test('a browser key, from its own page', async () => {
    const origin = 'https://app.example.org';
    await makePair();
    const rotated = await rotate(client, 600);
    expect(rotated.status).toBe(201);
    await change({ allowed_origins: [origin], scopes: ['instances:read'] });
    expect((await makePair({ origin })).status).toBe(403);
    const again = await rotate(client, 600, 'rotation', { origin });
    expect(again.status).toBe(403);
    expect(again.body.key).toBeUndefined();
  });

  test('the scope admin', async () => {
    const admin = new ReduClient(node.url, await node.keyFor(nodes.credential, ['network:write', 'admin']));
    const group = { name: 'web' };
    expect((await admin.postOnce('g', '/v1/security_groups', group)).status).toBe(201);
    const operator = new AdminClient(node.url, ADMIN_TOKEN);
    await operator.request('PATCH', `/keys/${idOf(admin.key)}`, { scopes: ['network:write'] });
    const again = await admin.postOnce('g', '/v1/security_groups', group);
    expect([again.status, again.body.error.message]).toEqual([403, expect.stringContaining('rights')]);
  });

  test('the credential, rejected by the cloud', async () => {
    const { userName: username, password, projectId: project_id } = nodes.account;
    const signedUp = await new ReduClient(node.url, '').post('/v1/api_keys', {
      name: 'own',
      credentials: { username, password, project_id },
    });
    client = new ReduClient(node.url, signedUp.body.key);
    expect((await makePair()).status).toBe(201);
    const row = (await node.keys.find(idOf(client.key))) as StoredKey;
    await nodes.withdraw(row.userId ?? '', row.cloudCredentialId ?? '');
    // On a node that has no token of it any more.
    client = new ReduClient((await nodes.node({ clouds: 'own' })).url, client.key);
    const again = await makePair();
    expect(again.status).toBe(403);
    expect(JSON.stringify(again.body)).not.toContain('PRIVATE KEY');
  });
});

describe('a retry with a key that its own success has revoked', () => {
  test('replays a rotation, on another node too', async () => {
    const first = await rotate(client);
    expect(first.status).toBe(201);
    const other = await nodes.node();
    for (const url of [node.url, other.url]) {
      const again = await rotate(new ReduClient(url, client.key));
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    }
    expect((await client.get('/v1/me')).status, 'for everything else it has ended').toBe(401);
  });

  test('replays a rotation after its overlap', async () => {
    const first = await rotate(client, 1);
    await expect.poll(async () => (await client.get('/v1/me')).status).toBe(401);
    expect((await rotate(client, 1)).body).toEqual(first.body);
  });

  test.each<[string, () => Promise<{ status: number }>]>([
    ['another Idempotency-Key', () => rotate(client, 0, 'other')],
    ['none', () => client.post(`/v1/api_keys/${idOf(client.key)}/rotate`, { overlap_seconds: 0 })],
    ['another body', () => rotate(client, 5)],
    ['another method', () => client.delete(`/v1/api_keys/${idOf(client.key)}`)],
    [
      'a wrong secret',
      () =>
        rotate(
          new ReduClient(
            client.url,
            client.key.replace(/.{9}$/, (end) => end.split('').reverse().join('')),
          ),
        ),
    ],
  ])('with %s it is 401', async (_, retry) => {
    expect((await rotate(client)).status).toBe(201);
    expect((await retry()).status).toBe(401);
  });

  test('no replay for a revoked key or family', async () => {
    const { body } = await rotate(client);
    await new AdminClient(node.url, ADMIN_TOKEN).request('DELETE', `/keys/${body.id}?family=true`);
    expect((await rotate(client)).status).toBe(401);
  });

  test('no replay for the successor on the path of another key', async () => {
    const { body } = await rotate(client);
    const successor = new ReduClient(node.url, body.key);
    const path = `/v1/api_keys/${idOf(client.key)}/rotate`;
    const response = await successor.request(
      'POST',
      path,
      { overlap_seconds: 1 },
      { 'idempotency-key': 'x' },
    );
    expect(response.status).toBe(403);
  });

  test('a key that has revoked itself gets 204 again, and 401 for other requests', async () => {
    const own = `/v1/api_keys/${idOf(client.key)}`;
    expect((await client.delete(own)).status).toBe(204);
    expect((await client.delete(own)).status).toBe(204);
    expect((await client.get(own)).status).toBe(401);
    expect((await rotate(client)).status).toBe(401);
    const sibling = await nodes.client(node);
    expect((await client.delete(`/v1/api_keys/${idOf(sibling.key)}`)).status).toBe(401);
  });

  test('spends points as the first request did', async () => {
    const plans = [{ name: 'default', points: 5, projectPoints: 100, seconds: 60 }];
    const limited = await nodes.node({ limits: { mode: 'enforce', plans } });
    client = await nodes.client(limited);
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await rotate(client)).status);
    expect(statuses).toEqual([201, 201, 429, 429]);
  });
});
