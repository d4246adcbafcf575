import { afterEach, describe, expect, test } from 'vitest';
import { memoryReleaseStore } from '../support/memory-release-store.ts';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';
import { byPassword } from '../support/sandbox-client.ts';

const PUBLIC = {
  name: 'web',
  flavor_id: 'm1.tiny',
  image_id: 'debian-12-amd64',
  metadata: { isPublic: true },
};

let setup: ReleasingGateway;
afterEach(() => setup.close());

async function made(): Promise<string> {
  const { status, body } = await setup.client.post('/v1/instances', PUBLIC);
  expect(status).toBe(202);
  return body.id;
}
const belongings = () => setup.openStack.belongings();
const active = (id: string) => setup.client.until(id, ({ state }) => state === 'active');
const nova = (method: string, path: string, body?: object) =>
  fetch(`${setup.gateway.url}/compute/v2.1${path}`, {
    method,
    headers: { 'x-auth-token': setup.key, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });

/** When the server is deleted: before it has a host, while Nova binds its port, and when it runs. */
const MOMENTS: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
  ['at once', async () => {}],
  ['while it is being built', (id) => statusOf(id, 'spawning')],
  ['when it is active', active],
];

async function statusOf(id: string, task: string): Promise<void> {
  const shown = () => setup.openStack.compute('GET', `/servers/${id}`);
  await expect.poll(async () => (await shown()).body.server['OS-EXT-STS:task_state']).toBe(task);
}

describe.each(MOMENTS)('a public instance that is deleted %s', (_, moment) => {
  test('by the redu dialect leaves no port and no floating IP', async () => {
    setup = await releasingGateway();
    const before = await belongings();
    const id = await made();
    await moment(id);
    expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(204);
    await expect.poll(belongings).toEqual(before);
  });

  test('by a proxied Nova DELETE leaves no port and no floating IP', async () => {
    setup = await releasingGateway();
    const before = await belongings();
    const id = await made();
    await moment(id);
    expect((await nova('DELETE', `/servers/${id}`)).status).toBe(204);
    await expect.poll(belongings).toEqual(before);
  });
});

test('forceDelete through the nova dialect leaves no port and no floating IP', async () => {
  setup = await releasingGateway();
  const before = await belongings();
  const id = await made();
  await active(id);
  expect((await nova('POST', `/servers/${id}/action`, { forceDelete: null })).status).toBe(202);
  await expect.poll(belongings).toEqual(before);
});

test('a port whose deletion Neutron refuses is deleted once Neutron allows it', async () => {
  setup = await releasingGateway();
  const before = await belongings();
  const id = await made();
  await active(id);
  const refusals = [
    { status: 403, type: 'PolicyNotAuthorized', message: 'rule:delete_port is disallowed by policy' },
    { status: 409, type: 'PortInUse', message: 'Unable to complete operation on port' },
    { status: 500, type: 'HTTPInternalServerError', message: 'Request Failed: internal server error' },
  ];
  let refused = 0;
  setup.detour = (request) => {
    const isPort = request.method === 'DELETE' && /\/ports\//.test(request.url);
    const refusal = isPort ? refusals[refused] : undefined;
    if (refusal === undefined) return undefined;
    refused += 1;
    const { status, ...fault } = refusal;
    return Promise.resolve(Response.json({ NeutronError: { ...fault, detail: '' } }, { status }));
  };
  expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(204);
  expect(refused, 'the response is not held').toBe(0);
  await expect.poll(belongings).toEqual(before);
  expect(refused).toBe(refusals.length);
});

test('a floating IP whose port Nova binds between two lists is released', async () => {
  setup = await releasingGateway();
  const before = await belongings();
  const id = await made();
  // Nova binds the port between the list of ports and that of floating IPs.
  setup.detour = (request, forward) => {
    if (request.method !== 'GET' || !request.url.includes('device_id=')) return undefined;
    return forward().then((response) =>
      Response.json({ ports: [] }, { status: response.status, headers: response.headers }),
    );
  };
  await active(id);
  expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(204);
  await expect.poll(belongings).toEqual(before);
});

