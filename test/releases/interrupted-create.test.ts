import { afterEach, expect, test } from 'vitest';
import type { ReleaseStore } from '../../src/compute/release-store.ts';
import { memoryIdempotencyStore } from '../support/memory-idempotency-store.ts';
import { memoryReleaseStore } from '../support/memory-release-store.ts';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

let setup: ReleasingGateway;
afterEach(() => setup.close());

const NEW = {
  name: 'web',
  flavor_id: 'm1.tiny',
  image_id: 'debian-12-amd64',
  metadata: { isPublic: true },
};
const create = (url: string) =>
  fetch(`${url}/v1/instances`, {
    method: 'POST',
    headers: {
      'x-api-key': setup.key,
      'content-type': 'application/json',
      'idempotency-key': 'interrupted-create',
    },
    body: JSON.stringify(NEW),
  });
const belongings = () => setup.openStack.belongings();

/** As it is when the time has passed that a create in flight has. */
function later(store: ReleaseStore): ReleaseStore {
  const due: ReleaseStore['due'] = async (_, limit) =>
    (await store.due('9999', limit)).map((release) => ({ ...release, settledAt: 0 }));
  return { put: store.put, remove: store.remove, due };
}

/** A gateway that goes no further once it has sent the server's creation, and one that goes on later. */
async function interrupted(isCarriedOut: boolean) {
  const releases = memoryReleaseStore();
  const idempotency = memoryIdempotencyStore();
  setup = await releasingGateway({}, { releases, idempotency, shutdownMs: 0 });
  const before = await belongings();
  let isReached = false;
  setup.detour = (request, forward) => {
    if (isReached || request.method !== 'POST' || !/\/servers$/.test(request.url)) return undefined;
    isReached = true;
    const never = new Promise<Response>(() => {});
    return isCarriedOut ? forward().then(() => never) : never;
  };
  create(setup.gateway.url).catch(() => {});
  await expect.poll(() => isReached).toBe(true);
  await setup.joinServiceAccount();
  const { keys } = setup.gateway;
  const shared = { keys, idempotency, lease: 0, serviceAccount: true };
  const next = await setup.start({ ...shared, releases: later(releases) });
  return { before, next, pending: () => later(releases).due('', 10) };
}

test('a create that ended before its server was requested leaves neither port nor floating IP', async () => {
  const { before, next } = await interrupted(false);
  expect(await belongings()).not.toEqual(before);
  await next.flush();
  await expect.poll(belongings).toEqual(before);
});

test('a create that ended after its server was requested leaves the server with port and floating IP', async () => {
  const { next, pending } = await interrupted(true);
  const made = await belongings();
  await next.flush();
  await expect.poll(pending, { timeout: 5_000 }).toEqual([]);
  expect(await belongings()).toEqual(made);
});

test('the server of a second attempt retains its own port and floating IP alone', async () => {
  const { next, pending } = await interrupted(false);
  expect((await create(next.url)).status).toBe(202);
  await next.flush();
  await expect.poll(pending, { timeout: 5_000 }).toEqual([]);
  const { servers, ports, floatingIps } = await belongings();
  expect([servers.length, ports.length, floatingIps.length]).toEqual([1, 1, 1]);
  const shown = await setup.client.until(servers[0] ?? '', ({ state }) => state === 'active');
  expect(shown.metadata.isPublic).toBe('true');
});
