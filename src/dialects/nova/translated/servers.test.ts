import { describe, expect, test, vi } from 'vitest';
import {
  ID,
  IMAGE_ID,
  INSTANCE,
  novaApp,
  OTHER_ID,
  PROJECT_ID,
  URL_OF_GATEWAY,
} from '../../../../test/support/nova-app.ts';
import { tenant } from '../../../../test/support/tenants.ts';
import type { Cloud, NewInstance } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { Instance } from '../../../compute/model.ts';
import type { Volume } from '../../../compute/volumes.ts';
import { SCOPES } from '../../../scopes.ts';

const SERVERS = '/compute/v2.1/servers';
const SERVER = `${SERVERS}/${ID}`;
const listing = (...instances: Instance[]) => {
  const listInstances = vi.fn<Cloud['listInstances']>(async () => ({ instances, more: false }));
  return { listInstances, ...novaApp({ listInstances }) };
};
const shown = (changes: Partial<Instance> = {}): Partial<Cloud> => ({
  getInstance: async () => ({ ...INSTANCE, ...changes }),
});

describe('a list of servers', () => {
  const ids = (json: { servers: { id: string }[] }) => json.servers.map(({ id }) => id);
  const other: Instance = {
    ...INSTANCE,
    id: OTHER_ID,
    name: 'api',
    updated: '2026-03-01T00:00:00Z',
    addresses: [{ network: 'private', address: '10.0.1.9', version: 4, type: 'fixed', macAddress: null }],
  };

  test('GET /servers returns names with links to the gateway', async () => {
    const { call } = listing(INSTANCE);
    const { status, json, headers } = await call(`GET ${SERVERS}`);
    expect(status).toBe(200);
    expect(json).toEqual({
      servers: [
        {
          id: ID,
          name: INSTANCE.name,
          links: [
            { rel: 'self', href: `${URL_OF_GATEWAY}${SERVER}` },
            { rel: 'bookmark', href: `${URL_OF_GATEWAY}/compute/servers/${ID}` },
          ],
        },
      ],
    });
    expect(headers.get('openstack-api-version')).toBe('compute 2.1');
    expect(headers.get('x-compute-request-id')).toBe('req-1');
  });

  test.each([
    ['2.72', [ID, OTHER_ID]],
    ['2.73', [OTHER_ID, ID]],
  ])('at %s a sort by whether servers are locked gives %j', async (version, expected) => {
    const { call } = listing(INSTANCE, { ...other, locked: true });
    const headers = { 'openstack-api-version': `compute ${version}` };
    expect(ids((await call(`GET ${SERVERS}?sort_key=locked`, undefined, headers)).json)).toEqual(expected);
  });

  test('filters that the cloud supports are passed to it', async () => {
    const { call, listInstances } = listing();
    await call(`GET ${SERVERS}/detail?status=active&status=shutoff&name=^web&limit=7&marker=${OTHER_ID}`);
    expect(listInstances).toHaveBeenCalledWith(
      { statuses: ['ACTIVE', 'SHUTOFF'], name: '^web' },
      { limit: 7, marker: OTHER_ID },
    );
  });

  test.each([
    'foo=bar',
    'deleted=False',
    'all_tenants=False',
    'host=x&node=y',
    'tenant_id=other',
    'locked=1',
  ])('parameters that are unknown or for administrators are ignored: %s', async (query) => {
    const { call } = listing(INSTANCE);
    expect(ids((await call(`GET ${SERVERS}?${query}`)).json)).toEqual([ID]);
  });

  test.each(['status=nonsense', 'status=active&status=nonsense', 'reservation_id=r-1', 'limit=0'])(
    'a query that cannot match returns [] without a call to the cloud: %s',
    async (query) => {
      const { call, listInstances } = listing(INSTANCE);
      expect(ids((await call(`GET ${SERVERS}?${query}`)).json)).toEqual([]);
      expect(listInstances).not.toHaveBeenCalled();
    },
  );

  test.each([
    ['ip=10.0.1', [OTHER_ID]],
    ['ip=^10\\.0\\.0\\.8$', [ID]],
    ['ip=8$', [ID]],
    ['ip=^0.', []],
    ['ip6=10', []],
    ['changes-since=2026-02-20T00:00:00Z', [OTHER_ID]],
    ['sort_key=display_name&sort_dir=asc', [OTHER_ID, ID]],
    ['sort_key=updated_at', [OTHER_ID, ID]],
    ['sort_key=locked', [ID, OTHER_ID]],
    [`sort_key=display_name&sort_dir=asc&marker=${OTHER_ID}`, [ID]],
  ])('filters and orders that the cloud lacks are applied here: %s', async (query, expected) => {
    const { call } = listing(INSTANCE, other);
    expect(ids((await call(`GET ${SERVERS}?${query}`)).json)).toEqual(expected);
  });

  test.each([
    'limit=-1',
    'limit=x',
    'marker=x',
    'changes-since=x',
    'ip=(a*)*',
    'ip=%5C',
    `sort_key=uuid&marker=${ID}`,
    'sort_key=nonsense',
    'sort_key=uuid&sort_dir=up',
  ])('an invalid parameter is 400: %s', async (query) => {
    const { call } = listing();
    const { status, json } = await call(`GET ${SERVERS}?${query}`);
    expect([status, json.badRequest.code]).toEqual([400, 400]);
  });

  test('a sort key of Nova that redu does not report is 501 by name', async () => {
    const { status, json } = await listing().call(`GET ${SERVERS}?sort_key=host`);
    expect([status, json.notImplemented.message]).toEqual([501, expect.stringContaining('host')]);
  });

  test('the next link repeats the request with the marker', async () => {
    const { call } = novaApp({ listInstances: async () => ({ instances: [INSTANCE], more: true }) });
    const { json } = await call(`GET ${SERVERS}/detail?limit=1&name=web`);
    expect(json.servers_links).toEqual([
      { rel: 'next', href: `${URL_OF_GATEWAY}${SERVERS}/detail?limit=1&name=web&marker=${ID}` },
    ]);
  });

  test('all_tenants needs the scope admin', async () => {
    const { call } = listing();
    expect((await call(`GET ${SERVERS}?all_tenants=1`)).status).toBe(403);
    const listInstances = vi.fn<Cloud['listInstances']>(async () => ({ instances: [], more: false }));
    const admin = novaApp({ listInstances }, SCOPES);
    expect((await admin.call(`GET ${SERVERS}?all_tenants=1`)).status).toBe(200);
    expect(listInstances).toHaveBeenCalledWith({ allProjects: true }, { limit: 1_000 });
  });
});

