import type { Volume, VolumeCalls } from '../../src/compute/volumes.ts';
import { decodeVolume, decodeVolumeSnapshot } from '../../src/dialects/redu/decode-responses.ts';
import { volumeSnapshotSchema } from '../../src/dialects/redu/volume-snapshots.ts';
import { volumeSchema } from '../../src/dialects/redu/volumes.ts';
import { getInstance } from './instances.ts';
import type { ReduSession } from './session.ts';

const VOLUMES = '/v1/volumes';
const SNAPSHOTS = '/v1/volume_snapshots';

/** The block storage of a redu cloud. */
export function volumeCalls(session: ReduSession): VolumeCalls {
  const send = async (method: 'POST' | 'DELETE', path: string, body?: object) => {
    await session.request({ method, path, ...(body && { body }) }, 'item');
  };
  const volume = async (method: 'GET' | 'PATCH', id: string, body?: object): Promise<Volume> =>
    decodeVolume(
      await session.read({ method, path: `${VOLUMES}/${id}`, ...(body && { body }) }, 'item', volumeSchema),
    );

  return {
    listVolumes: async () => (await session.list(VOLUMES, volumeSchema)).map(decodeVolume),
    getVolume: (id) => volume('GET', id),
    async createVolume(wanted) {
      const { sizeGb, volumeType, availabilityZone, imageId, snapshotId, ...same } = wanted;
      const body = {
        ...same,
        size_gb: sizeGb,
        volume_type: volumeType,
        availability_zone: availabilityZone,
        image_id: imageId,
        snapshot_id: snapshotId,
      };
      const request = { method: 'POST', path: VOLUMES, body } as const;
      return decodeVolume(await session.read(request, 'collection', volumeSchema));
    },
    updateVolume: (id, change) => volume('PATCH', id, change),
    deleteVolume: (id) => send('DELETE', `${VOLUMES}/${id}`),
    extendVolume: (id, sizeGb) =>
      send('POST', `${VOLUMES}/${id}/actions`, { action: 'extend', size_gb: sizeGb }),

    listVolumeSnapshots: async () =>
      (await session.list(SNAPSHOTS, volumeSnapshotSchema)).map(decodeVolumeSnapshot),
    async getVolumeSnapshot(id) {
      const request = { method: 'GET', path: `${SNAPSHOTS}/${id}` } as const;
      return decodeVolumeSnapshot(await session.read(request, 'item', volumeSnapshotSchema));
    },
    async createVolumeSnapshot({ volumeId, ...same }) {
      const body = { ...same, volume_id: volumeId };
      // 404 is the volume's.
      const request = { method: 'POST', path: SNAPSHOTS, body } as const;
      return decodeVolumeSnapshot(await session.read(request, 'item', volumeSnapshotSchema));
    },
    deleteVolumeSnapshot: (id) => send('DELETE', `${SNAPSHOTS}/${id}`),

    listInstanceVolumes: async (instanceId) => (await getInstance(session, instanceId)).volumes,
    attachVolume: (instanceId, volumeId) =>
      send('POST', `/v1/instances/${instanceId}/volumes`, { volume_id: volumeId }),
    detachVolume: (instanceId, volumeId) => send('DELETE', `/v1/instances/${instanceId}/volumes/${volumeId}`),
  };
}
