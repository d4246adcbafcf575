import { afterEach, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

let setup: ReleasingGateway;
afterEach(() => setup.close());

test('a floating IP that cannot be deleted when its network is detached is deleted later', async () => {
  setup = await releasingGateway({ bootMilliseconds: 200 });
  const metadata = { isPublic: true };
  const body = { name: 'web', flavor_id: 'm1.tiny', image_id: 'debian-12-amd64', metadata };
  const { id } = await setup.client.boot(body);
  const path = `/v1/instances/${id}/networks`;
  const [{ port_id }] = (await setup.client.get(path)).body.items;
  let refusals = 0;
  setup.detour = (request) => {
    if (request.method !== 'DELETE' || !request.url.includes('/floatingips/') || refusals === 3) return;
    refusals += 1;
    return Promise.resolve(new Response('{}', { status: 503 }));
  };
  expect((await setup.client.delete(`${path}/${port_id}`)).status).toBe(202);
  expect(refusals).toBe(3);
  await expect
    .poll(() => setup.openStack.belongings(), { timeout: 10_000 })
    .toMatchObject({ ports: [], floatingIps: [] });
});
