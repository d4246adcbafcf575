import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CloudInstance } from '../../../src/compute/model.ts';
import { scriptedCloud } from '../../../test/support/mock-transport.ts';

const RECORDED: Record<string, { server: { id: string } }> = JSON.parse(
  readFileSync(new URL('../fixtures/nova-server-details.json', import.meta.url), 'utf8'),
);

const FIXED = {
  network: 'acme-private',
  address: '10.10.0.140',
  version: 4,
  type: 'fixed',
  macAddress: 'fa:16:3e:75:55:84',
} as const;

/** The server that most recordings show, as it was at first. */
const WEB: CloudInstance = {
  id: 'f7415bbc-7942-4276-bb43-2cc188ad3bf3',
  name: 'rec-web-1',
  status: 'ACTIVE',
  state: 'active',
  task: null,
  inTransition: false,
  imageId: '8b72c7e3-01b6-4a3c-8106-b39dbf8d2606',
  flavorId: 'm1.tiny',
  created: '2026-11-22T12:07:59Z',
  updated: '2026-11-22T12:08:01Z',
  metadata: { role: 'web', owner: 'rec' },
  userId: '8dd614aa599049a189eebb54790636a4',
  projectId: '609e35fea03c49bb9a9f5a465a5c7290',
  addresses: [FIXED],
  keypairName: 'acme-key',
  availabilityZone: 'nova',
  securityGroupNames: ['rec-web', 'default'],
  locked: false,
  volumes: [],
  fault: null,
  description: null,
  tags: [],
  serverGroupId: null,
};
const RENAMED: CloudInstance = {
  ...WEB,
  name: 'rec-web-renamed',
  metadata: { a: '1', b: '5' },
  description: 'about',
  tags: ['rec'],
};
const MEDIUM: CloudInstance = { ...RENAMED, flavorId: 'm1.medium' };
const REBUILT: CloudInstance = {
  ...MEDIUM,
  imageId: '310fea26-0e6a-45b7-a35e-fe7b45efc32f',
  updated: '2026-11-22T12:08:41Z',
};
const FROM_VOLUME: CloudInstance = {
  ...WEB,
  id: '0a6868b0-9dde-40c9-984c-7c2a3750c1b1',
  name: 'rec-volume',
  imageId: null,
  created: '2026-11-22T12:29:29Z',
  updated: '2026-11-22T12:29:34Z',
  metadata: {},
  addresses: [{ ...FIXED, address: '10.10.0.40', macAddress: 'fa:16:3e:14:fb:96' }],
  keypairName: null,
  securityGroupNames: ['default'],
  volumes: [{ id: 'bbc1bfc4-e85d-453f-933d-75172936def5', device: null, deleteWithInstance: false }],
};