describe('a server', () => {
  test('has every member of microversion 2.1', async () => {
    const { json } = await novaApp(shown()).call(`GET ${SERVER}`);
    expect(json.server).toEqual({
      id: ID,
      name: 'web-production-01',
      status: 'ACTIVE',
      tenant_id: PROJECT_ID,
      user_id: INSTANCE.userId,
      metadata: { team: 'web' },
      hostId: '',
      image: {
        id: IMAGE_ID,
        links: [{ rel: 'bookmark', href: `${URL_OF_GATEWAY}/compute/images/${IMAGE_ID}` }],
      },
      flavor: {
        id: 'm1.small',
        links: [{ rel: 'bookmark', href: `${URL_OF_GATEWAY}/compute/flavors/m1.small` }],
      },
      created: INSTANCE.created,
      updated: INSTANCE.updated,
      addresses: {
        private: [
          {
            version: 4,
            addr: '10.0.0.8',
            'OS-EXT-IPS:type': 'fixed',
            'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:00:00:01',
          },
        ],
      },
      accessIPv4: '',
      accessIPv6: '',
      links: [
        { rel: 'self', href: `${URL_OF_GATEWAY}${SERVER}` },
        { rel: 'bookmark', href: `${URL_OF_GATEWAY}/compute/servers/${ID}` },
      ],
      progress: 0,
      key_name: 'laptop',
      config_drive: '',
      security_groups: [{ name: 'default' }],
      'OS-DCF:diskConfig': 'MANUAL',
      'OS-EXT-AZ:availability_zone': 'nova',
      'OS-EXT-STS:vm_state': 'active',
      'OS-EXT-STS:task_state': null,
      'OS-EXT-STS:power_state': 1,
      'OS-SRV-USG:launched_at': null,
      'OS-SRV-USG:terminated_at': null,
      'os-extended-volumes:volumes_attached': [],
    });
  });

  test('has its public address where the cloud reports no other', async () => {
    const flags = { isPublic: 'true', floatingIp: '203.0.113.42', enableSSH: 'false' };
    const { json } = await novaApp(shown({ addresses: [], metadata: flags })).call(`GET ${SERVER}`);
    expect(json.server.addresses).toEqual({
      public: [{ version: 4, addr: '203.0.113.42', 'OS-EXT-IPS:type': 'floating' }],
    });
    expect(json.server.metadata).toEqual({ isPublic: 'true', floatingIp: '203.0.113.42' });
  });

  test('GET /servers/{id}/ips lists addresses by network', async () => {
    const { call } = novaApp(shown());
    const networks = { private: [{ version: 4, addr: '10.0.0.8' }] };
    expect((await call(`GET ${SERVER}/ips`)).json).toEqual({ addresses: networks });
    expect((await call(`GET ${SERVER}/ips/private`)).json).toEqual(networks);
    expect((await call(`GET ${SERVER}/ips/constructor`)).status).toBe(404);
  });

  test.each(['x', 'web-production-01', `${ID}0`])(
    '%s is not an id: 404 without a call to the cloud',
    async (id) => {
      const { status, json } = await novaApp().call(`GET ${SERVERS}/${id}`);
      expect([status, json.itemNotFound.code]).toEqual([404, 404]);
    },
  );
});

