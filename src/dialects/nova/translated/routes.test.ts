import { describe, expect, test, vi } from 'vitest';
import {
  ID,
  IMAGE_ID,
  novaApp,
  OTHER_ID,
  PROJECT_ID,
  URL_OF_GATEWAY,
} from '../../../../test/support/nova-app.ts';
import type { Cloud } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { QUOTA_NAMES, type Quotas } from '../../../compute/model.ts';
import type { NewSecurityGroupRule } from '../../../compute/security-groups.ts';

const COMPUTE = '/compute/v2.1';
const CREATED = '2026-02-12T09:14:22Z';
const FLAVORS: Awaited<ReturnType<Cloud['listFlavors']>> = [
  { id: '2', name: 'm1.small', vcpus: 1, ram: 2_048, disk: 20, isPublic: true },
  { id: '1', name: 'm1.tiny', vcpus: 1, ram: 512, disk: 1, isPublic: true },
];
const IMAGES: Awaited<ReturnType<Cloud['listImages']>> = ['ubuntu', 'debian'].map((name, index) => ({
  id: index === 0 ? IMAGE_ID : OTHER_ID,
  name,
  status: 'active',
  visibility: 'public',
  projectId: null,
  diskFormat: 'raw',
  containerFormat: 'bare',
  tags: [],
  size: 1,
  minDisk: 0,
  minRam: 0,
  created: CREATED,
  updated: CREATED,
}));
const quotas = async () =>
  Object.fromEntries(QUOTA_NAMES.map((name, n) => [name, { limit: n === 0 ? null : n, used: n }])) as Quotas;
const caller = async () => ({ region: '', userId: 'u', projectId: PROJECT_ID, roles: [] });

describe('flavors', () => {
  const { call } = novaApp({ listFlavors: async () => FLAVORS });

  test('a list is sorted by id and filtered by minRam and minDisk', async () => {
    const ids = async (query: string) =>
      (await call(`GET ${COMPUTE}/flavors/detail?${query}`)).json.flavors.map(({ id }: { id: string }) => id);
    expect(await ids('is_public=None')).toEqual(['1', '2']);
    expect(await ids('minRam=1000')).toEqual(['2']);
    expect(await ids('sort_key=memory_mb&sort_dir=desc')).toEqual(['2', '1']);
    expect(await ids('marker=1')).toEqual(['2']);
    const { json } = await call(`GET ${COMPUTE}/flavors?limit=1`);
    expect(json.flavors_links[0].href).toBe(`${URL_OF_GATEWAY}${COMPUTE}/flavors?limit=1&marker=1`);
    expect((await call(`GET ${COMPUTE}/flavors?minRam=x`)).status).toBe(400);
    expect((await call(`GET ${COMPUTE}/flavors?marker=9`)).status).toBe(400);
    expect((await call(`GET ${COMPUTE}/flavors?sort_key=nonsense`)).status).toBe(400);
    expect((await call(`GET ${COMPUTE}/flavors?sort_key=swap`)).status).toBe(501);
  });

  test.each(['2', 'm1.small'])(
    'a flavor is found by id, and by the name a redu cloud may use for it: %s',
    async (id) => {
      const { json } = await call(`GET ${COMPUTE}/flavors/${id}`);
      expect(json.flavor).toMatchObject({
        id: '2',
        name: 'm1.small',
        ram: 2_048,
        disk: 20,
        vcpus: 1,
        swap: '',
      });
      expect((await call(`GET ${COMPUTE}/flavors/none`)).status).toBe(404);
      expect((await call(`GET ${COMPUTE}/flavors/${id}/os-extra_specs`)).json).toEqual({ extra_specs: {} });
    },
  );
});

