import { describe, expect, test, vi } from 'vitest';
import { ID, IMAGE_ID, INSTANCE, novaApp, OTHER_ID } from '../../../../test/support/nova-app.ts';
import type { Cloud } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';

const COMPUTE = '/compute/v2.1';
const at = (minor: number) => ({ 'openstack-api-version': `compute 2.${minor}` });
const FLAVOR = { id: 'm1.small', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20, isPublic: true };

function newServerApp() {
  const createInstance = vi.fn<Cloud['createInstance']>(async () => ID);
  const image = { id: IMAGE_ID, name: 'debian', status: 'active', minDisk: 0, minRam: 0 };
  const { call } = novaApp({
    createInstance,
    caller: async () => ({ region: '', userId: 'u', projectId: 'p', roles: [] }),
    getInstance: async () => INSTANCE,
    listFlavors: async () => [FLAVOR],
    getFlavor: async () => FLAVOR,
    listImages: async () => [image] as never,
    getImage: async () => image as never,
  });
  const create = (minor: number, fields: object) =>
    call(
      `POST ${COMPUTE}/servers`,
      {
        server: {
          name: 'web',
          flavorRef: 'm1.small',
          imageRef: IMAGE_ID,
          networks: [{ uuid: OTHER_ID }],
          ...fields,
        },
      },
      at(minor),
    );
  return { create, createInstance };
}

describe('a new server', () => {
  test.each([
    [19, { description: 'Shop' }, { description: 'Shop' }],
    [52, { tags: ['b', 'a', 'b'] }, { tags: ['b', 'a'] }],
    [37, { networks: 'none' }, { networks: 'none' }],
    [37, { networks: 'auto' }, { networks: 'auto' }],
  ])('at 2.%i with %j is one with %j', async (minor, fields, expected) => {
    const { create, createInstance } = newServerApp();
    expect((await create(minor, fields)).status).toBe(202);
    expect(createInstance).toHaveBeenCalledWith(expect.objectContaining(expected));
  });

  test('at 2.67 boots from a new volume of a type', async () => {
    const { create, createInstance } = newServerApp();
    const device = { uuid: IMAGE_ID, source_type: 'image', destination_type: 'volume', volume_size: 5 };
    const typed = { block_device_mapping_v2: [{ ...device, boot_index: 0, volume_type: 'fast' }] };
    expect((await create(66, typed)).status).toBe(400);
    expect((await create(67, typed)).status).toBe(202);
    const { bootVolume } = createInstance.mock.calls[0]?.[0] ?? {};
    expect(bootVolume).toMatchObject({ kind: 'new', sizeGb: 5, volumeType: 'fast' });
  });

  test.each([
    [18, { description: 'Shop' }, 'server.description', 'microversion 2.19'],
    [51, { tags: ['a'] }, 'server.tags', 'microversion 2.52'],
    [36, { networks: 'auto' }, 'server.networks', 'microversion 2.37'],
    [37, { networks: undefined }, 'server.networks', 'is required'],
    [57, { personality: [] }, 'server.personality', 'after microversion 2.56'],
    [73, { host: 'h1' }, 'server.host', 'microversion 2.74'],
  ])('at 2.%i with %j is 400, naming %s', async (minor, fields, field, rule) => {
    const { create, createInstance } = newServerApp();
    const { status, json } = await create(minor, fields);
    expect([status, json.badRequest.message]).toEqual([400, expect.stringContaining(field)]);
    expect(json.badRequest.message).toContain(rule);
    expect(createInstance).not.toHaveBeenCalled();
  });

  test.each([
    [88, { hypervisor_hostname: 'h1' }, 'host or hypervisor_hostname'],
    [88, { trusted_image_certificates: ['c'] }, 'trusted_image_certificates'],
    [88, { networks: [{ uuid: OTHER_ID, tag: 'nic' }] }, 'a tag of a network'],
  ])('at 2.%i with %j is 501, naming it', async (minor, fields, named) => {
    const { create, createInstance } = newServerApp();
    const { status, json } = await create(minor, fields);
    expect([status, json.notImplemented.message]).toEqual([501, expect.stringContaining(named)]);
    expect(createInstance).not.toHaveBeenCalled();
  });
});

