import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

let setup: ReleasingGateway;
let id: string;
beforeAll(async () => {
  setup = await releasingGateway({ bootMilliseconds: 100 }, { cache: { seconds: 0 } });
  const flavor = { flavor_id: 'm1.tiny', image_id: 'debian-12-amd64' };
  id = (await setup.client.boot({ name: 'bare', ...flavor })).id;
});
afterAll(() => setup.close());
beforeEach(() => {
  setup.detour = () => undefined;
});

type Members = Record<string, unknown>;

/** Takes members, at any depth, out of the responses to requests like this one. */
function without(method: string, path: RegExp, ...members: string[]): void {
  setup.detour = (request, forward) => {
    if (request.method !== method || !path.test(new URL(request.url).pathname)) return undefined;
    return forward().then(async (response) => {
      const bare = JSON.parse(await response.text(), (name, value) =>
        members.includes(name) ? undefined : value,
      ) as Members;
      const headers = new Headers(response.headers);
      headers.delete('content-length');
      return Response.json(bare, { status: response.status, headers });
    });
  };
}

describe('a response of the cloud without optional members', () => {
  test.each([
    [
      'instances',
      /\/servers\/detail$/,
      [
        'addresses',
        'metadata',
        'security_groups',
        'fault',
        'key_name',
        'locked',
        'OS-EXT-AZ:availability_zone',
      ],
    ],
    [
      'instances',
      /\/security-groups$/,
      [
        'created_at',
        'stateful',
        'shared',
        'description',
        'port_range_min',
        'port_range_max',
        'remote_ip_prefix',
        'remote_group_id',
        'security_group_rules',
      ],
    ],
    ['images', /\/images$/, ['name', 'size', 'min_disk', 'min_ram', 'updated_at']],
    [
      'flavors',
      /\/flavors\/detail$/,
      ['os-flavor-access:is_public', 'swap', 'rxtx_factor', 'OS-FLV-EXT-DATA:ephemeral'],
    ],
    ['networks', /\/networks$/, ['shared', 'is_default', 'status', 'subnets', 'name', 'router:external']],
    ['floating_ips', /\/floatingips$/, ['status', 'description', 'port_details', 'created_at']],
    ['security_groups', /\/security-groups$/, ['created_at', 'stateful', 'shared', 'remote_group_id']],
    ['server_groups', /\/os-server-groups$/, ['members', 'project_id']],
    ['quotas', /\/os-quota-sets\//, ['server_groups', 'key_pairs']],
    ['quotas', /\/quotas\//, ['floatingip', 'security_group']],
  ] as const)('is served by GET /v1/%s from %s', async (route, path, members) => {
    without('GET', path, ...members);
    const { status, body } = await setup.client.get(`/v1/${route}`);
    expect([status, body?.error]).toEqual([200, undefined]);
  });

  test.each([
    ['floating_ips', /\/floatingips$/],
    ['security_groups', /\/security-groups$/],
    ['instances', /\/security-groups$/],
  ])('is an empty list at GET /v1/%s where Neutron lacks the extension', async (route, path) => {
    setup.detour = (request) =>
      path.test(new URL(request.url).pathname)
        ? Promise.resolve(
            Response.json(
              {
                NeutronError: {
                  type: 'HTTPNotFound',
                  message: 'The resource could not be found.',
                  detail: '',
                },
              },
              { status: 404 },
            ),
          )
        : undefined;
    expect((await setup.client.get(`/v1/${route}`)).status).toBe(200);
  });

  test('shows quotas without usage where Neutron has no details', async () => {
    setup.detour = (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith('/details.json')) return Promise.resolve(new Response('', { status: 404 }));
      return /\/quotas\//.test(pathname)
        ? Promise.resolve(Response.json({ quota: { network: 100, port: -1, floatingip: 50 } }))
        : undefined;
    };
    const { status, body } = await setup.client.get('/v1/quotas');
    expect([status, body.networks, body.ports]).toEqual([
      200,
      { limit: 100, used: null },
      { limit: null, used: null },
    ]);
  });

  test.each([
    ['{}', Response.json({}, { status: 200 })],
    ['null', Response.json({ adminPass: null }, { status: 200 })],
    ['nothing', new Response('', { status: 200 })],
  ])('rescue without a password (%s) is 202 without one', async (_, response) => {
    setup.detour = (request) =>
      request.method === 'POST' && request.url.endsWith('/action') ? Promise.resolve(response) : undefined;
    const { status, body } = await setup.client.act(id, 'rescue');
    expect([status, body]).toEqual([202, {}]);
  });

  test('rebuild without a password is 202 without one', async () => {
    without('POST', /\/action$/, 'adminPass');
    const { status, body } = await setup.client.act(id, 'rebuild', { image_id: 'debian-12-amd64' });
    expect([status, body]).toEqual([202, {}]);
    await setup.client.until(id, ({ state }) => state === 'active');
  });

  test('create without links and a password is 202', async () => {
    without('POST', /\/servers$/, 'links', 'adminPass', 'security_groups', 'OS-DCF:diskConfig');
    const flavor = { flavor_id: 'm1.tiny', image_id: 'debian-12-amd64' };
    expect((await setup.client.post('/v1/instances', { name: 'x', ...flavor })).status).toBe(202);
  });

  test('a port without revisions takes a security group', async () => {
    without('GET', /\/ports(\/|$)/, 'revision_number', 'created_at', 'name');
    const { status } = await setup.client.patch(`/v1/instances/${id}`, { metadata: { enableSSH: true } });
    expect(status).toBe(200);
  });
});

describe('a key pair whose name has @ or .', () => {
  const publicKey =
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxpbmd1YW5vdmEgdGVzdCBrZXkgMDEyMzQ1Njc4OTAx user@host';

  test('is created from a public key where Nova supports 2.92, and can be shown and deleted', async () => {
    const made = await setup.client.post('/v1/keypairs', {
      name: 'user@host.example',
      public_key: publicKey,
    });
    expect([made.status, made.body.name]).toEqual([201, 'user@host.example']);
    expect((await setup.client.get('/v1/keypairs/user%40host.example')).status).toBe(200);
    expect((await setup.client.delete('/v1/keypairs/user%40host.example')).status).toBe(204);
  });

  test('is rejected by name without a public key, and for an older Nova', async () => {
    let created = 0;
    setup.detour = (request) => {
      if (request.method === 'POST' && request.url.endsWith('/os-keypairs')) created += 1;
      return undefined;
    };
    const without = await setup.client.post('/v1/keypairs', { name: 'user@host' });
    expect([without.status, without.body.error.details[0].field]).toEqual([400, 'name']);
    setup.detour = (request) => {
      if (request.method === 'POST' && request.url.endsWith('/os-keypairs')) created += 1;
      if (!/\/compute\/v2\.1\/?$/.test(new URL(request.url).pathname)) return undefined;
      return Promise.resolve(Response.json({ version: { version: '2.79', min_version: '2.1' } }));
    };
    // Another gateway, which does not know yet what this Nova speaks.
    const older = await setup.start({ keys: setup.gateway.keys });
    const refused = await fetch(`${older.url}/v1/keypairs`, {
      method: 'POST',
      headers: { 'x-api-key': setup.key, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'user@host', public_key: publicKey }),
    });
    const { error } = (await refused.json()) as { error: { details: { field: string }[] } };
    expect([refused.status, error.details[0]?.field, created]).toEqual([400, 'name', 0]);
  });
});