describe('images', () => {
  const { call } = novaApp({
    listImages: async () => IMAGES,
    async getImage(id) {
      const found = IMAGES.find((image) => image.id === id);
      if (found === undefined) throw new ComputeError('not_found', 'There is no such image.');
      return found;
    },
  });
  const names = async (query: string) =>
    (await call(`GET /image/v2/images?${query}`)).json.images.map(({ name }: { name: string }) => name);

  test('Glance’s list is filtered by reported members', async () => {
    expect(await names('name=debian')).toEqual(['debian']);
    expect(await names(`id=in:${IMAGE_ID},x`)).toEqual(['ubuntu']);
    expect(await names('status=queued')).toEqual([]);
    expect(await names('os_hidden=False')).toEqual(['debian', 'ubuntu']);
    expect(await names('os_hidden=True')).toEqual([]);
    expect((await call('GET /image/v2/images?limit=1')).json.next).toBe(
      `/v2/images?limit=1&marker=${OTHER_ID}`,
    );
    expect((await call(`GET /image/v2/images/${IMAGE_ID}`)).json).toMatchObject({
      id: IMAGE_ID,
      min_disk: 0,
    });
    const missing = await call('GET /image/v2/images/none');
    expect([missing.status, missing.json.code]).toEqual([404, '404 Not Found']);
  });

  test.each(['os_distro', 'protected', 'checksum'])(
    'a filter by %s, which redu does not report, is 501',
    async (name) => {
      const { status, json } = await call(`GET /image/v2/images?${name}=x`);
      expect([status, json.message]).toEqual([501, expect.stringContaining(`filtering images by ${name}`)]);
    },
  );

  test('Glance’s list is sorted by sort or sort_key, and its next link is relative to the version', async () => {
    expect(await names('sort=name:desc')).toEqual(['ubuntu', 'debian']);
    expect(await names('sort=name:asc')).toEqual(['debian', 'ubuntu']);
    expect(await names('sort_key=name&sort_dir=asc')).toEqual(['debian', 'ubuntu']);
    const { json } = await call('GET /image/v2/images?sort=name:asc&limit=1&name=in:ubuntu,debian');
    expect(json.first).toBe('/v2/images?sort=name%3Aasc&limit=1&name=in%3Aubuntu%2Cdebian');
    const next = await call(`GET /image${json.next}`);
    expect(next.json.images.map(({ name }: { name: string }) => name)).toEqual(['ubuntu']);
    for (const wrong of [
      'sort=foo',
      'sort=name:up',
      'sort=name&sort_key=name',
      'visibility=foo',
      'size_min=x',
    ]) {
      expect([wrong, (await call(`GET /image/v2/images?${wrong}`)).status]).toEqual([wrong, 400]);
    }
  });

  test.each([
    ['created_at=gt:2026-01-01T00:00:00Z', 2],
    ['updated_at=lt:2026-01-01T00:00:00Z', 0],
    ['size_min=2', 0],
    ['size_max=2', 2],
    ['visibility=all', 2],
    ['tag=web', 0],
    ['owner=in:a,b', 0],
    ['disk_format=raw&container_format=bare', 2],
    ['visibility=private', 0],
  ])('Glance’s list is filtered by %s', async (query, count) => {
    expect(await names(query)).toHaveLength(count);
  });

  test('Nova’s image proxy lists, filters and shows images', async () => {
    expect((await call(`GET ${COMPUTE}/images?name=debian`)).json.images).toHaveLength(1);
    expect((await call(`GET ${COMPUTE}/images/detail`)).json.images[0].status).toBe('ACTIVE');
    expect((await call(`GET ${COMPUTE}/images?status=saving`)).json.images).toEqual([]);
    for (const name of ['server', 'type', 'property-os_distro'])
      expect([name, (await call(`GET ${COMPUTE}/images?${name}=x`)).status]).toEqual([name, 501]);
    expect((await call(`GET ${COMPUTE}/images/${IMAGE_ID}`)).json.image.progress).toBe(100);
  });
});

test('key pairs', async () => {
  const pair = { name: 'laptop', type: 'ssh' as const, publicKey: 'ssh-rsa AAA', fingerprint: 'aa:bb' };
  const createKeyPair = vi.fn(async () => ({ ...pair, privateKey: 'secret' }));
  const deleteKeyPair = vi.fn(async () => {});
  const listKeyPairs = async () => [pair];
  const { call } = novaApp({
    createKeyPair,
    deleteKeyPair,
    listKeyPairs,
    getKeyPair: async () => pair,
    caller,
  });
  const view = { name: 'laptop', public_key: 'ssh-rsa AAA', fingerprint: 'aa:bb' };
  expect((await call(`GET ${COMPUTE}/os-keypairs`)).json).toEqual({ keypairs: [{ keypair: view }] });
  expect((await call(`GET ${COMPUTE}/os-keypairs/laptop`)).json.keypair).toMatchObject({
    ...view,
    user_id: 'u',
  });
  const made = await call(`POST ${COMPUTE}/os-keypairs`, { keypair: { name: 'laptop' } });
  expect([made.status, made.json.keypair.private_key]).toEqual([200, 'secret']);
  expect((await call(`POST ${COMPUTE}/os-keypairs`, { keypair: { name: 'a/b' } })).status).toBe(400);
  expect((await call(`DELETE ${COMPUTE}/os-keypairs/laptop`)).status).toBe(202);
});