const EXPECTED: Record<string, CloudInstance> = {
  'server-detail-2.1': WEB,
  'server-detail-2.3': WEB,
  'server-detail-2.9': WEB,
  'server-detail-2.19': WEB,
  'server-detail-2.26': WEB,
  'server-detail-2.46': WEB,
  'server-detail-2.47': WEB,
  'server-detail-2.73': WEB,
  'server-detail-2.79': WEB,
  'server-detail-2.90': WEB,
  'server-detail-latest': WEB,
  'server-detail-as-admin': WEB,
  'server-detail-while-building': {
    ...WEB,
    status: 'BUILD',
    state: 'provisioning',
    task: 'scheduling',
    inTransition: true,
    updated: '2026-11-22T12:07:59Z',
    addresses: [],
    securityGroupNames: 'unknown',
  },
  'server-detail-while-deleting': {
    ...REBUILT,
    state: 'deleting',
    task: 'deleting',
    inTransition: true,
    updated: '2026-11-22T12:09:32Z',
  },
  'server-detail-locked': { ...RENAMED, locked: true, updated: '2026-11-22T12:08:26Z' },
  'server-detail-shutoff': {
    ...RENAMED,
    status: 'SHUTOFF',
    state: 'stopped',
    updated: '2026-11-22T12:08:23Z',
  },
  'server-detail-verify-resize': {
    ...MEDIUM,
    status: 'VERIFY_RESIZE',
    state: 'resized',
    updated: '2026-11-22T12:08:28Z',
  },
  'server-detail-shelved-offloaded': {
    ...MEDIUM,
    status: 'SHELVED_OFFLOADED',
    state: 'shelved',
    updated: '2026-11-22T12:08:38Z',
    availabilityZone: null,
  },
  'server-detail-with-floating-ip': {
    ...REBUILT,
    addresses: [FIXED, { ...FIXED, address: '203.0.113.133', type: 'floating' }],
  },
  'server-detail-error': {
    ...REBUILT,
    status: 'ERROR',
    state: 'error',
  },
  'server-detail-error-no-valid-host': {
    ...WEB,
    id: '2171954a-993c-458d-a75e-8f2aa3c9f228',
    name: 'rec-group-2',
    status: 'ERROR',
    state: 'error',
    created: '2026-11-22T12:07:52Z',
    updated: '2026-11-22T12:07:52Z',
    metadata: {},
    addresses: [],
    keypairName: null,
    availabilityZone: null,
    securityGroupNames: 'unknown',
    fault: {
      code: 500,
      message: 'No valid host was found. There are not enough hosts available.',
      created: '2026-11-22T12:07:53Z',
    },
  },
  'server-detail-two-interfaces': {
    ...WEB,
    id: 'db103a6a-de48-4893-be80-4239d3097820',
    name: 'rec-list-2',
    created: '2026-11-22T12:09:45Z',
    updated: '2026-11-22T12:09:47Z',
    metadata: {},
    addresses: [
      { ...FIXED, address: '10.10.0.88', macAddress: 'fa:16:3e:d8:d6:a6' },
      { ...FIXED, address: '10.10.0.158', macAddress: 'fa:16:3e:d8:1d:3c' },
    ],
    keypairName: null,
    securityGroupNames: ['default'],
  },
  'server-detail-boot-from-volume-2.1': FROM_VOLUME,
  'server-detail-boot-from-volume-2.79': {
    ...FROM_VOLUME,
    volumes: FROM_VOLUME.volumes.map((volume) => ({ ...volume, deleteWithInstance: true })),
  },
};

describe('decodes recorded responses of a real Nova', () => {
  test('every recording has an expectation', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(RECORDED).sort());
  });

  test.each(Object.keys(RECORDED))('%s', async (name) => {
    const body = RECORDED[name];
    const cloud = scriptedCloud(({ url }) => {
      if (url.endsWith(`/servers/${body?.server.id}`)) return { status: 200, body };
      return url.endsWith('/flavors/detail') ? { status: 200, body: { flavors: [] } } : undefined;
    });
    expect(await cloud.open().getInstance(body?.server.id ?? '')).toEqual(EXPECTED[name]);
  });
});

describe('a server with status DELETED', () => {
  const [recorded] = Object.values(RECORDED);
  const deleted = { ...recorded?.server, status: 'DELETED' };
  const cloud = scriptedCloud(({ url }) => {
    if (url.includes('/servers/detail')) return { status: 200, body: { servers: [deleted] } };
    return url.includes('/servers/') ? { status: 200, body: { server: deleted } } : undefined;
  });

  test('is 404, and in no list', async () => {
    await expect(cloud.open().getInstance(recorded?.server.id ?? '')).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await cloud.open().listInstances({}, {})).instances).toEqual([]);
  });

  test.each([{ changedSince: '2026-01-01T00:00:00Z' }, { statuses: ['DELETED'] }])(
    'is in a list that selects it: %o',
    async (filter) => {
      const { instances } = await cloud.open().listInstances(filter, {});
      expect(instances.map(({ state }) => state)).toEqual(['deleted']);
    },
  );
});

test('a server without the id of its flavor has that of the flavor with its name', async () => {
  const [recorded] = Object.values(RECORDED);
  const server = { ...recorded?.server, flavor: { original_name: 'tiny' } };
  const flavor = { id: '42', name: 'tiny', vcpus: 1, ram: 512, disk: 1 };
  const cloud = scriptedCloud(({ url }) => {
    if (url.includes('/servers/detail')) return { status: 200, body: { servers: [server] } };
    return url.includes('/flavors/detail') ? { status: 200, body: { flavors: [flavor] } } : undefined;
  });
  const { instances } = await cloud.open().listInstances({}, {});
  expect(instances.map(({ flavorId }) => flavorId)).toEqual(['42']);
});
