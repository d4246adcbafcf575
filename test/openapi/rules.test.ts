import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCOPES } from '../../src/scopes.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { DOCUMENT, OPERATIONS, operationOf, problem, resolved } from './document.ts';

const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
const INSTANCE = { name: 'web-1', flavor_id: 'm1.tiny', image_id: 'debian-13' };
const RULE = { protocol: 'tcp', port: 443 };
const SIGN_UP = {
  name: 'ci',
  credentials: { application_credential_id: ID, application_credential_secret: 'secret' },
};

let target: SandboxTarget;
let client: ReduClient;
beforeAll(async () => {
  target = await sandboxTarget();
  client = await target.acme.client(SCOPES);
});
afterAll(() => target.close());

function problemOf(method: string, path: string, body: unknown): string | null {
  return problem(operationOf(method, path).operation.requestBody.content['application/json'].schema, body);
}

test.each<[method: string, path: string, body: object]>([
  ...['instances', 'images', 'volumes', 'floating_ips', 'security_groups'].map(
    (kind): [string, string, object] => ['PATCH', `/v1/${kind}/${ID}`, {}],
  ),
  ['POST', '/v1/instances', { ...INSTANCE, name: ' web-1' }],
  ['POST', '/v1/instances', { ...INSTANCE, description: 'web 😀' }],
  ['POST', '/v1/instances', { ...INSTANCE, security_group_names: ['web', 'web'] }],
  ['POST', '/v1/instances', { ...INSTANCE, metadata: { größe: 'l' } }],
  ['POST', '/v1/instances', { ...INSTANCE, metadata: { '..': 'l' } }],
  ['POST', '/v1/instances', { ...INSTANCE, metadata: { floatingIp: '203.0.113.9' } }],
  ['POST', '/v1/instances', { ...INSTANCE, metadata: { team: '😀' } }],
  ['POST', `/v1/instances/${ID}/actions`, { action: 'reboot', type: 'gentle' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, port: 65_536 }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, port: -1 }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, protocol: 'carrier-pigeon' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { protocol: '256' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, cidr: '8' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, cidr: '2001:db8::/129' }],
  ['POST', '/v1/networks', { name: 'web', cidr: '127.0.0.0/8' }],
  ['POST', '/v1/networks', { name: 'web', cidr: '224.0.0.0/24' }],
  ['POST', '/v1/images', { name: 'soft\u00adhyphen' }],
  ['POST', '/v1/images', { name: 'for private use: \ue000' }],
  ['POST', '/v1/images', { name: 'ends with a space\u2003' }],
  ['POST', '/v1/api_keys', { ...SIGN_UP, allowed_cidrs: ['8'] }],
  ['POST', '/v1/api_keys', { ...SIGN_UP, allowed_cidrs: ['192.0.2.0/33'] }],
  ['POST', '/v1/api_keys', { ...SIGN_UP, allowed_origins: ['app.example.org'] }],
  ['POST', '/v1/api_keys', { ...SIGN_UP, allowed_origins: ['https://app.example.org/'] }],
])('%s %s with %j is refused by the contract and by the server', async (method, path, body) => {
  expect(problemOf(method, path, body)).not.toBeNull();
  expect((await client.request(method, path, body)).status).toBe(400);
});

