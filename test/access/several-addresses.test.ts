import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

let setup: ReleasingGateway;
beforeAll(async () => {
  setup = await releasingGateway({ bootMilliseconds: 20 });
});
afterAll(() => setup.close());

test('isPublic on a port with two IPv4 addresses associates the first one', async () => {
  const networks = (await setup.client.get('/v1/networks')).body.items;
  const { id: network_id } = networks.find(({ external }: { external: boolean }) => !external);
  const fixed_ips = [{ ip_address: '10.10.0.201' }, { ip_address: '10.10.0.202' }];
  const made = await setup.openStack.network('POST', '/ports', { port: { network_id, fixed_ips } });
  expect(made.status).toBe(201);
  const { status, body } = await setup.client.post('/v1/instances', {
    name: 'two-addresses',
    flavor_id: 'm1.tiny',
    image_id: 'debian-12-amd64',
    networks: [{ port: made.body.port.id }],
    metadata: { isPublic: true },
  });
  expect([status, body.metadata?.isPublic]).toEqual([202, 'true']);
  const { floatingips } = (await setup.openStack.network('GET', `/floatingips?port_id=${made.body.port.id}`))
    .body;
  expect(floatingips.map((ip: { fixed_ip_address: string }) => ip.fixed_ip_address)).toEqual(['10.10.0.201']);
});
