import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { type OpenStackDriver, openStackDriver } from '../../adapters/openstack/index.ts';
import { ALL_SERVICES } from '../../src/dialects/nova/services.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { exchange, head } from '../support/raw-http.ts';
import { type ObjectCloud, startObjectCloud } from './object-cloud.ts';

const OBJECTS = '/object-store/v1/AUTH_p/c';

let cloud: ObjectCloud;
let clouds: OpenStackDriver;
let closed: RunningGateway;
let open: RunningGateway;
let key: string;
let openKey: string;
beforeAll(async () => {
  cloud = await startObjectCloud();
  clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: `${cloud.url}/v3`,
    endpoints: { region: 'R', interface: 'public' },
    serviceAccount: null,
    services: ALL_SERVICES,
  });
  closed = await startGateway(clouds, { services: ALL_SERVICES });
  open = await startGateway(clouds, { services: ALL_SERVICES, anonymousObjects: true });
  const credential = { kind: 'application_credential', id: 'a', secret: 'b' } as const;
  key = await closed.keyFor(credential, ['object-store:read', 'object-store:write']);
  openKey = await open.keyFor(credential, ['object-store:read']);
});
afterAll(async () => {
  await Promise.all([closed.stop(), open.stop()]);
  await clouds.close();
  await cloud.close();
});
beforeEach(() => {
  cloud.arrived.length = 0;
});

const send = (line: string, fields: readonly string[] = [], { url } = closed, body = '') =>
  exchange(url, head(`${line} HTTP/1.1`, 'Host: gateway.example', ...fields, 'Connection: close') + body);
const withKey = () => `X-Auth-Token: ${key}`;

describe('the name of an object arrives as it was written', () => {
  test.each([
    'a//b',
    'a/../b',
    '../b',
    '../../../../v2.1/servers',
    '/',
    '.',
    '..',
    'a/%2e%2e/b',
    'x%2Fy',
    'x%252Fy',
    '%zz',
    'a;b=c+d',
    'a"<>`|^{}',
  ])('%s', async (name) => {
    const { status } = await send(`GET ${OBJECTS}/${name}?a=%2e%2e/..&format=json`, [withKey()]);
    expect(status).toBe(200);
    expect(cloud.arrived.map(({ target }) => target)).toEqual([
      `/swift/v1/AUTH_p/c/${name}?a=%2e%2e/..&format=json`,
    ]);
  });
});

