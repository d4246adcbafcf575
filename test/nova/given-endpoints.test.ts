/** Endpoints by hand (`LINGUANOVA_ENDPOINT_<TYPE>`), in front of a cloud whose catalog has others, or none. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Service } from '../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE } from '../../src/scopes.ts';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const SERVED = new Set<Service>([
  'compute',
  'image',
  'network',
  'volume',
  'key-manager',
  'object-store',
  'dns',
]);
const CLOUD = 'http://given.example';
const given = [
  { service: 'image', region: null, url: `${CLOUD}:9292` },
  { service: 'volume', region: null, url: `${CLOUD}:8776/v3/%(project_id)s` },
  { service: 'object-store', region: null, url: `${CLOUD}:8080/v1/AUTH_$(tenant_id)s` },
  { service: 'key-manager', region: null, url: `${CLOUD}:9311` },
  { service: 'dns', region: 'RegionTwo', url: `${CLOUD}:9001` },
] as const;

let running: RecordedGateway;
let url: string;
let key: string;
beforeAll(async () => {
  running = await recordedGateway(
    { services: SERVED },
    { 'key-manager': 'http://catalog.example:9311', dns: 'http://catalog.example:9001' },
    given,
  );
  url = running.gateway.url;
  key = await running.keyOf(running.acme, undefined, [...DEFAULT_SCOPES, ...EVERY_SERVICE]);
});
afterAll(() => running.close());
beforeEach(() => {
  running.respond = ({ url: at }) =>
    at.includes('.example') ? Response.json({ images: [], volumes: [], at }) : null;
});

const send = (target: string, body?: unknown) => sendNova(url, target, { 'x-auth-token': key }, body);

test.each([
  ['GET /image/v2/images/1', `${CLOUD}:9292/v2/images/1`],
  ['GET /volume/v3/volumes/1', `${CLOUD}:8776/v3/volumes/1`],
  ['GET /key-manager/v1/secrets', `${CLOUD}:9311/v1/secrets`],
  ['GET /dns/v2/zones', 'http://catalog.example:9001/v2/zones'],
])(
  '%s goes to the endpoint that is given for the region, else to the one of the catalog',
  async (target, at) => {
    const { status, body } = await send(target);
    expect(status).toBe(200);
    expect(running.arrived.at(-1)?.url).toBe(at);
    expect(body.at).not.toContain('.example');
  },
);

test('redu uses it too', async () => {
  await sendNova(url, 'GET /v1/images', { 'x-api-key': key });
  expect(running.arrived.at(-1)?.url).toMatch(`${CLOUD}:9292/v2/images`);
});

test('a service that no catalog has is in that of the gateway, with the project in its path', async () => {
  const { body } = await send('GET /identity/v3/auth/catalog');
  const entry = body.catalog.find(({ type }: { type: string }) => type === 'object-store');
  const account = `AUTH_${running.acme.projectId}`;
  expect(entry.endpoints[0].url).toBe(`${url}/object-store/v1/${account}`);
  await send(`GET /object-store/v1/${account}/c`);
  expect(running.arrived.at(-1)?.url).toBe(`${CLOUD}:8080/v1/${account}/c`);
});

test('addresses of both are the gateway’s, and references arrive as the service names itself', async () => {
  let arrived: unknown;
  running.respond = (request) => {
    arrived = request.clone().json();
    return Response.json({ a: `${CLOUD}:9311/v1/x`, b: 'http://catalog.example:9311/v1/x' });
  };
  const { body } = await send('POST /key-manager/v1/containers', { ref: `${url}/key-manager/v1/secrets/1` });
  expect(await arrived).toEqual({ ref: 'http://catalog.example:9311/v1/secrets/1' });
  expect(body).toEqual({ a: `${url}/key-manager/v1/x`, b: `${url}/key-manager/v1/x` });
});