test.each([
  [73, `POST ${COMPUTE}/servers/${ID}/action`, { lock: { locked_reason: 'x' } }, 'lock with locked_reason'],
  [
    77,
    `POST ${COMPUTE}/servers/${ID}/action`,
    { unshelve: { availability_zone: 'z' } },
    'unshelve with availability_zone',
  ],
  [
    64,
    `POST ${COMPUTE}/os-server-groups`,
    { server_group: { name: 'g', policy: 'anti-affinity', rules: { max_server_per_host: 2 } } },
    'max_server_per_host',
  ],
  [
    79,
    `POST ${COMPUTE}/servers/${ID}/os-volume_attachments`,
    { volumeAttachment: { volumeId: OTHER_ID, delete_on_termination: true } },
    'delete_on_termination',
  ],
  [
    49,
    `POST ${COMPUTE}/servers/${ID}/os-volume_attachments`,
    { volumeAttachment: { volumeId: OTHER_ID, tag: 'x' } },
    'a tag',
  ],
  [83, `GET ${COMPUTE}/servers?config_drive=True`, undefined, 'config_drive'],
  [
    58,
    `GET ${COMPUTE}/servers/${ID}/os-instance-actions?changes-since=2026-01-01T00:00:00Z`,
    undefined,
    'changes-since',
  ],
])('2.%i: %s %j is 501, naming %s', async (minor, target, body, named) => {
  const { call } = novaApp({ getInstance: async () => INSTANCE });
  const { status, json } = await call(target, body, at(minor));
  expect([status, json.notImplemented.message]).toEqual([501, expect.stringContaining(named)]);
});

test('a server at 2.47 has the members of its flavor, and only the name of one that is listed no more', async () => {
  for (const [flavors, expected] of [
    [
      [FLAVOR],
      { original_name: 'm1.small', vcpus: 1, ram: 2048, disk: 20, ephemeral: 0, swap: 0, extra_specs: {} },
    ],
    [[], { original_name: 'm1.small' }],
  ] as const) {
    const { call } = novaApp({
      getInstance: async () => INSTANCE,
      listInstanceVolumes: async () => [],
      listFlavors: async () => flavors,
    });
    const { json } = await call(`GET ${COMPUTE}/servers/${ID}`, undefined, at(47));
    expect(json.server.flavor).toEqual(expected);
  }
});

test.each([
  ['listFlavors', 47, `PUT ${COMPUTE}/servers/${ID}`, { server: { description: 'Shop' } }],
  ['listFlavors', 47, `POST ${COMPUTE}/servers/${ID}/action`, { rebuild: { imageRef: IMAGE_ID } }],
  ['caller', 13, `POST ${COMPUTE}/os-server-groups`, { server_group: { name: 'g', policies: ['affinity'] } }],
] as const)('when %s fails, 2.%i has written nothing: %s', async (read, minor, target, body) => {
  const written = vi.fn(async () => ({}) as never);
  const { call } = novaApp({
    getInstance: async () => INSTANCE,
    getImage: async () => ({ id: IMAGE_ID }) as never,
    listImages: async () => [{ id: IMAGE_ID, name: 'debian' }] as never,
    changeInstance: written,
    act: written,
    createServerGroup: written,
    [read]: async () => {
      throw new ComputeError('unavailable', 'The cloud does not respond.');
    },
  });
  expect((await call(target, body, at(minor))).status).toBe(503);
  expect(written).not.toHaveBeenCalled();
});

test('an attached volume is 200 without a device when the list that has it fails', async () => {
  const { call } = novaApp({
    attachVolume: async () => {},
    listInstanceVolumes: async () => {
      throw new ComputeError('unavailable', 'The cloud does not respond.');
    },
  });
  const body = { volumeAttachment: { volumeId: OTHER_ID } };
  const { status, json } = await call(`POST ${COMPUTE}/servers/${ID}/os-volume_attachments`, body, at(1));
  expect([status, json.volumeAttachment]).toEqual([
    200,
    expect.objectContaining({ volumeId: OTHER_ID, device: null }),
  ]);
});

test('an error of the cloud has the microversion of the request', async () => {
  const { call } = novaApp();
  const { headers } = await call(`GET ${COMPUTE}/servers/none/tags`, undefined, at(26));
  expect(headers.get('openstack-api-version')).toBe('compute 2.26');
});
