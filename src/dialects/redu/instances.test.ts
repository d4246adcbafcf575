import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ID, INSTANCE, OTHER_ID, reduApp } from '../../../test/support/redu-app.ts';
import { createInstance } from '../../compute/create-instance.ts';
import { deleteInstance, getInstance, listInstances } from '../../compute/instances.ts';
import { updateInstance } from '../../compute/update-instance.ts';
import { instanceDetailSchema, instanceSchema } from './instance-schemas.ts';

vi.mock('../../compute/create-instance.ts', () => ({ createInstance: vi.fn() }));
vi.mock('../../compute/update-instance.ts', () => ({ updateInstance: vi.fn() }));
vi.mock('../../compute/instances.ts', () => ({
  listInstances: vi.fn(),
  getInstance: vi.fn(),
  deleteInstance: vi.fn(),
}));

const LISTED = {
  id: ID,
  name: 'web-production-01',
  status: 'ACTIVE',
  state: 'active',
  image_id: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
  flavor_id: 'm1.small',
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:16:03Z',
  metadata: { isPublic: 'true', enableSSH: 'true', floatingIp: '203.0.113.42', team: 'web' },
  user_id: 'ab2399414c9248a09de5ed551c817f16',
  project_id: '719015812e824d5b874b4190dde8f43c',
};
const DETAIL = {
  ...LISTED,
  addresses: [
    { network: 'private', address: '10.0.0.8', version: 4, type: 'fixed', mac_address: 'fa:16:3e:00:00:01' },
  ],
  keypair_name: 'laptop',
  availability_zone: 'nova',
  security_group_names: ['default'],
  locked: false,
  volumes: [],
  fault: null,
  description: null,
  task: null,
  tags: [],
  server_group_id: null,
};
const NEW = { name: 'web', flavor_id: 'm1.small', image_id: 'ubuntu' };

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(listInstances).mockResolvedValue({ instances: [INSTANCE], more: false });
  vi.mocked(getInstance).mockResolvedValue(INSTANCE);
  vi.mocked(createInstance).mockResolvedValue(INSTANCE);
  vi.mocked(updateInstance).mockResolvedValue(INSTANCE);
});

describe('GET /v1/instances', () => {
  const asked = () => vi.mocked(listInstances).mock.calls[0]?.slice(1);

  test('is a bare array of exactly the documented fields', async () => {
    const { status, json, response } = await reduApp().call('GET', '/v1/instances');
    expect([status, json]).toEqual([200, [LISTED]]);
    expect(instanceSchema.strict().parse(json[0])).toEqual(LISTED);
    expect(response.headers.has('Link')).toBe(false);
    expect(asked()).toEqual([{}, {}]);
  });

  test('reports the actual access of an instance, not its metadata', async () => {
    const closed = { ...INSTANCE, publicAddress: null, sshEnabled: false, imageId: null };
    const stale = { isPublic: 'true', enableSSH: 'true', floatingIp: '203.0.113.9' };
    vi.mocked(listInstances).mockResolvedValue({ instances: [{ ...closed, metadata: stale }], more: false });
    const { json } = await reduApp().call('GET', '/v1/instances');
    expect(json[0]).toMatchObject({ image_id: null, metadata: { isPublic: 'false', enableSSH: 'false' } });
    expect(json[0].metadata).not.toHaveProperty('floatingIp');
  });

  test('narrows by every filter', async () => {
    const path = `/v1/instances?status=active&status=SHUTOFF&name=%5Eweb&flavor=m1.small&image=ubuntu&limit=2&marker=${ID}`;
    await reduApp().call('GET', path);
    expect(asked()).toEqual([
      { statuses: ['ACTIVE', 'SHUTOFF'], name: '^web', flavor: 'm1.small', image: 'ubuntu' },
      { limit: 2, marker: ID },
    ]);
  });

  test('links to the next page, filters and all, only while there is one', async () => {
    vi.mocked(listInstances).mockResolvedValue({ instances: [INSTANCE], more: true });
    const { call } = reduApp();
    const first = await call('GET', `/v1/instances?status=ACTIVE&name=a%26b&limit=1&marker=${OTHER_ID}`);
    expect(first.response.headers.get('Link')).toBe(
      `</v1/instances?limit=1&marker=${ID}&name=a%26b&status=ACTIVE>; rel="next"`,
    );
    vi.mocked(listInstances).mockResolvedValue({ instances: [INSTANCE], more: false });
    expect((await call('GET', '/v1/instances?limit=1')).response.headers.has('Link')).toBe(false);
  });

  test('limit 0 is an empty list', async () => {
    expect((await reduApp().call('GET', '/v1/instances?limit=0')).json).toEqual([]);
    expect(listInstances).not.toHaveBeenCalled();
  });

  test('all_tenants is for administrators', async () => {
    const member = await reduApp().call('GET', '/v1/instances?all_tenants=1');
    expect(member.status).toBe(403);
    expect(member.json.error.message).toContain('"admin"');
    expect((await reduApp().call('GET', '/v1/instances?all_tenants=0')).status).toBe(200);
    await reduApp({}, ['instances:read', 'admin']).call('GET', '/v1/instances?all_tenants=True');
    expect(vi.mocked(listInstances).mock.lastCall?.[1]).toEqual({ allProjects: true });
  });

  test.each([
    ['status=RUNNING', 'status.0: must be one of ACTIVE, SHUTOFF'],
    ['limit=-1', 'limit: must be a whole number from 0 to 1000'],
    ['limit=1001', 'limit: must be a whole number from 0 to 1000'],
    ['limit=1.5', 'limit: must be'],
    ['limit=', 'limit: must be'],
    ['limit=1&limit=2', 'limit: may be given only once'],
    ['marker=x', 'marker: must be a UUID'],
    ['name=', 'name: must not be empty'],
    ['name=%00', 'name: must have no control characters'],
    ['all_tenants=yes', 'all_tenants: must be 1, 0, true or false'],
    ['project_id=1', 'project_id: needs all_tenants=1'],
    ['tenant_id=1', 'tenant_id: is unknown; allowed: status, name'],
    ['__proto__=1', '__proto__: is unknown'],
  ])('refuses %s', async (query, problem) => {
    const [first, ...more] = await reduApp().problems('GET', `/v1/instances?${query}`);
    expect(first).toContain(problem);
    expect(more).toEqual([]);
  });

  test('names all wrong parameters at once', async () => {
    expect(await reduApp().problems('GET', '/v1/instances?limit=x&marker=y&foo=1&bar=2')).toHaveLength(4);
  });
});

