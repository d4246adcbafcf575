import { beforeAll, expect, test } from 'vitest';
import { createSandbox } from '../../../adapters/sandbox/index.ts';
import { edgeHandler } from '../../../adapters/workers/handler.ts';
import { type Bindings, createEdgeGateway } from '../../../adapters/workers/worker.ts';
import { ADMIN_TOKEN } from '../target.ts';
import { bindings } from './bindings.ts';
import { INSIDE_URL } from './setup.ts';

const ONE = 'RegionOne';
const TWO = 'RegionTwo';
const IN_TWO = `/regions/${TWO}`;

/** The names of the objects that requests for events were sent to. */
const objects: string[] = [];
let read: (path: string, init?: RequestInit) => Promise<Response>;
let key: string;

beforeAll(async () => {
  const sandbox = createSandbox({
    baseUrl: 'http://two-regions.invalid',
    bootMilliseconds: 60,
    regions: [{ name: ONE }, { name: TWO, without: ['volumev3'] }, { name: 'RegionThree' }],
  });
  const { authUrl, admin, accounts } = sandbox;
  const regional: Bindings & Record<string, unknown> = {
    ...bindings,
    OS_REGION_NAME: ONE,
    LINGUANOVA_REGIONS: `${ONE},${TWO}`,
    SANDBOX: {
      idFromName: (name: string) => name,
      get: () => ({ fetch: sandbox.fetch, access: async () => ({ authUrl, admin, accounts }) }),
    },
    EVENTS: {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        async fetch(request: Request) {
          objects.push(name);
          return owner.fetch(request, regional, context);
        },
      }),
    },
  };
  const context = { waitUntil: () => {}, passThroughOnException() {}, props: {} };
  const owner = await createEdgeGateway(regional, {}, { ownsStreams: true });
  const handler = edgeHandler<Bindings>((given) => createEdgeGateway(given));
  read = async (path, init = {}) => handler.fetch(new Request(INSIDE_URL + path, init), regional, context);
  const [account] = accounts;
  const issued = await read('/admin/v1/keys', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'regions',
      application_credential: {
        id: account?.applicationCredentialId,
        secret: account?.applicationCredentialSecret,
      },
    }),
  });
  ({ key } = (await issued.json()) as { key: string });
});

async function request(path: string, json?: unknown) {
  const response = await read(path, {
    headers: { 'x-api-key': key, 'x-auth-token': key, 'content-type': 'application/json' },
    ...(json !== undefined && { method: 'POST', body: JSON.stringify(json) }),
  });
  return {
    status: response.status,
    cache: response.headers.get('x-cache'),
    location: response.headers.get('location'),
    // biome-ignore lint/suspicious/noExplicitAny: whatever the gateway responded
    body: (await response.json()) as any,
  };
}

test('at the edge an instance is in its region only, with cached responses of their own', async () => {
  const { body: images } = await request(`${IN_TWO}/v1/images`);
  for (const prefix of ['', IN_TWO]) await request(`${prefix}/v1/networks`);
  const made = await request(`${IN_TWO}/v1/instances`, {
    name: 'two',
    flavor_id: 'm1.tiny',
    image_id: images.items[0].id,
  });
  expect([made.status, made.location]).toEqual([202, `${IN_TWO}/v1/instances/${made.body.id}`]);
  expect((await request(`/v1/instances/${made.body.id}`)).status).toBe(404);
  const { servers } = (await request(`${IN_TWO}/compute/v2.1/servers`)).body;
  expect(servers.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
  expect((await request('/v1/networks')).cache).toBe('HIT');
  expect((await request(`${IN_TWO}/v1/networks`)).cache).toBe('MISS');
});

test('at the edge an unserved region is 404, a service of another region 501, and both are listed', async () => {
  for (const name of ['RegionThree', 'regiontwo', 'Nowhere'])
    expect((await request(`/regions/${name}/v1/flavors`)).status, name).toBe(404);
  expect((await request(`${IN_TWO}/v1/volumes`)).status).toBe(501);
  const { items } = (await request('/v1/regions')).body;
  expect(items.map(({ name }: { name: string }) => name)).toEqual([ONE, TWO]);
  const ready = (await request('/readyz')).body;
  expect(ready.regions).toEqual({ [ONE]: 'ok', [TWO]: 'ok' });
});

test('at the edge the events of each region come from an object of its own', async () => {
  const streams = await Promise.all(
    ['', IN_TWO].map((prefix) => read(`${prefix}/v1/events`, { headers: { 'x-api-key': key } })),
  );
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(objects).size).toBe(2);
  await Promise.all(streams.map(({ body }) => body?.cancel()));
});