describe('a new server', () => {
  const creating = (methods: Partial<Cloud> = {}) => {
    const createInstance = vi.fn<Cloud['createInstance']>(async () => ID);
    const caller = async () => ({ region: '', userId: 'u', projectId: PROJECT_ID, roles: [] });
    return { createInstance, ...novaApp({ createInstance, caller, ...shown(), ...methods }) };
  };
  const MINIMAL = { name: 'web', flavorRef: 'm1.small', imageRef: IMAGE_ID };

  test('every supported member reaches the cloud', async () => {
    const { call, createInstance, changes } = creating();
    const response = await call(`POST ${SERVERS}`, {
      server: {
        ...MINIMAL,
        flavorRef: 'https://nova.example/flavors/m1.small',
        imageRef: `https://glance.example/images/${IMAGE_ID}`,
        networks: [{ uuid: OTHER_ID }, { port: ID }],
        security_groups: [{ name: 'web' }, { name: 'web' }],
        key_name: 'laptop',
        user_data: 'I2Nsb3VkLWNvbmZpZw==',
        availability_zone: 'nova',
        metadata: { team: 'web', isPublic: 'true' },
        min_count: '1',
        max_count: 1,
        config_drive: false,
      },
      'os:scheduler_hints': { group: OTHER_ID },
    });
    expect(createInstance).toHaveBeenCalledWith({
      name: 'web',
      flavorId: 'm1.small',
      imageId: IMAGE_ID,
      bootVolume: null,
      networks: [
        { kind: 'network', networkId: OTHER_ID },
        { kind: 'port', portId: ID },
      ],
      securityGroupIds: ['web'],
      keypairName: 'laptop',
      userData: 'I2Nsb3VkLWNvbmZpZw==',
      availabilityZone: 'nova',
      serverGroupId: OTHER_ID,
      metadata: { team: 'web', isPublic: 'true', enableSSH: 'false' },
      description: null,
      tags: [],
      mark: null,
    } satisfies NewInstance);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`${URL_OF_GATEWAY}${SERVER}`);
    expect(response.json.server).toMatchObject({ id: ID, security_groups: [{ name: 'web' }] });
    expect(changes).toEqual([{ tenant: tenant(PROJECT_ID), instanceIds: [] }]);
  });

  test('accepts the image as a block device', async () => {
    const { call, createInstance } = creating();
    const device = { uuid: IMAGE_ID, source_type: 'image', destination_type: 'local', boot_index: 0 };
    const server = { ...MINIMAL, imageRef: '', block_device_mapping_v2: [device] };
    expect((await call(`POST ${SERVERS}`, { server })).status).toBe(202);
    expect(createInstance.mock.calls[0]?.[0].imageId).toBe(IMAGE_ID);
  });

  test.each([
    [{ adminPass: 'x' }, 'adminPass'],
    [{ accessIPv4: '203.0.113.1' }, 'accessIPv4'],
    [{ config_drive: 'True' }, 'config_drive'],
    [{ personality: [{ path: '/x', contents: '' }] }, 'personality'],
    [{ 'OS-DCF:diskConfig': 'AUTO' }, 'OS-DCF:diskConfig'],
    [{ min_count: 2 }, 'min_count'],
    [{ max_count: '3' }, 'max_count'],
    [{ return_reservation_id: true }, 'return_reservation_id'],
    [{ networks: [{ uuid: ID, fixed_ip: '10.0.0.9' }] }, 'fixed_ip'],
  ])('an unsupported member is 501 by name: %j', async (wish, name) => {
    const { call, createInstance } = creating();
    const { status, json } = await call(`POST ${SERVERS}`, { server: { ...MINIMAL, ...wish } });
    expect(status).toBe(501);
    expect(json.notImplemented).toMatchObject({ code: 501, message: expect.stringContaining(name) });
    expect(createInstance).not.toHaveBeenCalled();
  });

  const LOCAL = { uuid: IMAGE_ID, source_type: 'image', destination_type: 'local', boot_index: 0 };
  const BLANK = { source_type: 'blank', destination_type: 'local', boot_index: -1, volume_size: 20 };
  test.each([
    [{ block_device_mapping_v2: [LOCAL, BLANK] }, 'additional disks'],
    [{ block_device_mapping_v2: [BLANK] }, 'additional disks'],
    [{ block_device_mapping_v2: [LOCAL, LOCAL] }, 'additional disks'],
    [{ block_device_mapping_v2: [{ ...LOCAL, boot_index: 1 }] }, 'additional disks'],
    [{ block_device_mapping_v2: [{ ...LOCAL, device_name: '/dev/vdb' }] }, 'device_name'],
    [{ block_device_mapping_v2: [{ ...LOCAL, disk_bus: 'scsi' }] }, 'disk_bus'],
    [{ block_device_mapping_v2: [{ ...LOCAL, guest_format: 'swap' }] }, 'guest_format'],
    [
      { block_device_mapping_v2: [{ uuid: ID, source_type: 'snapshot', destination_type: 'local' }] },
      'volumes',
    ],
  ])('an unsupported disk is 501, and nothing is created: %j', async (wish, name) => {
    const { call, createInstance } = creating();
    const { status, json } = await call(`POST ${SERVERS}`, { server: { ...MINIMAL, ...wish } });
    expect([status, json.notImplemented?.message]).toEqual([501, expect.stringContaining(name)]);
    expect(createInstance).not.toHaveBeenCalled();
  });

  test.each([
    [
      { source_type: 'image', volume_size: '5', delete_on_termination: 'true' },
      IMAGE_ID,
      { kind: 'new', sizeGb: 5, volumeType: null, deleteWithInstance: true },
    ],
    [{}, null, { kind: 'existing', volumeId: IMAGE_ID, deleteWithInstance: false }],
  ])('a volume to boot from: %j', async (wish, imageId, bootVolume) => {
    const { call, createInstance } = creating({ getVolume: async () => ({}) as Volume });
    const device = { uuid: IMAGE_ID, destination_type: 'volume', boot_index: 0, ...wish };
    const server = { ...MINIMAL, imageRef: '', block_device_mapping_v2: [device] };
    expect((await call(`POST ${SERVERS}`, { server })).status).toBe(202);
    expect(createInstance).toHaveBeenCalledWith(expect.objectContaining({ imageId, bootVolume }));
  });

  test.each([
    [{ imageRef: '', block_device_mapping_v2: [{ destination_type: 'volume' }] }, 'uuid'],
    [
      {
        imageRef: '',
        block_device_mapping_v2: [{ uuid: ID, source_type: 'image', destination_type: 'volume' }],
      },
      'volume_size',
    ],
    [{ block_device_mapping_v2: [{ uuid: ID, source_type: 'volume' }] }, 'imageRef'],
  ])('a wrong volume to boot from is 400: %j', async (wish, name) => {
    const { call, createInstance } = creating();
    const { status, json } = await call(`POST ${SERVERS}`, { server: { ...MINIMAL, ...wish } });
    expect([status, json.badRequest?.message]).toEqual([400, expect.stringContaining(name)]);
    expect(createInstance).not.toHaveBeenCalled();
  });

  test.each(['different_host', 'same_host', 'query', 'build_near_host_ip', 'cidr', 'anything'])(
    'the scheduler hint %s is 501 under either name, and nothing is created',
    async (hint) => {
      for (const member of ['os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints']) {
        const { call, createInstance } = creating();
        const body = { server: MINIMAL, [member]: { group: OTHER_ID, [hint]: [ID] } };
        const { status, json } = await call(`POST ${SERVERS}`, body);
        expect([status, json.notImplemented?.message]).toEqual([501, expect.stringContaining(hint)]);
        expect(createInstance).not.toHaveBeenCalled();
      }
    },
  );

  test.each(['#!/bin/sh\necho "Gr\xfc\xdfe" > /etc/motd\n', '\x1b[1m', '\x00\xff\x80'])(
    'user_data reaches the cloud byte for byte: %j',
    async (bytes) => {
      const { call, createInstance } = creating();
      const server = { ...MINIMAL, user_data: btoa(bytes) };
      expect((await call(`POST ${SERVERS}`, { server })).status).toBe(202);
      expect(createInstance.mock.calls[0]?.[0].userData).toBe(btoa(bytes));
    },
  );

  test.each([
    [{ server: { ...MINIMAL, name: undefined } }, 'server.name'],
    [{ server: { ...MINIMAL, name: '' } }, 'server.name'],
    [{ server: { ...MINIMAL, name: 'x'.repeat(256) } }, 'server.name'],
    [{ server: { ...MINIMAL, flavorRef: undefined } }, 'flavorRef'],
    [{ server: { ...MINIMAL, flavorRef: '' } }, 'flavorRef'],
    [{ server: { ...MINIMAL, imageRef: undefined } }, 'imageRef'],
    [{ server: { ...MINIMAL, imageRef: 'ubuntu' } }, 'imageRef'],
    [{ server: { ...MINIMAL, networks: [{ uuid: 'x' }] } }, 'networks'],
    [{ server: { ...MINIMAL, networks: [{}] } }, 'networks'],
    [{ server: { ...MINIMAL, networks: 'auto' } }, 'networks'],
    [{ server: { ...MINIMAL, user_data: 'YQ' } }, 'user_data'],
    [{ server: { ...MINIMAL, metadata: { 'a/b': 'c' } } }, 'metadata'],
    [{ server: { ...MINIMAL, metadata: { a: 1 } } }, 'metadata'],
    [{ server: { ...MINIMAL, metadata: { floatingIp: '203.0.113.1' } } }, 'metadata.floatingIp'],
    [{ server: { ...MINIMAL, min_count: 'x' } }, 'min_count'],
    [{ server: { ...MINIMAL, min_count: 0 } }, 'min_count'],
    [{ server: { ...MINIMAL, min_count: 3, max_count: 2 } }, 'min_count'],
    [{ server: { ...MINIMAL, colour: 'blue' } }, 'colour'],
    [{ server: MINIMAL, colour: 'blue' }, 'colour'],
    [{}, 'server'],
    ['{', 'body'],
    ['[]', 'body'],
  ])('an invalid body is 400 and names the field: %j', async (body, field) => {
    const { status, json } = await creating().call(`POST ${SERVERS}`, body);
    expect([status, json.badRequest.code]).toEqual([400, 400]);
    expect(json.badRequest.message).toContain(field);
  });

  test('a field that the cloud rejects has Nova’s name in the response', async () => {
    const createInstance = async () => {
      throw ComputeError.input('flavor', 'there is no flavor "x"');
    };
    const caller = async () => ({ region: '', userId: 'u', projectId: PROJECT_ID, roles: [] });
    const { json } = await novaApp({ createInstance, caller }).call(`POST ${SERVERS}`, { server: MINIMAL });
    expect(json.badRequest.message).toBe(
      'Invalid input for field/attribute flavorRef. there is no flavor "x"',
    );
  });

  test('a zone with a host needs the scope admin', async () => {
    const server = { ...MINIMAL, availability_zone: 'nova:host-1' };
    expect((await creating().call(`POST ${SERVERS}`, { server })).status).toBe(403);
  });
});