describe('POST /v1/instances', () => {
  const asked = () => vi.mocked(createInstance).mock.calls[0]?.[1];

  test('answers 202 with the instance and where it is', async () => {
    const { status, json, response } = await reduApp().call('POST', '/v1/instances', NEW);
    expect([status, json]).toEqual([202, DETAIL]);
    expect(response.headers.get('Location')).toBe(`/v1/instances/${ID}`);
    expect(vi.mocked(createInstance).mock.calls[0]?.slice(1)).toEqual([
      {
        name: 'web',
        flavor: 'm1.small',
        image: 'ubuntu',
        networks: [],
        securityGroupNames: [],
        keypairName: null,
        userData: null,
        availabilityZone: null,
        bootVolume: null,
        serverGroupId: null,
        description: null,
        tags: [],
        metadata: {},
        isPublic: false,
        enableSsh: false,
      },
      { keyId: 'key-1' },
      undefined,
    ]);
  });

  test('boots from a new volume, or from a given one', async () => {
    const { call } = reduApp();
    await call('POST', '/v1/instances', { ...NEW, boot_volume: { size_gb: 9, volume_type: 'ssd' } });
    expect(asked()).toMatchObject({
      image: 'ubuntu',
      bootVolume: { kind: 'new', sizeGb: 9, volumeType: 'ssd', deleteWithInstance: false },
    });
    vi.mocked(createInstance).mockClear();
    const { image_id: _, ...rest } = NEW;
    await call('POST', '/v1/instances', { ...rest, volume_id: ID, delete_with_instance: true });
    expect(asked()).toMatchObject({
      image: null,
      bootVolume: { kind: 'existing', volumeId: ID, deleteWithInstance: true },
    });
  });

  test('understands every field', async () => {
    await reduApp().call('POST', '/v1/instances', {
      ...NEW,
      networks: [ID.toUpperCase(), { uuid: OTHER_ID }, { port: ID }],
      keypair_name: 'laptop',
      security_group_names: ['default', 'web'],
      user_data: '#cloud-config\n',
      availability_zone: 'nova',
      server_group_id: OTHER_ID,
      description: 'front end',
      tags: ['web', 'eu', 'web'],
      metadata: { isPublic: true, enableSSH: 'ShouldBeTrue', 'team:a': '' },
    });
    expect(asked()).toEqual({
      name: 'web',
      flavor: 'm1.small',
      image: 'ubuntu',
      bootVolume: null,
      networks: [
        { kind: 'network', networkId: ID },
        { kind: 'network', networkId: OTHER_ID },
        { kind: 'port', portId: ID },
      ],
      securityGroupNames: ['default', 'web'],
      keypairName: 'laptop',
      userData: btoa('#cloud-config\n'),
      availabilityZone: 'nova',
      serverGroupId: OTHER_ID,
      description: 'front end',
      tags: ['web', 'eu'],
      metadata: { 'team:a': '' },
      isPublic: true,
      enableSsh: true,
    });
  });

  test('null is the same as left out', async () => {
    const nothing = { network_id: ID, networks: null, keypair_name: null, user_data: null, metadata: null };
    expect((await reduApp().call('POST', '/v1/instances', { ...NEW, ...nothing })).status).toBe(202);
    expect(asked()?.networks).toEqual([{ kind: 'network', networkId: ID }]);
  });

  test.each([
    [true, true],
    [false, false],
    ['TRUE', true],
    ['False', false],
    ['shouldbetrue', true],
  ])('the flag %j is %s', async (isPublic, expected) => {
    await reduApp().call('POST', '/v1/instances', { ...NEW, metadata: { isPublic } });
    expect(asked()?.isPublic).toBe(expected);
  });

  test.each([
    [{ flavour: 'x' }, 'flavour: is unknown; allowed: name, flavor_id'],
    [{ name: undefined }, 'name: is required'],
    [{ name: 7 }, 'name: must be text'],
    [{ name: '' }, 'name: must not be empty'],
    [{ name: ' web' }, 'name: must not begin or end with a space'],
    [{ name: 'a\nb' }, 'name: must have printable characters only'],
    [{ name: '\ud800' }, 'name: must have no characters beyond U+FFFF, such as emoji'],
    [{ name: '😀' }, 'name: must have no characters beyond U+FFFF, such as emoji'],
    [{ metadata: { '..': 'x' } }, 'metadata...: the key must have'],
    [{ name: 'x'.repeat(256) }, 'name: must have at most 255 characters'],
    [{ network_id: 'net' }, 'network_id: must be a UUID'],
    [{ network_id: ID, networks: [ID] }, 'network_id: must be left out when networks is given'],
    [{ networks: [] }, 'networks: must not be empty'],
    [{ networks: ['net'] }, 'networks.0: must be a UUID'],
    [{ networks: [{ uuid: ID, port: ID }] }, 'networks.0'],
    [{ security_group_names: ['a', 'a'] }, 'security_group_names: must name each group once'],
    [{ security_group_names: [{ name: 'a' }] }, 'security_group_names.0: must be text'],
    [{ server_group_id: 1 }, 'server_group_id: must be text'],
    [{ user_data: 'x '.repeat(40_000) }, 'user_data: must have at most 65535 bytes'],
    [{ metadata: [] }, 'metadata: must be an object'],
    [{ metadata: { team: 1 } }, 'metadata.team: must be text of at most 255 characters'],
    [{ metadata: { team: true } }, 'metadata.team: must be text'],
    [{ metadata: { team: null } }, 'metadata.team: must be text'],
    [{ metadata: { team: 'x'.repeat(256) } }, 'metadata.team: must be text of at most 255 characters'],
    [{ metadata: { isPublic: 'yes' } }, 'metadata.isPublic: must be true or false'],
    [{ metadata: { enableSSH: 1 } }, 'metadata.enableSSH: must be true or false'],
    [{ metadata: { floatingIp: '203.0.113.1' } }, 'metadata.floatingIp: is read-only'],
    [{ metadata: { 'a/b': 'x' } }, 'metadata.a/b: the key must have'],
    [{ metadata: { '': 'x' } }, 'metadata.: the key must have'],
    [{ metadata: items(129) }, 'metadata: must have at most 128 items'],
    [{ metadata: items(127) }, 'metadata: must have at most 126 items besides the flags'],
    [
      { metadata: { ...items(126), isPublic: true } },
      'metadata: must have at most 125 items besides the flags',
    ],
  ])('refuses %.60j', async (change, problem) => {
    const [first, ...more] = await reduApp().problems('POST', '/v1/instances', { ...NEW, ...change });
    expect(first).toContain(problem);
    expect(more).toEqual([]);
    expect(createInstance).not.toHaveBeenCalled();
  });

  test('names all wrong fields at once, and not without end', async () => {
    const { problems } = reduApp();
    const body = { name: ' ', flavor_id: 1, a: 1, b: 2, metadata: { x: 1, floatingIp: '' } };
    const fields = (await problems('POST', '/v1/instances', body)).map((problem) => problem.split(':')[0]);
    expect(fields.toSorted()).toEqual(
      ['a', 'b', 'flavor_id', 'image_id', 'metadata.floatingIp', 'metadata.x', 'name'].toSorted(),
    );
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}${'x'.repeat(50)}`, 1]));
    expect(await problems('POST', '/v1/instances', many)).toHaveLength(50);
  });

  test('of doubled keys the last counts; __proto__ is refused wherever it is', async () => {
    const { call } = reduApp();
    const doubled = '{"name":"a","name":"web","flavor_id":"f","image_id":"i"}';
    expect((await call('POST', '/v1/instances', doubled)).status).toBe(202);
    expect(asked()).toMatchObject({ name: 'web', metadata: {} });
    for (const hostile of ['"metadata":{"__proto__":"x"}', '"__proto__":{"isAdmin":true}']) {
      const body = `{"name":"web","flavor_id":"f","image_id":"i",${hostile}}`;
      const { status, json } = await call('POST', '/v1/instances', body);
      expect([status, json.error.details[0].field]).toEqual([400, '__proto__']);
    }
  });

  test('choosing a host is for administrators', async () => {
    const body = { ...NEW, availability_zone: 'nova:host1' };
    expect((await reduApp().call('POST', '/v1/instances', body)).status).toBe(403);
    expect((await reduApp({}, ['instances:write', 'admin']).call('POST', '/v1/instances', body)).status).toBe(
      202,
    );
  });
});

describe('/v1/instances/{id}', () => {
  test('GET is the instance in detail', async () => {
    const { json } = await reduApp().call('GET', `/v1/instances/${ID.toUpperCase()}`);
    expect(instanceDetailSchema.strict().parse(json)).toEqual(DETAIL);
    expect(vi.mocked(getInstance).mock.calls[0]?.[1]).toBe(ID);
  });

  test('GET of a failed one says why, and knows no groups yet', async () => {
    const fault = { code: 500, message: 'No valid host', created: INSTANCE.created };
    vi.mocked(getInstance).mockResolvedValue({ ...INSTANCE, fault, securityGroupNames: 'unknown' });
    const { json } = await reduApp().call('GET', `/v1/instances/${ID}`);
    expect(json).toMatchObject({ fault, security_group_names: [] });
  });

  test('PATCH merges, null removes, and a flag removed is false', async () => {
    const metadata = { team: 'web', old: null, isPublic: null, enableSSH: 'true' };
    const { status, json } = await reduApp().call('PATCH', `/v1/instances/${ID}`, { name: 'new', metadata });
    expect([status, json]).toEqual([200, DETAIL]);
    expect(vi.mocked(updateInstance).mock.calls[0]?.slice(1)).toEqual([
      ID,
      { name: 'new', metadata: { team: 'web', old: null }, isPublic: false, enableSsh: true },
      { keyId: 'key-1' },
    ]);
  });

  test.each([
    [{}, 'body: must have name, description or metadata'],
    [{ name: null }, 'name: must be text'],
    [{ metadata: { floatingIp: null } }, 'metadata.floatingIp: is read-only'],
    [{ flavor_id: 'x' }, 'flavor_id: is unknown; allowed: name, description, metadata'],
  ])('PATCH refuses %j', async (body, problem) => {
    expect((await reduApp().problems('PATCH', `/v1/instances/${ID}`, body))[0]).toContain(problem);
  });

  test('DELETE is 204 without a body', async () => {
    const { status, text } = await reduApp().call('DELETE', `/v1/instances/${ID}`);
    expect([status, text]).toEqual([204, '']);
    expect(vi.mocked(deleteInstance).mock.calls[0]?.[1]).toBe(ID);
  });

  test.each(['x', '..%2f', `${ID}x`, '%00', '719015812e824d5b874b4190dde8f43c'])(
    '%s is no id: 404',
    async (id) => {
      const { call } = reduApp();
      for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { name: 'x' }]] as const) {
        const { status, json } = await call(method, `/v1/instances/${id}`, body);
        expect([status, json.error.code]).toEqual([404, 'itemNotFound']);
      }
      expect(getInstance).not.toHaveBeenCalled();
    },
  );
});

function items(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, '']));
}