test('server groups', async () => {
  const group = { id: ID, name: 'apart', policy: 'anti-affinity', memberIds: [OTHER_ID] } as const;
  const createServerGroup = vi.fn(async () => group);
  const methods = {
    createServerGroup,
    listServerGroups: async () => [group],
    getServerGroup: async () => group,
  };
  const { call } = novaApp({ ...methods, deleteServerGroup: async () => {} });
  const view = { id: ID, name: 'apart', policies: ['anti-affinity'], members: [OTHER_ID], metadata: {} };
  expect((await call(`GET ${COMPUTE}/os-server-groups`)).json).toEqual({ server_groups: [view] });
  expect((await call(`GET ${COMPUTE}/os-server-groups/${ID}`)).json).toEqual({ server_group: view });
  const wanted = { name: 'apart', policies: ['anti-affinity'] };
  expect((await call(`POST ${COMPUTE}/os-server-groups`, { server_group: wanted })).status).toBe(200);
  expect(createServerGroup).toHaveBeenCalledWith('apart', 'anti-affinity');
  const none = { server_group: { name: 'apart', policies: [] } };
  expect((await call(`POST ${COMPUTE}/os-server-groups`, none)).status).toBe(400);
  expect((await call(`DELETE ${COMPUTE}/os-server-groups/${ID}`)).status).toBe(204);
});

test('limits and quotas show -1 for unlimited, and refuse other projects', async () => {
  const { call } = novaApp({ quotas });
  const { absolute } = (await call(`GET ${COMPUTE}/limits`)).json.limits;
  expect(absolute).toMatchObject({ maxTotalInstances: -1, maxTotalCores: 1, totalRAMUsed: 2 });
  const set = `${COMPUTE}/os-quota-sets/${PROJECT_ID}`;
  expect((await call(`GET ${set}`)).json.quota_set).toMatchObject({
    id: PROJECT_ID,
    instances: -1,
    cores: 1,
  });
  expect((await call(`GET ${set}/detail`)).json.quota_set.cores).toEqual({
    limit: 1,
    in_use: 1,
    reserved: 0,
  });
  expect((await call(`GET ${COMPUTE}/os-quota-sets/other`)).status).toBe(403);
  const network = `/networking/v2.0/quotas/${PROJECT_ID}`;
  expect((await call(`GET ${network}`)).json.quota).toMatchObject({ floatingip: 5, network: 7 });
  expect((await call(`GET ${network}/details.json`)).json.quota.port).toEqual({
    limit: 8,
    used: 8,
    reserved: 0,
  });
});