describe('a cloud with soft delete', () => {
  test('retains port and floating IP of a restorable server, and releases them once it is reclaimed', async () => {
    setup = await releasingGateway({ reclaimMilliseconds: 3_000 });
    const before = await belongings();
    const id = await made();
    await active(id);
    const { ports, floatingIps } = await belongings();
    expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(204);
    const status = async () => (await setup.openStack.compute('GET', `/servers/${id}`)).body.server?.status;
    await expect.poll(status).toBe('SOFT_DELETED');
    expect(await belongings()).toMatchObject({ ports, floatingIps });

    await setup.openStack.compute('POST', `/servers/${id}/action`, { restore: null });
    await active(id);
    expect(await belongings()).toMatchObject({ ports, floatingIps });
    expect((await setup.client.get(`/v1/instances/${id}`)).body.metadata.isPublic).toBe('true');

    expect((await nova('POST', `/servers/${id}/action`, { forceDelete: null })).status).toBe(202);
    await expect.poll(belongings).toEqual(before);
  });
});

test('a refused deletion releases neither port nor floating IP', async () => {
  setup = await releasingGateway();
  const id = await made();
  await active(id);
  const before = await belongings();
  await setup.client.act(id, 'lock');
  expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(409);
  expect((await nova('DELETE', `/servers/${id}`)).status).toBe(409);
  await setup.client.act(id, 'unlock');
  expect(await belongings()).toEqual(before);
  expect((await setup.client.get(`/v1/instances/${id}`)).body.metadata.isPublic).toBe('true');
});

describe('releases of a gateway that was stopped', () => {
  const crashed = async (serviceAccount: boolean) => {
    const releases = memoryReleaseStore();
    setup = await releasingGateway({}, { releases });
    const before = await belongings();
    const id = await made();
    await active(id);
    // Neutron is down until the gateway has stopped.
    setup.detour = (request) =>
      request.method === 'DELETE' && request.url.includes('/networking/')
        ? Promise.resolve(new Response(null, { status: 503 }))
        : undefined;
    expect((await setup.client.delete(`/v1/instances/${id}`)).status).toBe(204);
    await setup.gateway.stop();
    setup.detour = () => undefined;
    return { before, next: await setup.start({ releases, serviceAccount, keys: setup.gateway.keys }) };
  };

  test('are continued with the next request of the project', async () => {
    const { before, next } = await crashed(false);
    await expect.poll(async () => (await belongings()).servers).toEqual(before.servers);
    expect(await belongings()).not.toEqual(before);
    await fetch(`${next.url}/v1/flavors`, { headers: { 'x-api-key': setup.key } });
    await expect.poll(belongings).toEqual(before);
  });

  test('are continued by the service account if it has a role', async () => {
    const { before, next } = await crashed(true);
    await setup.joinServiceAccount();
    await next.flush();
    await expect.poll(belongings).toEqual(before);
  });

  test('are continued by the service account, although a key of a reader is used first', async () => {
    const { before, next } = await crashed(true);
    await setup.joinServiceAccount();
    await expect.poll(async () => (await belongings()).servers).toEqual(before.servers);
    const { userId } = setup.account;
    const user = await byPassword(setup.sandbox, setup.account);
    const { body } = await user('POST', `/identity/v3/users/${userId}/application_credentials`, {
      application_credential: { name: 'reader', roles: [{ name: 'reader' }] },
    });
    const { id, secret } = body.application_credential;
    const reader = await setup.gateway.keyFor({ kind: 'application_credential', id, secret });
    expect((await fetch(`${next.url}/v1/me`, { headers: { 'x-api-key': reader } })).status).toBe(200);
    await expect.poll(belongings).toEqual(before);
  });
});
