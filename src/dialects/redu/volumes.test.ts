import { expect, test, vi } from 'vitest';
import { ID, INSTANCE, OTHER_ID, reduApp } from '../../../test/support/redu-app.ts';
import type { Image } from '../../compute/model.ts';
import type { Volume, VolumeSnapshot } from '../../compute/volumes.ts';

const VOLUME: Volume = {
  id: ID,
  name: 'data',
  description: 'Database',
  sizeGb: 20,
  status: 'in-use',
  volumeType: 'ssd',
  isBootable: true,
  availabilityZone: 'nova',
  snapshotId: null,
  imageId: OTHER_ID,
  attachments: [{ instanceId: OTHER_ID, device: '/dev/vdb' }],
  created: '2026-02-12T09:20:00Z',
};
const SHOWN = {
  id: ID,
  name: 'data',
  description: 'Database',
  size_gb: 20,
  status: 'in-use',
  volume_type: 'ssd',
  bootable: true,
  availability_zone: 'nova',
  snapshot_id: null,
  image_id: OTHER_ID,
  attachments: [{ instance_id: OTHER_ID, device: '/dev/vdb' }],
  created: '2026-02-12T09:20:00Z',
};
const SNAPSHOT: VolumeSnapshot = {
  id: OTHER_ID,
  name: 'monday',
  description: '',
  volumeId: ID,
  sizeGb: 20,
  status: 'available',
  created: '2026-02-16T02:00:00Z',
};

test('a volume is listed, shown, made, changed, extended and deleted', async () => {
  const createVolume = vi.fn(async () => VOLUME);
  const updateVolume = vi.fn(async () => VOLUME);
  const deleteVolume = vi.fn(async () => {});
  const extendVolume = vi.fn(async () => {});
  const { call } = reduApp({
    listVolumes: async () => [VOLUME],
    getVolume: async () => VOLUME,
    listImages: async () => [{ id: OTHER_ID, name: 'debian' } as Image],
    createVolume,
    updateVolume,
    deleteVolume,
    extendVolume,
  });
  expect((await call('GET', '/v1/volumes')).json).toEqual({ items: [SHOWN], next_cursor: null });
  expect((await call('GET', `/v1/volumes/${ID}`)).json).toEqual(SHOWN);

  const made = await call('POST', '/v1/volumes', { name: 'data', size_gb: 20, image_id: 'debian' });
  expect([made.status, made.json]).toEqual([202, SHOWN]);
  expect(made.response.headers.get('Location')).toBe(`/v1/volumes/${ID}`);
  expect(createVolume).toHaveBeenCalledWith({
    name: 'data',
    sizeGb: 20,
    description: null,
    volumeType: null,
    availabilityZone: null,
    imageId: OTHER_ID,
    snapshotId: null,
  });

  expect((await call('PATCH', `/v1/volumes/${ID}`, { description: '' })).json).toEqual(SHOWN);
  expect(updateVolume).toHaveBeenCalledWith(ID, { description: '' });
  const extended = await call('POST', `/v1/volumes/${ID}/actions`, { action: 'extend', size_gb: 40 });
  expect([extended.status, extended.json]).toEqual([202, {}]);
  expect(extendVolume).toHaveBeenCalledWith(ID, 40);
  expect((await call('DELETE', `/v1/volumes/${ID}`)).status).toBe(204);
  expect(deleteVolume).toHaveBeenCalledWith(ID);
});

test('an image of unknown name is named, and no volume is made', async () => {
  const { problems } = reduApp({ listImages: async () => [] });
  expect(await problems('POST', '/v1/volumes', { name: 'data', size_gb: 1, image_id: 'debian' })).toEqual([
    'image_id: there is no image "debian"',
  ]);
});

test('a snapshot is listed, shown, made and deleted', async () => {
  const shown = { id: OTHER_ID, name: 'monday', description: '', volume_id: ID, size_gb: 20 };
  const createVolumeSnapshot = vi.fn(async () => SNAPSHOT);
  const deleteVolumeSnapshot = vi.fn(async () => {});
  const { call } = reduApp({
    listVolumeSnapshots: async () => [SNAPSHOT],
    getVolumeSnapshot: async () => SNAPSHOT,
    createVolumeSnapshot,
    deleteVolumeSnapshot,
  });
  expect((await call('GET', '/v1/volume_snapshots')).json.items).toMatchObject([shown]);
  expect((await call('GET', `/v1/volume_snapshots/${OTHER_ID}`)).json).toMatchObject(shown);
  const made = await call('POST', '/v1/volume_snapshots', { name: 'monday', volume_id: ID });
  expect([made.status, made.json]).toEqual([202, expect.objectContaining(shown)]);
  expect(createVolumeSnapshot).toHaveBeenCalledWith({ name: 'monday', volumeId: ID, description: null });
  expect((await call('DELETE', `/v1/volume_snapshots/${OTHER_ID}`)).status).toBe(204);
  expect(deleteVolumeSnapshot).toHaveBeenCalledWith(OTHER_ID);
});

test('a volume is attached to and detached from an instance', async () => {
  const attachVolume = vi.fn(async () => {});
  const detachVolume = vi.fn(async () => {});
  const { call } = reduApp({ attachVolume, detachVolume });
  const attached = await call('POST', `/v1/instances/${ID}/volumes`, { volume_id: OTHER_ID });
  expect([attached.status, attached.json]).toEqual([202, {}]);
  expect(attachVolume).toHaveBeenCalledWith(ID, OTHER_ID);
  expect((await call('DELETE', `/v1/instances/${ID}/volumes/${OTHER_ID}`)).status).toBe(202);
  expect(detachVolume).toHaveBeenCalledWith(ID, OTHER_ID);
});

test('an instance shows the devices of its volumes', async () => {
  const volume = { id: OTHER_ID, device: null, deleteWithInstance: true };
  const { call } = reduApp({
    capabilities: { floatingIps: false, securityGroups: false, keyPairs: false, nativeAccessFlags: false },
    getInstance: async () => ({ ...INSTANCE, volumes: [volume] }),
    listInstanceVolumes: async () => [{ ...volume, device: '/dev/vdb' }],
  });
  expect((await call('GET', `/v1/instances/${ID}`)).json.volumes).toEqual([
    { id: OTHER_ID, device: '/dev/vdb', delete_with_instance: true },
  ]);
});
