import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { TransportError } from '../../adapters/openstack/http/transport.ts';
import { type OpenStackDriver, openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';

const REGIONS = ['R1', 'R2', 'R3', 'R4', 'R5'];
const DOCUMENTS = [
  ...['', '/', '/v2', '/v2/', '/v2.1', '/v2.1/'].map((below) => `/compute${below}`),
  ...['', '/', '/versions'].map((below) => `/image${below}`),
  ...['/networking', '/networking/', '/volume', '/volume/'],
];

const secret = randomBytes(32).toString('base64');
let clouds: OpenStackDriver;
let gateway: RunningGateway;
let key: string;
let isDown = false;
const sent: string[] = [];
beforeAll(async () => {
  const sandbox = createSandbox({ regions: REGIONS.map((name) => ({ name })) });
  clouds = openStackDriver({
    transport: fetchTransport((request) => {
      sent.push(`${request.method} ${request.url}`);
      if (isDown) throw new TransportError('refused', { sent: false, timedOut: false });
      return sandbox.fetch(request);
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: 'R1', served: '*', interface: 'public' },
    serviceAccount: null,
  });
  gateway = await startGateway(clouds, { secret });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const { applicationCredentialId: id, applicationCredentialSecret } = account;
  key = await gateway.keyFor({ kind: 'application_credential', id, secret: applicationCredentialSecret });
});
afterAll(async () => {
  await gateway.stop();
  await clouds.close();
});

const read = async (path: string, headers: Record<string, string> = {}) =>
  (await fetch(gateway.url + path, { headers })).status;

test('a region that is unknown yet is 401 without a key; its document serves no other name', async () => {
  sent.length = 0;
  expect(await read('/regions/R5/compute/')).toBe(401);
  expect(sent).toEqual([]);
  expect(await read('/regions/R5/compute/', { 'x-auth-token': key })).toBe(200);
  expect(await read('/regions/Nowhere/compute/')).toBe(401);
  expect(await read('/regions/Nowhere/compute/', { 'x-auth-token': key })).toBe(404);
});

test('all failures of one document within a second are one request of the cloud', async () => {
  isDown = true;
  sent.length = 0;
  const first = await Promise.all(Array.from({ length: 20 }, () => read('/regions/R2/volume/')));
  expect(new Set(first)).toEqual(new Set([503]));
  const attempts = sent.length;
  expect(await read('/regions/R2/volume/')).toBe(503);
  isDown = false;
  expect(new Set(sent).size).toBe(1);
  expect(sent.length).toBe(attempts);
  expect(attempts).toBeLessThanOrEqual(3);
});

test('50 requests at once for a document that is not cached are one request of the cloud', async () => {
  sent.length = 0;
  const all = await Promise.all(Array.from({ length: 50 }, () => read('/regions/R3/volume/')));
  expect(new Set(all)).toEqual(new Set([300]));
  expect(sent).toHaveLength(1);
});

test('every document of every service of five regions is requested of the cloud once', async () => {
  const round = async () => {
    for (const region of REGIONS)
      for (const path of DOCUMENTS) expect([200, 300]).toContain(await read(`/regions/${region}${path}`));
  };
  await expect.poll(() => read('/regions/R2/volume/'), { timeout: 5_000 }).toBe(300);
  await round();
  sent.length = 0;
  await round();
  expect(sent).toEqual([]);
});

test('an address beyond its limit gets cached documents; others need a key', async () => {
  const other = await startGateway(clouds, { keys: gateway.keys, secret });
  const from = (path: string, headers: Record<string, string> = {}) =>
    fetch(other.url + path, { headers: { 'x-forwarded-for': '192.0.2.83', ...headers } });
  for (let n = 0; n < 12; n += 1) {
    const many = await Promise.all(Array.from({ length: 50 }, () => from('/v1/flavors')));
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([401]));
  }
  sent.length = 0;
  const image = '/regions/R4/image/';
  expect((await from(image)).status).toBe(429);
  expect(sent).toEqual([]);
  expect((await from(image, { 'x-auth-token': key })).status).toBe(300);
  expect((await from(image)).status).toBe(300);
  await other.stop();
});