describe('a change of a server', () => {
  test('PUT changes the name', async () => {
    const changeInstance = vi.fn(async () => ({ name: 'new', updated: '2026-03-01T12:00:01Z' }));
    const { call, changes } = novaApp({ ...shown(), changeInstance });
    const { status, json } = await call(`PUT ${SERVER}`, { server: { name: 'new' } });
    expect(status).toBe(200);
    expect(changeInstance).toHaveBeenCalledWith(ID, { name: 'new' });
    expect(json.server).not.toHaveProperty('OS-EXT-STS:vm_state');
    expect(changes).toHaveLength(1);
  });

  test('PUT of access addresses is 501', async () => {
    const { status, json } = await novaApp().call(`PUT ${SERVER}`, { server: { accessIPv4: '203.0.113.1' } });
    expect([status, json.notImplemented.code]).toEqual([501, 501]);
  });

  test('DELETE deletes it', async () => {
    const deleteInstance = vi.fn(async () => {});
    const { call } = novaApp({ ...shown(), deleteInstance, detached: () => ({}) as Cloud });
    expect((await call(`DELETE ${SERVER}`)).status).toBe(204);
    expect(deleteInstance).toHaveBeenCalledWith(ID);
  });
});

describe('metadata', () => {
  const changing = (metadata: Record<string, string>) => {
    const mergeMetadata = vi.fn(async () => {});
    const deleteMetadata = vi.fn(async () => {});
    return {
      mergeMetadata,
      deleteMetadata,
      ...novaApp({ ...shown({ metadata }), mergeMetadata, deleteMetadata }),
    };
  };
  const PUBLIC = { isPublic: 'true', floatingIp: '203.0.113.42', enableSSH: 'false' };

  test('omits flags that are false', async () => {
    const { call } = changing({ ...PUBLIC, isPublic: 'false', team: 'web' });
    expect((await call(`GET ${SERVER}/metadata`)).json).toEqual({ metadata: { team: 'web' } });
    expect((await call(`GET ${SERVER}/metadata/team`)).json).toEqual({ meta: { team: 'web' } });
    expect((await call(`GET ${SERVER}/metadata/isPublic`)).status).toBe(404);
  });

  test('POST merges items; a flag changes access', async () => {
    const { call, mergeMetadata } = changing({ team: 'web' });
    const { status } = await call(`POST ${SERVER}/metadata`, { metadata: { a: 'b', isPublic: 'True' } });
    expect(status).toBe(200);
    expect(mergeMetadata).toHaveBeenCalledWith(ID, { a: 'b', isPublic: 'true' });
  });

  test('PUT replaces items and keeps the public address', async () => {
    const { call, mergeMetadata, deleteMetadata } = changing({ ...PUBLIC, team: 'web' });
    expect((await call(`PUT ${SERVER}/metadata`, { metadata: { a: 'b' } })).status).toBe(200);
    expect(deleteMetadata.mock.calls).toEqual([[ID, 'team']]);
    expect(mergeMetadata).toHaveBeenCalledWith(ID, { a: 'b' });
  });

  test('GET, PUT and DELETE of one item', async () => {
    const { call, mergeMetadata, deleteMetadata } = changing({ ...PUBLIC, team: 'web' });
    expect((await call(`PUT ${SERVER}/metadata/a`, { meta: { a: 'b' } })).json).toEqual({ meta: { a: 'b' } });
    expect((await call(`DELETE ${SERVER}/metadata/team`)).status).toBe(204);
    expect(deleteMetadata).toHaveBeenCalledWith(ID, 'team');
    expect((await call(`DELETE ${SERVER}/metadata/isPublic`)).status).toBe(204);
    expect(mergeMetadata).toHaveBeenLastCalledWith(ID, { isPublic: 'false' });
    expect((await call(`DELETE ${SERVER}/metadata/none`)).status).toBe(404);
  });

  test.each([
    [`PUT ${SERVER}/metadata/a`, { meta: { b: 'c' } }],
    [`PUT ${SERVER}/metadata/a`, { meta: { a: 'b', c: 'd' } }],
    [`PUT ${SERVER}/metadata`, { metadata: { a: null } }],
    [`POST ${SERVER}/metadata`, { metadata: { floatingIp: '203.0.113.9' } }],
    [`POST ${SERVER}/metadata`, {}],
  ])('an invalid change is 400: %s %j', async (target, body) => {
    expect((await changing({}).call(target, body)).status).toBe(400);
  });
});