describe('up to the name a path is as strict as any other, and what is refused never reaches the cloud', () => {
  test.each([
    '/object-store/v1/AUTH_p/../AUTH_q/c/o',
    '/object-store/v1/AUTH_p/./c',
    '/object-store/v1/AUTH_p/%2e%2e/o',
    '/object-store/v1/AUTH_p/c%2Fo',
    '/object-store/v1/AUTH_p/c%252Fo/o',
    '/object-store/v1/AUTH_p//c/o',
    '/object-store/v1//c/o',
    '/object-store//v1/AUTH_p/c',
    '/object-store/../compute/v2.1/servers',
    '/object-store/v1/../../compute/v2.1/servers',
    '/object-store/v1',
    '/object-store/v1/',
    '/object-store/v1.0/AUTH_p/c/o',
    '/object-store/auth/v1.0',
    '/object-store/endpoints/AUTH_p/c/o',
    '/object-store',
  ])('%s', async (path) => {
    for (const gateway of [closed, open]) {
      const { status } = await send(`GET ${path}`, gateway === closed ? [withKey()] : [], gateway);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect(cloud.arrived).toEqual([]);
  });

  test.each(['PATCH', 'PROPFIND', 'MKCOL'])('%s is 405', async (method) => {
    expect((await send(`${method} ${OBJECTS}/o`, [withKey(), 'Content-Length: 0'])).status).toBe(405);
    expect(cloud.arrived).toEqual([]);
  });
});

test('metadata, conditions and copies are passed, any other identity is not', async () => {
  const passed = [
    'X-Object-Meta-A: 1',
    'X-Container-Read: .r:*',
    'X-Remove-Container-Meta-B: x',
    'Destination: /c/o',
    'X-Copy-From: /c/p',
    'X-Delete-After: 5',
    'If-None-Match: *',
    'Range: bytes=0-1,3-4',
    'Content-Encoding: gzip',
    'Origin: https://a.example',
  ];
  const dropped = [
    'X-Storage-Token: a',
    'X-Auth-User: a',
    'X-Auth-Key: a',
    'X-Service-Token: a',
    'X-Api-Key: a',
    'Cookie: a=b',
    'X-Forwarded-For: 192.0.2.1',
    'X-Backend-Storage-Policy-Index: 1',
    'X-Object-Sysmeta-A: 1',
    'X-Object-Transient-Sysmeta-A: 1',
    'X-Timestamp: 1',
  ];
  const { status } = await send(`COPY ${OBJECTS}/o`, [withKey(), 'Content-Length: 0', ...passed, ...dropped]);
  expect(status).toBe(200);
  const [arrived] = cloud.arrived;
  const name = (field: string) => field.split(':')[0]?.toLowerCase() ?? '';
  expect(arrived).toMatchObject({ method: 'COPY', headers: { 'x-auth-token': 'cloud-token' } });
  for (const field of passed) expect(arrived?.headers).toHaveProperty([name(field)]);
  for (const field of dropped) expect(arrived?.headers).not.toHaveProperty([name(field)]);
});

test('a body is data in both directions: a form arrives, and JSON with the address of the cloud comes back as it is', async () => {
  const fields = [withKey(), 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 14'];
  const { body, headers } = await send(`POST ${OBJECTS}/o?_method=DELETE`, fields, closed, '_method=DELETE');
  expect(cloud.arrived).toMatchObject([
    { method: 'POST', body: '_method=DELETE', headers: { 'content-length': '14' } },
  ]);
  expect(JSON.parse(body)).toEqual({ here: `${cloud.url}/swift/v1/AUTH_p` });
  expect(headers.location).toBe(`http://gateway.example${OBJECTS}/`);
});

test('OPTIONS reaches the cloud with what a browser asks, and needs object-store:read', async () => {
  const asked = ['Origin: https://a.example', 'Access-Control-Request-Method: PUT'];
  expect((await send(`OPTIONS ${OBJECTS}/o`, [withKey(), ...asked])).status).toBe(200);
  expect(cloud.arrived).toMatchObject([
    {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    },
  ]);
});

test('/info is served without a key, and nothing else outside of accounts is', async () => {
  for (let times = 0; times < 3; times++) expect((await send('GET /object-store/info')).status).toBe(200);
  expect(cloud.arrived.map(({ target }) => target)).toEqual(['/swift/info']);
  for (const path of ['/object-store/info/', '/object-store/healthcheck', '/object-store/crossdomain.xml'])
    expect((await send(`GET ${path}`)).status).toBe(401);
  expect((await send('PUT /object-store/info', ['Content-Length: 0'])).status).toBe(401);
  expect(cloud.arrived).toHaveLength(1);
});

test('a form post without a key arrives byte by byte where the operator serves them', async () => {
  const body = '--x\r\nContent-Disposition: form-data; name="signature"\r\n\r\nabc\r\n--x--\r\n';
  const fields = ['Content-Type: multipart/form-data; boundary=x', `Content-Length: ${body.length}`];
  expect((await send(`POST ${OBJECTS}/`, fields, open, body)).status).toBe(200);
  expect(cloud.arrived).toMatchObject([{ method: 'POST', target: '/swift/v1/AUTH_p/c/', body }]);
  expect(cloud.arrived[0]?.headers).not.toHaveProperty('x-auth-token');
  expect((await send(`POST ${OBJECTS}/`, fields, closed, body)).status).toBe(401);
});

describe('a request without a key', () => {
  test('is 401 unless the operator serves them, and a wrong key always is', async () => {
    for (const line of [
      `GET ${OBJECTS}/o?temp_url_sig=a&temp_url_expires=9`,
      `OPTIONS ${OBJECTS}/o`,
      `HEAD ${OBJECTS}`,
    ])
      expect((await send(line)).status).toBe(401);
    for (const field of ['X-Auth-Token: wrong', 'X-Api-Key: wrong', 'Authorization: Bearer wrong'])
      expect((await send(`GET ${OBJECTS}/o`, [field], open)).status).toBe(401);
    expect((await send('GET /object-store/v1/AUTH_p', [], open)).status).toBe(401);
    expect(cloud.arrived).toEqual([]);
  });

  test('reaches the cloud without a token where they are served, up to a number for each address', async () => {
    // The addresses of the services are known from the first request with a key.
    expect((await send(`GET ${OBJECTS}/o`, [`X-Auth-Token: ${openKey}`], open)).status).toBe(200);
    const from = (address: string) => [`X-Forwarded-For: ${address}`];
    expect((await send(`GET ${OBJECTS}/a/../b`, from('192.0.2.7'), open)).status).toBe(200);
    expect(cloud.arrived.at(-1)?.target).toBe('/swift/v1/AUTH_p/c/a/../b');
    expect(cloud.arrived.at(-1)?.headers).not.toHaveProperty('x-auth-token');
    const headers = { 'x-forwarded-for': '192.0.2.7' };
    let limited: Response | null = null;
    for (let count = 0; count < 610 && limited === null; count++) {
      const response = await fetch(`${open.url}${OBJECTS}/o`, { headers });
      await response.arrayBuffer();
      if (response.status === 429) limited = response;
    }
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(`GET ${OBJECTS}/o`, from('192.0.2.8'), open)).status).toBe(200);
  });
});