describe('the network', () => {
  const NEUTRON = '/networking/v2.0';
  const network = {
    status: 'ACTIVE',
    shared: false,
    isDefault: false,
    projectId: 'p',
    subnetIds: ['s'],
    description: '',
    created: '',
  };
  const rule = {
    id: 'r1',
    securityGroupId: ID,
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    portMin: 22,
    portMax: 22,
    remotePrefix: null,
    remoteGroupId: null,
    description: '',
  } as const;
  const group = {
    id: ID,
    name: 'web',
    description: '',
    projectId: 'p',
    stateful: true,
    shared: false,
    created: '',
    rules: [rule],
  };
  const createSecurityGroupRule = vi.fn(async () => rule);
  const updateSecurityGroup = vi.fn(async (_id: string, change: object) => ({ ...group, ...change }));
  const deleteSecurityGroupRule = vi.fn(async () => {});
  const { call } = novaApp({
    listNetworks: async () => [
      { ...network, id: 'n2', name: 'private', external: false },
      { ...network, id: 'n1', name: 'public', external: true },
    ],
    listPorts: async () => [],
    listSecurityGroups: async () => [group],
    getSecurityGroup: async () => group,
    updateSecurityGroup,
    createSecurityGroupRule,
    deleteSecurityGroupRule,
  });

  test('networks are found by name, by id and by router:external', async () => {
    const ids = async (query: string) =>
      (await call(`GET ${NEUTRON}/networks?${query}`)).json.networks.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual(['n1', 'n2']);
    expect(await ids('name=private')).toEqual(['n2']);
    expect(await ids('id=n1&id=n2&fields=id')).toEqual(['n1', 'n2']);
    expect(await ids('router:external=True')).toEqual(['n1']);
    expect(await ids('router%3Aexternal=False')).toEqual(['n2']);
    const missing = await call(`GET ${NEUTRON}/networks/private`);
    expect([missing.status, missing.json.NeutronError.type]).toEqual([404, 'ItemNotFound']);
    expect((await call(`GET ${NEUTRON}/ports?device_id=${ID}`)).json).toEqual({ ports: [] });
  });

  test('a created rule is listed, shown and deleted', async () => {
    const ends = { port_range_min: '443', port_range_max: 443 };
    const wanted = { security_group_id: ID, direction: 'ingress', protocol: 'tcp', ...ends };
    const made = await call(`POST ${NEUTRON}/security-group-rules`, { security_group_rule: wanted });
    expect(made.status).toBe(201);
    const ports = { portMin: 443, portMax: 443 };
    const rest = { direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', remotePrefix: null };
    expect(createSecurityGroupRule).toHaveBeenCalledWith(ID, { ...rest, ...ports });
    expect((await call(`DELETE ${NEUTRON}/security-group-rules/r1`)).status).toBe(204);
    expect(deleteSecurityGroupRule).toHaveBeenCalledWith(ID, 'r1');
    expect((await call(`GET ${NEUTRON}/security-groups?name=web`)).json.security_groups).toHaveLength(1);
    expect(
      (await call(`GET ${NEUTRON}/security-group-rules?direction=egress`)).json.security_group_rules,
    ).toEqual([]);
    const other = { security_group_rule: { ...wanted, remote_group_id: OTHER_ID } };
    expect((await call(`POST ${NEUTRON}/security-group-rules`, other)).status).toBe(201);
    expect(createSecurityGroupRule).toHaveBeenCalledWith(ID, { ...rest, ...ports, remoteGroupId: OTHER_ID });
  });

  test('a group is renamed', async () => {
    const target = `PUT ${NEUTRON}/security-groups/${ID}`;
    const renamed = await call(target, { security_group: { name: 'new' } });
    expect([renamed.status, renamed.json.security_group.name]).toEqual([200, 'new']);
    expect(updateSecurityGroup).toHaveBeenCalledWith(ID, { name: 'new' });
    expect((await call(target, { security_group: {} })).json.security_group.name).toBe('web');
    expect((await call(target, { security_group: { stateful: false } })).status).toBe(501);
    expect((await call(target, { security_group: { wrong: 1 } })).status).toBe(400);
  });
});

describe('unsupported members are 501 by name, and nothing is created', () => {
  const NEUTRON = '/networking/v2.0';
  const { call } = novaApp();
  const rule = {
    security_group_id: ID,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 1,
    port_range_max: 2,
  };

  test.each([
    ['security-groups', { security_group: { name: 'a', project_id: 'other' } }, 501, 'project_id'],
    ['security-groups', { security_group: { name: 'a', tenant_id: 'other' } }, 501, 'tenant_id'],
    ['security-groups', { security_group: { name: 'a', stateful: false } }, 501, 'stateful'],
    ['security-groups', { security_group: { name: 'a', wrong: 1 } }, 400, 'wrong'],
    ['security-groups', { security_group: { name: 'a' }, wrong: 1 }, 400, 'wrong'],
    [
      'security-group-rules',
      { security_group_rule: { ...rule, remote_address_group_id: ID } },
      501,
      'remote_address_group_id',
    ],
    [
      'security-group-rules',
      { security_group_rule: { ...rule, remote_group_id: ID, remote_ip_prefix: '10.0.0.0/8' } },
      400,
      'remote_group_id',
    ],
    ['security-group-rules', { security_group_rule: { ...rule, project_id: 'other' } }, 501, 'project_id'],
    ['security-group-rules', { security_group_rule: { ...rule, wrong: 1 } }, 400, 'wrong'],
    ['security-group-rules', { security_group_rule: rule, wrong: 1 }, 400, 'wrong'],
  ])('POST %s %j', async (path, body, status, member) => {
    const response = await call(`POST ${NEUTRON}/${path}`, body);
    expect([response.status, response.json.NeutronError.message]).toEqual([
      status,
      expect.stringContaining(member),
    ]);
  });

  test.each([
    { protocol: 'tcp', port_range_min: 22 },
    { protocol: 'tcp', port_range_min: 0, port_range_max: 22 },
    { protocol: 'tcp', port_range_min: 23, port_range_max: 22 },
    { protocol: null, port_range_min: 22, port_range_max: 22 },
    { protocol: 'esp', port_range_min: 22, port_range_max: 22 },
    { protocol: 'icmp', port_range_min: 256 },
    { protocol: 'icmp', port_range_max: 3 },
    { protocol: 'nonsense' },
    { protocol: 256 },
    { ethertype: 'IPv5' },
    { remote_ip_prefix: '2001:db8::/32' },
    { remote_ip_prefix: '10.0.0.0/8', ethertype: 'IPv6' },
  ])('a rule that Neutron rejects is 400: %j', async (change) => {
    const body = { security_group_rule: { security_group_id: ID, direction: 'ingress', ...change } };
    expect((await call(`POST ${NEUTRON}/security-group-rules`, body)).status).toBe(400);
  });
});

test.each([
  [
    { protocol: 'TCP', port_range_min: 22, port_range_max: 22 },
    { protocol: 'tcp', portMin: 22, portMax: 22 },
  ],
  [{ remote_ip_prefix: '203.0.113.9' }, { remotePrefix: '203.0.113.9/32' }],
  [
    { remote_ip_prefix: '2001:db8::1', ethertype: 'ipv6' },
    { remotePrefix: '2001:db8::1/128', ethertype: 'IPv6' },
  ],
  [{ protocol: 'any' }, {}],
  [{ protocol: 47 }, { protocol: '47' }],
  [{ protocol: 'vrrp' }, { protocol: 'vrrp' }],
  [
    { protocol: 'icmp', port_range_min: 8 },
    { protocol: 'icmp', portMin: 8 },
  ],
  [
    { protocol: 'icmp', port_range_min: 3, port_range_max: 4 },
    { protocol: 'icmp', portMin: 3, portMax: 4 },
  ],
  [
    { protocol: 'sctp', port_range_min: 1, port_range_max: 9 },
    { protocol: 'sctp', portMin: 1, portMax: 9 },
  ],
  [
    { ethertype: 'IPv6', protocol: 'ipv6-icmp' },
    { ethertype: 'IPv6', protocol: 'ipv6-icmp' },
  ],
  [{ description: 'for the office', tenant_id: PROJECT_ID }, { description: 'for the office' }],
])('creates a rule from each spelling that Neutron accepts: %j', async (given, expected) => {
  const create = vi.fn(async (securityGroupId: string, rule: NewSecurityGroupRule) => {
    return { id: 'r', securityGroupId, remoteGroupId: null, description: '', ...rule };
  });
  const { call } = novaApp({ createSecurityGroupRule: create });
  const body = { security_group_rule: { security_group_id: ID, direction: 'ingress', ...given } };
  expect((await call('POST /networking/v2.0/security-group-rules', body)).status).toBe(201);
  expect(create).toHaveBeenCalledWith(ID, {
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: null,
    portMin: null,
    portMax: null,
    remotePrefix: null,
    ...expected,
  });
});

test.each(['networks?mtu=1450', 'networks?description=x', 'networks?foo=bar', 'networks?sort_key=mtu'])(
  'a Neutron filter or sort key that redu does not report is 501: %s',
  async (path) => {
    const network = {
      status: 'ACTIVE',
      shared: false,
      isDefault: false,
      projectId: 'p',
      subnetIds: ['s'],
      description: '',
      created: '',
    };
    const { call } = novaApp({
      listNetworks: async () => [{ ...network, id: 'n', name: 'n', external: false }],
    });
    expect((await call(`GET /networking/v2.0/${path}`)).status).toBe(501);
  },
);

test('Neutron’s lists are sorted by sort_key and reduced to fields', async () => {
  const network = {
    status: 'ACTIVE',
    shared: false,
    isDefault: false,
    projectId: 'p',
    subnetIds: ['s'],
    description: '',
    created: '',
    external: false,
  };
  const { call } = novaApp({
    listNetworks: async () => [
      { ...network, id: 'n1', name: 'a' },
      { ...network, id: 'n2', name: 'b' },
    ],
  });
  const { json } = await call(
    'GET /networking/v2.0/networks?sort_key=name&sort_dir=desc&fields=id&fields=name',
  );
  expect(json.networks).toEqual([
    { id: 'n2', name: 'b' },
    { id: 'n1', name: 'a' },
  ]);
});

describe('unknown and unsupported paths', () => {
  const { call } = novaApp();

  test.each([
    [`POST ${COMPUTE}/os-volumes`, 'POST os-volumes'],
    [`PUT ${COMPUTE}/servers/${ID}/os-volume_attachments/${ID}`, 'PUT servers/{id}/os-volume_attachments'],
    ['GET /image/v2/schemas/image', 'GET schemas'],
    [`POST /image/v2/images/${ID}/import`, 'POST images/{id}/import'],
    [`GET /image/v2/images/${ID}/members`, 'GET images/{id}/members'],
    [`GET /image/v2/images/${ID}/file`, 'GET images/{id}/file'],
    ['POST /networking/v2.0/networks', 'POST networks'],
    ['GET /networking/v2.0/subnets', 'GET subnets'],
  ])('%s is 501, naming the operation', async (target, operation) => {
    const { status, json } = await call(target);
    expect(status).toBe(501);
    expect(JSON.stringify(json)).toContain(`cannot do this: ${operation}.`);
  });

  test.each([
    `GET ${COMPUTE}/nothing`,
    `GET ${COMPUTE}/constructor`,
    'GET /volume/v3/nothing',
    'GET /compute/v9/servers',
  ])('%s is 404', async (target) => expect((await call(target)).status).toBe(404));

  test('a project in the path other than the token’s is 400', async () => {
    const app = novaApp({ listFlavors: async () => FLAVORS });
    expect((await app.call(`GET ${COMPUTE}/${PROJECT_ID}/flavors`)).status).toBe(200);
    expect((await app.call(`GET ${COMPUTE}/${PROJECT_ID.replaceAll('7', '8')}/flavors`)).status).toBe(400);
  });

  test('a cloud error has Nova’s envelope and version headers', async () => {
    const busy = novaApp({
      listFlavors: async () => {
        throw new ComputeError('rate_limited', 'Slowly.', { retryAfter: 7 });
      },
    });
    const { status, json, headers } = await busy.call(`GET ${COMPUTE}/flavors`);
    expect([status, headers.get('retry-after')]).toEqual([429, '7']);
    expect(json).toEqual({ overLimit: { code: 429, message: 'Slowly.', retryAfter: '7' } });
  });

  test('a missing scope is 403', async () => {
    const reader = novaApp({}, ['instances:read']);
    for (const target of [
      `POST ${COMPUTE}/servers`,
      `DELETE ${COMPUTE}/os-keypairs/x`,
      'POST /networking/v2.0/security-groups',
    ]) {
      expect((await reader.call(target, {})).status).toBe(403);
    }
    expect(reader.changes).toEqual([]);
  });
});

describe('versions', () => {
  const { call } = novaApp({ listFlavors: async () => FLAVORS });
  const flavors = (headers: Record<string, string>) => call(`GET ${COMPUTE}/flavors`, undefined, headers);

  test.each([
    {},
    { 'openstack-api-version': 'compute 2.1' },
    { 'openstack-api-version': 'volume 3.60, compute latest' },
    { 'openstack-api-version': 'volume 3.60' },
    { 'x-openstack-nova-api-version': '2.1' },
    { 'x-openstack-nova-microversion': '2.64' },
  ])('%j is served', async (headers) => {
    expect((await flavors(headers)).status).toBe(200);
  });

  test.each([
    { 'openstack-api-version': 'compute 2.89' },
    { 'x-openstack-nova-api-version': '2.0' },
    { 'x-openstack-nova-microversion': '2.104' },
    { 'x-openstack-nova-api-version': '3.0' },
  ])('%j is 406', async (headers) => {
    const { status, json } = await flavors(headers);
    expect([status, json.computeFault.code]).toEqual([406, 406]);
    expect(json.computeFault.message).toContain('Minimum is 2.1 and maximum is 2.88.');
  });

  test('a malformed version is 400', async () => {
    expect((await flavors({ 'x-openstack-nova-api-version': 'new' })).status).toBe(400);
  });

  test.each([
    ['/compute/', 200, `${URL_OF_GATEWAY}/compute/v2.1/`],
    ['/compute/v2.1', 200, '"min_version":"2.1"'],
    ['/image/', 300, `${URL_OF_GATEWAY}/image/v2/`],
    ['/image/versions', 200, 'CURRENT'],
    ['/networking/', 200, `${URL_OF_GATEWAY}/networking/v2.0/`],
  ])('the document at %s', async (path, status, part) => {
    const response = await call(`GET ${path}`);
    expect(response.status).toBe(status);
    expect(JSON.stringify(response.json)).toContain(part);
  });
});
