import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryReleaseStore } from '../support/memory-release-store.ts';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

const LONG = { timeout: 20_000, interval: 100 };
const CONFIRMED = { state: 'active', flavor_id: 'm1.small' };

let setup: ReleasingGateway;
let releases: ReturnType<typeof memoryReleaseStore>;
let id: string;
beforeEach(async () => {
  releases = memoryReleaseStore();
  setup = await releasingGateway({ bootMilliseconds: 400 }, { releases });
  const body = { name: 'resized', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
  id = (await setup.client.boot(body)).id;
});
afterEach(() => setup.close());

const resize = (flavor_id: string, auto_confirm: boolean) =>
  setup.client.act(id, 'resize', { flavor_id, auto_confirm });
const pending = () => releases.due('9999-01-01T00:00:00.000Z', 10);
/** As the cloud has it. */
const atCloud = async () => {
  const { status, flavor } = (await setup.openStack.compute('GET', `/servers/${id}`)).body.server;
  return { status, flavor: flavor.original_name ?? flavor.id };
};

test('a resize with auto_confirm becomes active by itself, with confirm_resize in the history', async () => {
  expect((await resize('m1.small', true)).status).toBe(202);
  await expect
    .poll(async () => (await setup.client.get(`/v1/instances/${id}`)).body, LONG)
    .toMatchObject(CONFIRMED);
  const { items } = (await setup.client.get(`/v1/instances/${id}/actions`)).body;
  expect(items.map(({ action }: { action: string }) => action)).toEqual([
    'confirm_resize',
    'resize',
    'create',
  ]);
  await expect.poll(pending, LONG).toEqual([]);
});

test('a refused resize leaves nothing to confirm', async () => {
  await setup.client.act(id, 'lock');
  expect((await resize('m1.small', true)).status).toBe(409);
  expect((await resize('m1.nothing', true)).status).toBe(400);
  expect(await pending()).toEqual([]);
});

test('a locked instance is confirmed once it is unlocked', async () => {
  await resize('m1.small', true);
  await setup.client.act(id, 'lock');
  await expect.poll(atCloud, LONG).toMatchObject({ status: 'VERIFY_RESIZE' });
  await setup.client.act(id, 'unlock');
  await expect.poll(atCloud, LONG).toEqual({ status: 'ACTIVE', flavor: 'm1.small' });
});

test('a lost response to the resize leaves it to be confirmed', async () => {
  setup.detour = (request, forward) => {
    if (request.method !== 'POST' || !request.url.endsWith('/action')) return undefined;
    setup.detour = () => undefined;
    return forward().then(() => Promise.reject(new TypeError('connection lost')));
  };
  expect((await resize('m1.small', true)).status).toBeGreaterThanOrEqual(500);
  await expect.poll(atCloud, LONG).toEqual({ status: 'ACTIVE', flavor: 'm1.small' });
});

describe('after the gateway was stopped', () => {
  /** Stops it before the resize is done, and starts another. */
  const restarted = async (serviceAccount: boolean) => {
    await setup.client.act(id, 'stop');
    await setup.client.until(id, ({ state }) => state === 'stopped');
    expect((await resize('m1.small', true)).status).toBe(202);
    await setup.gateway.stop();
    await expect.poll(atCloud, LONG).toMatchObject({ status: 'VERIFY_RESIZE' });
    return setup.start({ releases, serviceAccount, keys: setup.gateway.keys });
  };

  test('the next request of the project confirms it', async () => {
    const next = await restarted(false);
    const headers = { 'x-api-key': setup.key };
    await next.flush();
    expect(await atCloud()).toMatchObject({ status: 'VERIFY_RESIZE' });
    await fetch(`${next.url}/v1/flavors`, { headers });
    await expect.poll(atCloud, LONG).toEqual({ status: 'SHUTOFF', flavor: 'm1.small' });
  });

  test('the service account confirms it if it has a role', async () => {
    await setup.joinServiceAccount();
    const next = await restarted(true);
    await next.flush();
    await expect.poll(atCloud, LONG).toEqual({ status: 'SHUTOFF', flavor: 'm1.small' });
  });

  test('a resize that the customer began since is not confirmed', async () => {
    const next = await restarted(false);
    const { openStack } = setup;
    const act = (body: object) => openStack.compute('POST', `/servers/${id}/action`, body);
    await act({ revertResize: null });
    await expect.poll(atCloud, LONG).toMatchObject({ status: 'SHUTOFF' });
    await act({ resize: { flavorRef: 'm1.medium' } });
    await expect.poll(atCloud, LONG).toMatchObject({ status: 'VERIFY_RESIZE' });
    await fetch(`${next.url}/v1/flavors`, { headers: { 'x-api-key': setup.key } });
    await expect.poll(pending, LONG).toEqual([]);
    expect(await atCloud()).toEqual({ status: 'VERIFY_RESIZE', flavor: 'm1.medium' });
  });
});
