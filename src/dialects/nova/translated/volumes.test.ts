import { describe, expect, test } from 'vitest';
import { ID, IMAGE_ID, novaApp, OTHER_ID, PROJECT_ID } from '../../../../test/support/nova-app.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { NewVolume, Volume } from '../../../compute/volumes.ts';

const BASE = `/volume/v3/${PROJECT_ID}`;
const VOLUME: Volume = {
  id: OTHER_ID,
  name: 'data',
  description: '',
  sizeGb: 10,
  status: 'in-use',
  volumeType: 'fast',
  isBootable: true,
  availabilityZone: 'nova',
  snapshotId: null,
  imageId: IMAGE_ID,
  attachments: [{ instanceId: ID, device: '/dev/vdb' }],
  created: '2026-02-12T09:14:22Z',
};
const OLDER = { ...VOLUME, id: ID, name: 'older', status: 'available', created: '2026-02-11T09:14:22Z' };
const SNAPSHOT = {
  id: OTHER_ID,
  name: 'snap',
  description: 'd',
  volumeId: ID,
  sizeGb: 10,
  status: 'available',
  created: VOLUME.created,
};
const listed = () => novaApp({ listVolumes: async () => [OLDER, VOLUME] });

describe('volumes', () => {
  test('are printed as Cinder prints them, with and without the project in the path', async () => {
    const app = novaApp({ getVolume: async () => VOLUME });
    for (const path of [BASE, '/volume/v3']) {
      const { status, json } = await app.call(`GET ${path}/volumes/${OTHER_ID}`);
      expect([status, json]).toMatchObject([
        200,
        {
          volume: {
            id: OTHER_ID,
            size: 10,
            status: 'in-use',
            bootable: 'true',
            volume_type: 'fast',
            created_at: '2026-02-12T09:14:22.000000',
            attachments: [{ server_id: ID, device: '/dev/vdb', volume_id: OTHER_ID }],
            volume_image_metadata: { image_id: IMAGE_ID },
            'os-vol-tenant-attr:tenant_id': PROJECT_ID,
          },
        },
      ]);
    }
  });

  test.each([
    ['', [OTHER_ID, ID]],
    ['?sort=name:desc', [ID, OTHER_ID]],
    ['?name=data&all_tenants=1', [OTHER_ID]],
    ['?status=available', [ID]],
    ['?limit=1', [OTHER_ID]],
    [`?marker=${OTHER_ID}`, [ID]],
  ])('volumes/detail%s', async (query, ids) => {
    const { json } = await listed().call(`GET ${BASE}/volumes/detail${query}`);
    expect(json.volumes.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  test('a page links to the next one', async () => {
    const { json } = await listed().call(`GET ${BASE}/volumes?limit=1`);
    expect(Object.keys(json.volumes[0])).toEqual(['id', 'name', 'links']);
    expect(json.volumes_links[0].href).toContain(`${BASE}/volumes?limit=1&marker=${OTHER_ID}`);
  });

  test('are made as clients ask for them', async () => {
    const made: NewVolume[] = [];
    const app = novaApp({
      createVolume: async (wanted) => {
        made.push(wanted);
        return VOLUME;
      },
      listImages: async () => [],
    });
    // As python-cinderclient sends it.
    const volume = {
      size: '10',
      consistencygroup_id: null,
      snapshot_id: ID,
      name: null,
      description: null,
      volume_type: null,
      availability_zone: null,
      metadata: {},
      imageRef: null,
      source_volid: null,
      backup_id: null,
      status: 'creating',
      attach_status: 'detached',
      user_id: null,
      project_id: null,
      multiattach: false,
    };
    const { status, json } = await app.call(`POST ${BASE}/volumes`, { volume });
    expect([status, json.volume.id]).toEqual([202, OTHER_ID]);
    expect(made).toEqual([
      {
        name: 'volume',
        sizeGb: 10,
        description: null,
        volumeType: null,
        availabilityZone: null,
        imageId: null,
        snapshotId: ID,
      },
    ]);
  });

  test.each([
    [{ size: 1, source_volid: ID }, 501, 'making volumes with source_volid'],
    [{ size: 1, metadata: { a: 'b' } }, 501, 'making volumes with metadata'],
    [{ size: 1, multiattach: true }, 501, 'making volumes with multiattach'],
    [{ size: 0 }, 400, 'size'],
    [{ size: 'x' }, 400, 'size'],
    [{}, 400, 'size'],
    [{ size: 1, snapshot_id: 'x' }, 400, 'snapshot_id'],
    [{ size: 1, name: 'a'.repeat(256) }, 400, 'name'],
    [{ size: 1, nonsense: 1 }, 400, 'nonsense'],
  ])('%j is refused with %i', async (volume, status, text) => {
    const reply = await novaApp({}).call(`POST ${BASE}/volumes`, { volume });
    expect(reply.status).toBe(status);
    expect(JSON.stringify(reply.json)).toContain(text);
  });

  test('change, grow and go', async () => {
    const calls: unknown[] = [];
    const app = novaApp({
      updateVolume: async (...given) => {
        calls.push(given);
        return VOLUME;
      },
      extendVolume: async (...given) => void calls.push(given),
      deleteVolume: async (...given) => void calls.push(given),
    });
    const path = `${BASE}/volumes/${ID}`;
    expect((await app.call(`PUT ${path}`, { volume: { name: 'n', description: null } })).status).toBe(200);
    expect((await app.call(`POST ${path}/action`, { 'os-extend': { new_size: 20 } })).status).toBe(202);
    expect((await app.call(`POST ${path}/action`, { 'os-retype': {} })).status).toBe(501);
    expect((await app.call(`DELETE ${path}?cascade=False`)).status).toBe(202);
    expect((await app.call(`DELETE ${path}?cascade=True`)).status).toBe(501);
    expect(calls).toEqual([[ID, { name: 'n', description: '' }], [ID, 20], [ID]]);
  });

  test('an exhausted quota is 413 as Cinder’s', async () => {
    const app = novaApp({
      createVolume: async () => {
        throw new ComputeError('quota_exceeded', 'Maximum number of volumes allowed (10) exceeded.');
      },
    });
    const { status, json } = await app.call(`POST ${BASE}/volumes`, { volume: { size: 1 } });
    expect([status, json.overLimit.code]).toEqual([413, 413]);
  });

  test.each(['GET /backups', 'GET /types', 'POST /volume-transfers', `PUT /snapshots/${ID}`])(
    '%s is 501 by name',
    async (target) => {
      const [method, path] = target.split(' ');
      const { status } = await novaApp({}).call(`${method} ${BASE}${path}`);
      expect(status).toBe(501);
    },
  );
});

test('snapshots', async () => {
  const app = novaApp({
    listVolumeSnapshots: async () => [SNAPSHOT],
    getVolumeSnapshot: async () => SNAPSHOT,
    createVolumeSnapshot: async (wanted) => ({
      ...SNAPSHOT,
      ...wanted,
      description: wanted.description ?? '',
    }),
    deleteVolumeSnapshot: async () => {},
  });
  const list = await app.call(`GET ${BASE}/snapshots/detail?volume_id=${ID}`);
  expect(list.json.snapshots).toMatchObject([{ id: OTHER_ID, volume_id: ID, size: 10 }]);
  expect((await app.call(`GET ${BASE}/snapshots?volume_id=${OTHER_ID}`)).json.snapshots).toEqual([]);
  const snapshot = { volume_id: ID, force: true, name: null, description: null, metadata: {} };
  const made = await app.call(`POST ${BASE}/snapshots`, { snapshot });
  expect([made.status, made.json.snapshot.name]).toEqual([202, 'snapshot']);
  expect((await app.call(`GET ${BASE}/snapshots/${OTHER_ID}`)).status).toBe(200);
  expect((await app.call(`DELETE ${BASE}/snapshots/${OTHER_ID}`)).status).toBe(202);
});

test('volumes of a server', async () => {
  const calls: unknown[] = [];
  const app = novaApp({
    listInstanceVolumes: async () => [{ id: OTHER_ID, device: '/dev/vdb', deleteWithInstance: false }],
    attachVolume: async (...given) => void calls.push(given),
    detachVolume: async (...given) => void calls.push(given),
  });
  const path = `/compute/v2.1/servers/${ID}/os-volume_attachments`;
  const view = { id: OTHER_ID, volumeId: OTHER_ID, serverId: ID, device: '/dev/vdb' };
  expect((await app.call(`GET ${path}`)).json).toEqual({ volumeAttachments: [view] });
  expect((await app.call(`GET ${path}/${OTHER_ID}`)).json).toEqual({ volumeAttachment: view });
  expect((await app.call(`GET ${path}/${ID}`)).status).toBe(404);
  const attached = await app.call(`POST ${path}`, { volumeAttachment: { volumeId: OTHER_ID } });
  expect([attached.status, attached.json]).toEqual([200, { volumeAttachment: view }]);
  const wished = { volumeAttachment: { volumeId: OTHER_ID, device: '/dev/vdz' } };
  expect((await app.call(`POST ${path}`, wished)).status).toBe(501);
  expect((await app.call(`DELETE ${path}/${OTHER_ID}`)).status).toBe(202);
  expect(calls).toEqual([
    [ID, OTHER_ID],
    [ID, OTHER_ID],
  ]);
});
