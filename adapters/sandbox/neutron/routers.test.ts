import { describe, expect, it } from 'vitest';
import { asCustomer, createTestSandbox } from '../../../test/support/sandbox-client.ts';

const BASE = '/networking/v2.0';

/** A network 10.77.0.0/24 of a member, and a router without gateway. */
async function world() {
  const { sandbox, acme } = createTestSandbox();
  const send = await asCustomer(sandbox, acme);
  const { network } = (await send('POST', `${BASE}/networks`, { network: { name: 'web' } })).body;
  const given = { network_id: network.id, cidr: '10.77.0.0/24', ip_version: 4 };
  const { subnet } = (await send('POST', `${BASE}/subnets`, { subnet: given })).body;
  const { router } = (await send('POST', `${BASE}/routers`, { router: { name: 'web' } })).body;
  const change = (body: object, path = '') => send('PUT', `${BASE}/routers/${router.id}${path}`, body);
  return { sandbox, send, network, subnet, router, change };
}

describe('a router', () => {
  it('is connected by a subnet or a port, and to be disconnected before it goes', async () => {
    const { send, router, network, subnet, change } = await world();
    const port = { network_id: network.id, fixed_ips: [{ ip_address: '10.77.0.9' }] };
    const made = (await send('POST', `${BASE}/ports`, { port })).body.port;
    const added = await change({ port_id: made.id }, '/add_router_interface');
    expect([added.status, added.body]).toEqual([
      200,
      expect.objectContaining({ port_id: made.id, subnet_id: subnet.id }),
    ]);
    expect((await change({ subnet_id: subnet.id }, '/add_router_interface')).status).toBe(400);
    expect((await send('DELETE', `${BASE}/routers/${router.id}`)).status).toBe(409);
    expect((await change({ port_id: made.id }, '/remove_router_interface')).status).toBe(200);
    expect((await send('DELETE', `${BASE}/routers/${router.id}`)).status).toBe(204);
  });

  it('has routes only to hops in its subnets', async () => {
    const { subnet, change } = await world();
    const routes = [{ destination: '192.0.2.0/24', nexthop: '10.77.0.5' }];
    expect((await change({ router: { routes } })).body.NeutronError.type).toBe('InvalidRoutes');
    await change({ subnet_id: subnet.id }, '/add_router_interface');
    expect((await change({ router: { routes } })).body.router.routes).toEqual(routes);
    const more = [{ destination: '198.51.100.0/24', nexthop: '10.77.0.5' }];
    expect((await change({ router: { routes: more } }, '/add_extraroutes')).body.router.routes).toEqual([
      ...routes,
      ...more,
    ]);
    expect((await change({ router: { routes } }, '/remove_extraroutes')).body.router.routes).toEqual(more);
  });

  it('of a member has neither a chosen address outside nor a chosen placement', async () => {
    const { sandbox, change } = await world();
    const gateway = { network_id: sandbox.publicNetworkId };
    for (const refused of [
      { distributed: true },
      { external_gateway_info: { ...gateway, enable_snat: false } },
      { external_gateway_info: { ...gateway, external_fixed_ips: [{ ip_address: '203.0.113.7' }] } },
    ])
      expect([refused, (await change({ router: refused })).status]).toEqual([refused, 403]);
    expect((await change({ router: { external_gateway_info: gateway } })).status).toBe(200);
  });
});

describe('a subnet', () => {
  it('is changed, and gives addresses of its pools only', async () => {
    const { send, network, subnet } = await world();
    const change = (body: object) => send('PUT', `${BASE}/subnets/${subnet.id}`, { subnet: body });
    const outside = { allocation_pools: [{ start: '10.78.0.1', end: '10.78.0.2' }] };
    expect((await change(outside)).body.NeutronError.type).toBe('OutOfBoundsAllocationPool');
    expect((await change({ cidr: '10.78.0.0/24' })).status).toBe(400);
    const wanted = {
      name: 'new',
      dns_nameservers: ['192.0.2.1'],
      gateway_ip: null,
      allocation_pools: [{ start: '10.77.0.50', end: '10.77.0.60' }],
    };
    expect((await change(wanted)).body.subnet).toMatchObject(wanted);
    const { port } = (await send('POST', `${BASE}/ports`, { port: { network_id: network.id } })).body;
    expect(port.fixed_ips[0].ip_address).toBe('10.77.0.50');
    const overlapping = { network_id: network.id, cidr: '10.77.0.0/25', ip_version: 4 };
    expect((await send('POST', `${BASE}/subnets`, { subnet: overlapping })).status).toBe(400);
  });
});

it('tags are read one by one and deleted together', async () => {
  const { send, router } = await world();
  const tags = `${BASE}/routers/${router.id}/tags`;
  await send('PUT', tags, { tags: ['a', 'b'] });
  expect((await send('GET', `${tags}/a`)).status).toBe(204);
  expect((await send('GET', `${tags}/c`)).status).toBe(404);
  expect((await send('DELETE', tags)).status).toBe(204);
  expect((await send('GET', tags)).body).toEqual({ tags: [] });
});
