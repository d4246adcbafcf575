import { describe, expect, test } from 'vitest';
import { reduApp } from '../../../test/support/redu-app.ts';
import type { Cloud } from '../../compute/cloud.ts';
import { QUOTA_NAMES, type Quotas } from '../../compute/model.ts';

const TIME = '2026-02-12T09:14:22Z';

const LISTS: readonly (readonly [path: string, cloud: Partial<Cloud>, item: object])[] = [
  [
    '/v1/flavors',
    {
      listFlavors: async () => [{ id: '1', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20, isPublic: true }],
    },
    { id: '1', name: 'm1.small', vcpus: 1, ram_mb: 2048, disk_gb: 20, is_public: true },
  ],
  [
    '/v1/images',
    {
      listImages: async () => [
        {
          id: 'i',
          name: 'ubuntu',
          status: 'active',
          visibility: 'public',
          projectId: null,
          diskFormat: 'raw',
          containerFormat: 'bare',
          tags: [],
          size: null,
          minDisk: 1,
          minRam: 512,
          created: TIME,
          updated: TIME,
        },
      ],
    },
    {
      id: 'i',
      name: 'ubuntu',
      status: 'active',
      visibility: 'public',
      project_id: null,
      disk_format: 'raw',
      container_format: 'bare',
      tags: [],
      size_bytes: null,
      min_disk_gb: 1,
      min_ram_mb: 512,
      created: TIME,
      updated: TIME,
    },
  ],
  [
    '/v1/networks',
    {
      listNetworks: async () => [
        {
          id: 'n',
          name: 'private',
          status: 'ACTIVE',
          external: false,
          shared: false,
          isDefault: false,
          projectId: 'p',
          subnetIds: ['s'],
          description: '',
          created: '',
        },
      ],
    },
    {
      id: 'n',
      name: 'private',
      status: 'ACTIVE',
      external: false,
      shared: false,
      subnet_ids: ['s'],
      project_id: 'p',
    },
  ],
  [
    '/v1/availability_zones',
    { listAvailabilityZones: async () => [{ name: 'nova', available: true }] },
    { name: 'nova', available: true },
  ],
  [
    '/v1/floating_ips',
    {
      listFloatingIps: async () => [
        {
          id: 'f',
          address: '203.0.113.42',
          status: 'ACTIVE',
          description: 'linguanova key=k1 request=0 instance=web',
          externalNetworkId: 'n',
          portId: null,
          fixedAddress: null,
          instanceId: null,
          portIsFree: false,
          projectId: '',
          created: TIME,
        },
      ],
    },
    {
      id: 'f',
      address: '203.0.113.42',
      status: 'ACTIVE',
      description: '',
      instance_id: null,
      port_id: null,
      fixed_address: null,
      network_id: 'n',
      created: TIME,
    },
  ],
];

test.each(LISTS)('%s', async (path, cloud, item) => {
  const { call } = reduApp(cloud);
  expect((await call('GET', path)).json).toEqual({ items: [item], next_cursor: null });
  expect((await reduApp(cloud, ['instances:write']).call('GET', path)).status).toBe(403);
});

test('/v1/flavors/{id}', async () => {
  const ids: string[] = [];
  const getFlavor: Cloud['getFlavor'] = async (id) => {
    ids.push(id);
    return { id, name: 'tiny one', vcpus: 1, ram: 2048, disk: 20, isPublic: false };
  };
  const { call } = reduApp({ getFlavor });
  expect((await call('GET', '/v1/flavors/m1%20tiny')).json).toEqual({
    id: 'm1 tiny',
    name: 'tiny one',
    vcpus: 1,
    ram_mb: 2048,
    disk_gb: 20,
    is_public: false,
  });
  expect((await call('GET', '/v1/flavors/%2fadmin')).status).toBe(404);
  expect(ids).toEqual(['m1 tiny']);
});

describe('pages', () => {
  const zones = ['c', 'a', 'b'].map((name) => ({ name, available: true }));
  const { call, problems } = reduApp({ listAvailabilityZones: async () => zones });

  test('follow one another by cursor', async () => {
    const names = [];
    let next = '/v1/availability_zones?limit=2';
    while (next) {
      const { json } = await call('GET', next);
      names.push(json.items.map(({ name }: { name: string }) => name));
      next = json.next_cursor && `/v1/availability_zones?limit=2&cursor=${json.next_cursor}`;
    }
    expect(names).toEqual([['a', 'b'], ['c']]);
  });

  test.each(['limit=0', 'limit=1001', 'cursor=x', 'cursor=', 'marker=1', 'limit=1&limit=2'])(
    'refuse %s',
    async (query) => {
      expect(await problems('GET', `/v1/availability_zones?${query}`)).toHaveLength(1);
    },
  );
});

test('/v1/hypervisors is for administrators', async () => {
  const hypervisor = {
    id: '1',
    hostname: 'node1',
    type: 'QEMU',
    state: 'up',
    status: 'enabled',
    vcpus: 8,
    vcpusUsed: 2,
    memory: 1024,
    memoryUsed: null,
    runningInstances: 1,
  };
  const cloud = { listHypervisors: async () => [hypervisor] };
  const { json } = await reduApp(cloud, ['admin']).call('GET', '/v1/hypervisors');
  expect(json.items).toEqual([
    {
      id: '1',
      hostname: 'node1',
      type: 'QEMU',
      state: 'up',
      status: 'enabled',
      vcpus: 8,
      vcpus_used: 2,
      memory_mb: 1024,
      memory_mb_used: null,
      running_instances: 1,
    },
  ]);
  expect((await reduApp(cloud).call('GET', '/v1/hypervisors')).status).toBe(403);
});

test('/v1/quotas', async () => {
  const numbered = QUOTA_NAMES.map((name, used) => [name, { limit: name === 'ports' ? null : 10, used }]);
  const quotas = async () => Object.fromEntries(numbered) as Quotas;
  expect((await reduApp({ quotas }).call('GET', '/v1/quotas')).json).toEqual({
    instances: { limit: 10, used: 0 },
    cores: { limit: 10, used: 1 },
    ram_mb: { limit: 10, used: 2 },
    key_pairs: { limit: 10, used: 3 },
    server_groups: { limit: 10, used: 4 },
    floating_ips: { limit: 10, used: 5 },
    security_groups: { limit: 10, used: 6 },
    networks: { limit: 10, used: 7 },
    ports: { limit: null, used: 8 },
    volumes: { limit: 10, used: 9 },
    gigabytes: { limit: 10, used: 10 },
    snapshots: { limit: 10, used: 11 },
  });
});

test.each(['/v1/me', '/cloud/v1/me'])('%s needs no scope', async (path) => {
  const identity = async () => ({
    userId: 'u',
    username: 'anna',
    email: null,
    roles: ['member'],
    projectId: 'p',
    projectName: 'acme',
  });
  expect((await reduApp({ identity }, ['keypairs:write']).call('GET', path)).json).toEqual({
    id: 'u',
    username: 'anna',
    email: null,
    roles: ['member'],
    project_id: 'p',
    scopes: ['keypairs:write'],
    regions: null,
  });
});