test.each<[method: string, path: string, body: object]>([
  ['PATCH', `/v1/instances/${ID}`, { metadata: { isPublic: 'TRUE', enableSSH: 'ShouldBeTrue' } }],
  ['POST', `/v1/instances/${ID}/actions`, { action: 'reboot', type: 'HARD' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, protocol: 'TCP' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { protocol: '089' }],
  ['POST', `/v1/security_groups/${ID}/rules`, { ...RULE, cidr: '2001:DB8::/32' }],
])('%s %s with %j is valid by the contract and for the server', async (method, path, body) => {
  expect(problemOf(method, path, body)).toBeNull();
  expect((await client.request(method, path, body)).status).toBe(404);
});

test.each(['status=active&status=Error', 'all_tenants=False&detail=TRUE', 'status=ACTIV', 'detail=yes'])(
  'GET /v1/instances?%s is valid by the contract if it is for the server',
  async (query) => {
    const { operation } = operationOf('GET', '/v1/instances');
    const isValid = [...new Set(new URLSearchParams(query).keys())].every((name) => {
      const { schema } = operation.parameters
        .map(resolved)
        .find((one: { name: string }) => one.name === name);
      const values = new URLSearchParams(query).getAll(name);
      return problem(schema, schema.type === 'array' ? values : values[0]) === null;
    });
    expect((await client.get(`/v1/instances?${query}`)).status).toBe(isValid ? 200 : 400);
  },
);

test.each(['', '%C3%A9', 'a.b', 'abc='])(
  'a cursor "%s" is refused by the contract and by every list',
  async (cursor) => {
    const admin = { authorization: `Bearer ${target.adminToken}` };
    for (const { method, path, operation } of OPERATIONS) {
      const parameter = operation.parameters
        ?.map(resolved)
        .find(({ name }: { name: string }) => name === 'cursor');
      if (parameter === undefined || path.includes('{')) continue;
      expect(problem(parameter.schema, decodeURIComponent(cursor)), path).not.toBeNull();
      const headers = path.startsWith('/admin') ? admin : {};
      const response = await client.request(method, `${path}?cursor=${cursor}`, undefined, headers);
      expect(response.status, path).toBe(400);
    }
  },
);

test.each([
  ...['order-17', '"order 17"', '"a\\"b"', 'x'.repeat(255), `"${'x'.repeat(255)}"`],
  ...['order 17', 'a,b', '"', '""', 'x'.repeat(256), `"${'x'.repeat(256)}"`, '"a"b"'],
])('an Idempotency-Key of %.12s is valid by the contract if it is for the server', async (key) => {
  const isValid = problem(DOCUMENT.components.parameters.IdempotencyKey.schema, key) === null;
  const { status, body } = await client.postOnce(key, '/v1/instances', {});
  const named = JSON.stringify(body).includes('Idempotency-Key');
  expect([status, named]).toEqual([400, !isValid]);
});

test('If-Match is a parameter of the writes of what has an entity tag', async () => {
  const admin = { authorization: `Bearer ${target.adminToken}` };
  for (const { method, path, operation } of OPERATIONS) {
    if (method === 'GET') continue;
    const names = (operation.parameters ?? []).map(resolved).map((one: { name: string }) => one.name);
    const body = operation.requestBody?.content['application/json']?.example;
    const url = path.replaceAll(/\{\w+\}/g, ID);
    const headers = { 'if-match': '"another"', ...(path.startsWith('/admin') && admin) };
    const response = await client.request(method, url, body, headers);
    const hasNone = JSON.stringify(response.body).includes('there is no ETag');
    expect(hasNone, `${method} ${path}: ${JSON.stringify(response.body)}`).toBe(!names.includes('If-Match'));
  }
});

test('a sign-up with every list at its longest is valid by the contract and read by the server', async () => {
  const body = {
    ...SIGN_UP,
    name: '字'.repeat(255),
    regions: Array<string>(64).fill('字'.repeat(255)),
    roles: Array<string>(32).fill('字'.repeat(255)),
    allowed_cidrs: Array<string>(64).fill('2001:db8::/32'),
  };
  expect(problemOf('POST', '/v1/api_keys', body)).toBeNull();
  expect((await client.post('/v1/api_keys', body)).status).toBe(401);
});

test('an invalid body is 400 or 415 whatever the precondition', async () => {
  const { body: volume } = await client.post('/v1/volumes', { name: 'precondition', size_gb: 1 });
  const { body: image } = await client.post('/v1/images', { name: 'precondition' });
  const stale = { 'if-match': '"another"' };
  const change = (body: object) => client.request('PATCH', `/v1/volumes/${volume.id}`, body, stale);
  expect((await change({})).status).toBe(400);
  expect((await change({ name: 'changed' })).status).toBe(412);
  expect((await client.request('PUT', `/v1/images/${image.id}/file`, {}, stale)).status).toBe(415);
});
