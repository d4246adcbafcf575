/** Services besides the four default ones, in front of a cloud that has some of them. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Service } from '../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE, type Scope } from '../../src/scopes.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const SERVED = new Set<Service>(['compute', 'orchestration', 'key-manager', 'workflow', 'dns']);
const CLOUD = 'http://further.example';
const ENDPOINTS = {
  orchestration: `${CLOUD}:8004/v1/%(project)s`,
  'key-manager': `${CLOUD}:9311`,
  workflowv2: `${CLOUD}:8989/v2`,
  'load-balancer': `${CLOUD}:9876`,
};

let running: RecordedGateway;
let url: string;
let everything: string;
let read: string;
let none: string;
beforeAll(async () => {
  running = await recordedGateway({ services: SERVED }, ENDPOINTS);
  url = running.gateway.url;
  const keyOf = (...scopes: readonly Scope[]) => running.keyOf(running.acme, undefined, scopes);
  everything = await keyOf(...DEFAULT_SCOPES, ...EVERY_SERVICE);
  read = await keyOf('orchestration:read', 'key-manager:read');
  none = await keyOf(...DEFAULT_SCOPES, 'dns:read', 'dns:write');
  for (const key of [everything, read, none]) await send('GET /orchestration/v1/stacks', key);
});
afterAll(() => running.close());
beforeEach(() => {
  running.respond = ({ url: at }) => (at.startsWith(CLOUD) ? Response.json({ links: [{ href: at }] }) : null);
});

const send = (target: string, key: string, body?: unknown, headers = {}) =>
  sendNova(url, target, { 'x-auth-token': key, ...headers }, body);

describe('the catalog', () => {
  test('has the services that are served and that the cloud has, at its versions, under its types and names', async () => {
    const { body } = await send('GET /identity/v3/auth/catalog', everything);
    const entries = body.catalog.map(
      (entry: { type: string; name: string; endpoints: { url: string }[] }) => [
        `${entry.type} ${entry.name}`,
        entry.endpoints[0]?.url.replace(url, ''),
      ],
    );
    expect(Object.fromEntries(entries)).toEqual({
      'identity keystone': '/identity/v3',
      'compute nova': '/compute/v2.1',
      'orchestration own-orchestration': `/orchestration/v1/${running.acme.projectId}`,
      'key-manager own-key-manager': '/key-manager',
      'workflowv2 own-workflowv2': '/workflow/v2',
    });
  });
});

test.each([
  ['orchestration', 403],
  ['workflow', 403],
  ['key-manager', 200],
])('%s responds %i to a service key, whose user is the account of the operator', async (service, status) => {
  const key = await running.keyOf(running.acme, 'service', [...DEFAULT_SCOPES, ...EVERY_SERVICE]);
  await send('GET /key-manager/v1/secrets', key);
  const before = running.arrived.length;
  expect((await send(`GET /${service}/v1/things`, key)).status).toBe(status);
  expect(running.arrived.length > before).toBe(status === 200);
});

describe('a request', () => {
  test('reaches the service at its root, with its path, query and microversion; links lead back', async () => {
    const { body } = await send('GET /workflow/v2/workflows?limit=1', everything, undefined, {
      'OpenStack-API-Version': 'workflow 2.1',
    });
    expect(running.arrived.at(-1)).toMatchObject({
      url: `${CLOUD}:8989/v2/workflows?limit=1`,
      headers: { 'openstack-api-version': 'workflow 2.1' },
    });
    expect(body.links[0].href).toBe(`${url}/workflow/v2/workflows?limit=1`);
  });

  test('no header names another identity', async () => {
    const names = [
      'X-Storage-Token',
      'X-Auth-User',
      'X-Auth-Key',
      'X-Service-Token',
      'X-Project-Id',
      'X-Roles',
    ];
    const further = ['X-User-Id', 'X-Auth-Sudo-Project-ID', 'X_Storage_Token', 'Cookie', 'X-Trust-Id'];
    const forged = Object.fromEntries([...names, ...further].map((name) => [name, 'forged']));
    await send('GET /orchestration/v1/stacks', everything, undefined, forged);
    expect(JSON.stringify(running.arrived.at(-1))).not.toContain('forged');
  });

  test('a redirect passes by its name, with the gateway in Location and without its page', async () => {
    const at = `${CLOUD}:8004/v1/p/stacks/web/1`;
    running.respond = () => new Response(`see ${at}`, { status: 302, headers: { location: at } });
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, headers, body } = await send(`${method} /orchestration/v1/p/stacks/web`, everything);
      expect([status, headers.get('location'), body]).toEqual([
        302,
        `${url}/orchestration/v1/p/stacks/web/1`,
        '',
      ]);
    }
  });

  test('JSON in chunks arrives whole, and references in it as the cloud gave them', async () => {
    let arrived: unknown;
    running.respond = (request) => {
      arrived = request.clone().json();
      return Response.json({}, { status: 201 });
    };
    const refs = { secret_refs: [{ name: 'x', secret_ref: `${url}/key-manager/v1/secrets/1` }], note: 'a' };
    await send('POST /key-manager/v1/containers', everything, refs);
    expect(await arrived).toEqual({
      ...refs,
      secret_refs: [{ name: 'x', secret_ref: `${CLOUD}:9311/v1/secrets/1` }],
    });
  });

  test('a secret in base64 arrives as it was sent; compressed JSON is 415', async () => {
    let arrived: Promise<[string | null, string]> | undefined;
    running.respond = (request) => {
      const encoding = request.headers.get('content-encoding');
      arrived = request
        .clone()
        .text()
        .then((text) => [encoding, text]);
      return new Response(null, { status: 204 });
    };
    const put = async (type: string) =>
      (
        await fetch(`${url}/key-manager/v1/secrets/1`, {
          method: 'PUT',
          headers: { 'x-auth-token': everything, 'content-type': type, 'content-encoding': 'base64' },
          body: 'aGVsbG8=',
        })
      ).status;
    expect(await put('application/octet-stream')).toBe(204);
    expect(await arrived).toEqual(['base64', 'aGVsbG8=']);
    expect(await put('application/json')).toBe(415);
  });

  test('a challenge names the gateway', async () => {
    running.respond = () =>
      new Response('{}', { status: 403, headers: { 'www-authenticate': `Keystone uri="${CLOUD}:9311/v3"` } });
    const { headers } = await send('GET /key-manager/v1/secrets', everything);
    expect(headers.get('www-authenticate')).toBe(`Keystone uri="${url}/key-manager/v3"`);
  });
});

describe('scopes', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('%s needs TYPE:read', async (method) => {
    expect((await send(`${method} /orchestration/v1/stacks`, read)).status).toBe(200);
    expect(await refusal(`${method} /orchestration/v1/stacks`, none)).toMatchObject({ status: 403 });
  });
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s needs TYPE:write', async (method) => {
    expect((await send(`${method} /key-manager/v1/secrets`, everything, {})).status).toBe(200);
    const refused = await refusal(`${method} /key-manager/v1/secrets`, read);
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 403, description: 'This API key lacks the scope "key-manager:write".' },
    });
  });
});

describe('refusals, of which nothing reaches the cloud', () => {
  test.each([
    ['GET /load-balancer/v2/lbaas', 404],
    ['GET /image/v2/images', 404],
    ['GET /loadbalancer/v2', 404],
    ['GET /workflowv2/v2/workflows', 404],
    ['GET /Orchestration/v1/stacks', 404],
    ['GET /orchestration%2Fv1/stacks', 404],
    ['GET /orchestration/v1//stacks', 404],
    ['GET //orchestration/v1/stacks', 404],
    ['GET /orchestration/v1/a%2Fb', 404],
    ['GET /orchestration/v1/%252e%252e/x', 404],
    ['GET /orchestration/v1/a%5Cb', 404],
    ['GET /orchestration/v1/a;b', 404],
    ['GET /orchestration/v1/%00', 404],
    ['GET /orchestration/v1/%zz', 404],
    ['GET /orchestration/v1/stacks?_method=DELETE', 400],
    ['POST /orchestration/v1/stacks?a=1;_method=DELETE', 400],
    ['COPY /orchestration/v1/stacks', 405],
  ])('%s: %i', async (target, status) => {
    expect(await refusal(target, everything)).toMatchObject({ status });
  });

  test('a form: 415', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const before = running.arrived.length;
    expect((await send('POST /orchestration/v1/stacks', everything, '_method=DELETE', type)).status).toBe(
      415,
    );
    expect(running.arrived.slice(before)).toEqual([]);
  });

  test('a service that the cloud does not have', async () => {
    const { status, body } = await refusal('GET /dns/v2/zones', everything);
    expect([404, 501]).toContain(status);
    expect(body).toMatchObject({ code: status, message: expect.stringContaining('dns') });
  });
});

async function refusal(target: string, key: string) {
  const before = running.arrived.length;
  const response = await send(target, key);
  expect(running.arrived.slice(before)).toEqual([]);
  return response;
}

test('a key whose issuer names no scopes has all of every service, shown for those that are served', async () => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = running.acme;
  const key = { name: 'all', application_credential: { id, secret } };
  const { status, body } = await sendNova(url, 'POST /admin/v1/keys', headers, key);
  expect(status).toBe(201);
  const services = ['dns', 'key-manager', 'orchestration', 'workflow'];
  const scopes = [
    ...DEFAULT_SCOPES,
    ...services.flatMap((service) => [`${service}:read`, `${service}:write`]),
  ];
  expect(body.scopes).toEqual(scopes);
  const me = await sendNova(url, 'GET /v1/me', { 'x-api-key': body.key });
  expect(me.body.scopes).toEqual(scopes);
  expect((await send('POST /workflow/v2/workflows', body.key, {})).status).toBe(200);
});
