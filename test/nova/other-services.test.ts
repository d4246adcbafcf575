/** `LINGUANOVA_SERVICES=*`: types that only the catalog of the cloud has, and services that share an address. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALL_SERVICES, type ServedServices, type Service } from '../../src/dialects/nova/services.ts';
import { isOtherService } from '../../src/further-services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE, SCOPES, type Scope } from '../../src/scopes.ts';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const CLOUD = 'http://further.example';
const SANDBOX = 'http://sandbox.invalid';
const ENDPOINTS = {
  'xloud-backup': `${CLOUD}:7001/v1/%(project)s`,
  constructor: `${CLOUD}:7002`,
  compute_legacy: `${SANDBOX}/compute/v2.1`,
  'compute-legacy': `${SANDBOX}/compute/v2.1`,
  'identity-legacy': `${SANDBOX}/identity/v3`,
  'load-balancer': `${SANDBOX}/networking`,
  console: `${CLOUD}:7003`,
  instances: `${CLOUD}:7004`,
  s3: `${CLOUD}:7005`,
  // All below one address.
  'key-manager': `${CLOUD}`,
  dns: `${CLOUD}/dns`,
  billing: `${CLOUD}/billing/v1`,
  'xloud-root': 'http://sandbox.invalid/',
};

let every: RecordedGateway;
let some: RecordedGateway;
beforeAll(async () => {
  const start = (services: ServedServices) => recordedGateway({ services }, ENDPOINTS);
  [every, some] = await Promise.all([start(ALL_SERVICES), start(new Set(['compute', 'key-manager']))]);
  for (const gateway of [every, some])
    gateway.respond = ({ url: at }) =>
      at.startsWith(CLOUD) ? Response.json({ links: [{ href: at }] }) : null;
});
afterAll(() => Promise.all([every.close(), some.close()]));

const keyOf = (gateway = every, scopes: readonly Scope[] = [...DEFAULT_SCOPES, ...EVERY_SERVICE]) =>
  gateway.keyOf(gateway.acme, undefined, scopes);

let key: string;
let before: number;
beforeEach(async () => {
  key ??= await keyOf();
  await send('GET /compute/v2.1/servers/none');
  before = every.arrived.length;
});
const send = (target: string, token = key, gateway = every, body?: unknown) =>
  sendNova(gateway.gateway.url, target, { 'x-auth-token': token }, body);

async function refused(target: string, statuses: readonly number[], token = key) {
  const { status } = await send(target, token);
  expect(every.arrived.slice(before)).toEqual([]);
  expect(statuses).toContain(status);
}

describe('a type that OpenStack has no name for', () => {
  test('is in the catalog under its name, and is served there', async () => {
    const { body } = await send('GET /identity/v3/auth/catalog');
    const types = body.catalog.map(({ type }: { type: string }) => type);
    expect(types).toEqual(expect.arrayContaining(['xloud-backup', 'billing', 'constructor']));
    const entry = body.catalog.find(({ type }: { type: string }) => type === 'xloud-backup');
    const path = `/xloud-backup/v1/${every.acme.projectId}`;
    expect(entry.endpoints[0].url).toBe(every.gateway.url + path);
    const { status, body: answer } = await send(`POST ${path}/plans`, key, every, { name: 'a' });
    expect([status, answer.links[0].href]).toEqual([200, `${every.gateway.url}${path}/plans`]);
    expect(every.arrived.at(-1)?.url).toBe(`${CLOUD}:7001/v1/${every.acme.projectId}/plans`);
  });

  test('is served below its region', async () => {
    expect((await send('GET /regions/RegionOne/billing/v1/x')).status).toBe(200);
    before = every.arrived.length;
    await refused('GET /regions/Nowhere/billing/v1/x', [404]);
  });

  test('needs the scopes of every service, in the envelope of Keystone', async () => {
    const reader = await keyOf(every, ['*:read']);
    expect((await send('GET /billing/v1/x', reader)).status).toBe(200);
    before = every.arrived.length;
    await refused('POST /billing/v1/x', [403], reader);
    const { body } = await send('GET /billing/v1/x', await keyOf(every, ['instances:read', 'dns:read']));
    expect(body.error).toMatchObject({ code: 403, message: expect.stringContaining('"*:read"') });
  });

  test('is 401 without a key, 404 where no catalog has it, 400 and 415 by the rules of all services', async () => {
    await refused('GET /billing/v1/x', [401], '');
    await refused('GET /no-such-thing/v1/x', [404]);
    await refused('GET /billing/v1/x?_method=DELETE', [400]);
    await refused('GET /billing/v1/%252e%252e/x', [404]);
    await refused('COPY /billing/v1/x', [405]);
  });

  test('is 403 for a service key, since it may act at Nova as the account of the operator', async () => {
    const service = await every.keyOf(every.acme, 'service', [...DEFAULT_SCOPES, ...EVERY_SERVICE]);
    await refused('GET /billing/v1/x', [403], service);
  });

  test('is not served unless all are', async () => {
    const token = await keyOf(some);
    await send('GET /key-manager/v1/secrets', token, some);
    const arrived = some.arrived.length;
    for (const path of ['/billing/v1/x', '/xloud-backup/v1/x', '/dns/v2/zones'])
      expect((await send(`GET ${path}`, token, some)).status).toBe(404);
    expect((await send('GET /billing/v1/x', '', some)).body.error.code).toBe('itemNotFound');
    expect(some.arrived.slice(arrived)).toEqual([]);
  });
});

describe('not served', () => {
  test.each([
    ['a name that is no safe one', '/compute_legacy/v2.1/servers'],
    ['an address of compute', '/compute-legacy/v2.1/servers'],
    ['an address of identity', '/identity-legacy/v3/users'],
    ['an official type at an address of network', '/load-balancer/v2.0/networks'],
    ['requests that are signed', '/s3/bucket'],
    ['a path of the gateway', '/console/v1/x'],
    ['a name in scopes', '/instances/v1/x'],
  ])('%s', (_, path) => refused(`GET ${path}`, [404, 401]));
});

describe('what is below the root of one service', () => {
  test.each([
    '/key-manager/dns/v2/zones',
    '/key-manager/dns',
    '/key-manager/dns?a=b',
    '/key-manager/%64ns/v2/zones',
    '/key-manager/billing/v1/x',
    '/key-manager/billing/v2',
    '/key-manager/billing',
    '/xloud-root/compute',
    '/xloud-root/compute/v2/servers',
    '/xloud-root/compute/v2.1/servers',
    '/xloud-root/c%6fmpute/v2/servers',
    '/xloud-root/identity/v2.0/tokens',
    '/xloud-root/volume/v2/volumes',
    '/xloud-root/identity/v3/users',
    '/xloud-root/networking/v2.0/networks',
  ])('%s is another’s', (path) => refused(`GET ${path}`, [404]));

  test('a path is its own where no other service is', async () => {
    for (const path of ['/key-manager/v1/secrets', '/key-manager/dnsx', '/key-manager/billings/v2'])
      expect((await send(`GET ${path}`)).status).toBe(200);
  });

  test('a service that is not served is not reached by way of one that is', async () => {
    const token = await keyOf(some);
    expect((await send('GET /key-manager/v1/secrets', token, some)).status).toBe(200);
    const arrived = some.arrived.length;
    expect((await send('GET /key-manager/dns/v2/zones', token, some)).status).toBe(404);
    expect(some.arrived.slice(arrived)).toEqual([]);
  });
});

test('a service at the root of the cloud’s address leads no service key to compute, whatever the version', async () => {
  const services = new Set<Service>(['compute', 'key-manager']);
  const atRoot = await recordedGateway({ services }, { 'key-manager': `${SANDBOX}/` });
  try {
    const key = await atRoot.keyOf(atRoot.acme, 'service', ['key-manager:read', 'key-manager:write']);
    expect((await send('GET /key-manager/v1/secrets', key, atRoot)).status).toBe(404);
    const arrived = atRoot.arrived.length;
    expect(atRoot.arrived.at(-1)?.url).toBe(`${SANDBOX}/v1/secrets`);
    for (const path of [
      'compute',
      'compute/v2',
      'compute/v2.1',
      'compute/v3',
      'identity/v2.0',
      'networking/v3',
    ]) {
      expect((await send(`GET /key-manager/${path}/os-keypairs`, key, atRoot)).status, path).toBe(404);
      expect((await send(`DELETE /key-manager/${path}/os-keypairs/a`, key, atRoot)).status, path).toBe(404);
    }
    expect(atRoot.arrived.slice(arrived)).toEqual([]);
  } finally {
    await atRoot.close();
  }
});

test('no route and no scope of the gateway is of a service that only a catalog names', () => {
  const { routes } = every.gateway;
  const first = routes.map(({ path }) => path.split('/')[1] ?? '');
  expect(first.filter(isOtherService)).toEqual([]);
  expect(SCOPES.map((scope) => scope.split(':')[0] ?? '').filter(isOtherService)).toEqual([]);
});
