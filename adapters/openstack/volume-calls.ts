import type { CloudInstance } from '../../src/compute/model.ts';
import type { VolumeCalls } from '../../src/compute/volumes.ts';
import * as snapshots from './cinder/snapshots.ts';
import * as volumes from './cinder/volumes.ts';
import type { Nova } from './nova/nova.ts';
import * as attachments from './nova/volume-attachments.ts';
import type { Service } from './service.ts';

/** What the calls share with those of the other services. */
interface Shared {
  readonly nova: Nova;
  readonly cinder: Service;
  readonly projectId: () => Promise<string>;
  readonly getInstance: (id: string) => Promise<CloudInstance>;
  readonly ofOwn: <T>(
    find: (id: string) => Promise<unknown>,
    id: string,
    call: () => Promise<T>,
  ) => Promise<T>;
}

/** The table of contents of block storage. */
export function volumeCalls({ nova, cinder, projectId, getInstance, ofOwn }: Shared): VolumeCalls {
  const getVolume = async (id: string) => volumes.getVolume(cinder, id, await projectId());
  const getVolumeSnapshot = async (id: string) => snapshots.getVolumeSnapshot(cinder, id, await projectId());
  /** With both in the project. A cloud without block storage rejects it before Nova fails. */
  const ofOwnBoth = <T>(instanceId: string, volumeId: string, call: () => Promise<T>) =>
    ofOwn(getInstance, instanceId, async () => {
      await getVolume(volumeId);
      return call();
    });

  return {
    listVolumes: () => volumes.listVolumes(cinder),
    getVolume,
    createVolume: async (volume) => {
      const create = () => volumes.createVolume(cinder, volume);
      const { snapshotId } = volume;
      return (snapshotId === null ? create() : ofOwn(getVolumeSnapshot, snapshotId, create)).catch(
        (error) => {
          throw volumes.invalidReference(error);
        },
      );
    },
    updateVolume: async (id, change) => {
      await ofOwn(getVolume, id, () => volumes.updateVolume(cinder, id, change));
      return getVolume(id);
    },
    deleteVolume: (id) => ofOwn(getVolume, id, () => volumes.deleteVolume(cinder, id, () => getVolume(id))),
    extendVolume: async (id, sizeGb) => {
      const { status } = await getVolume(id);
      await volumes.extendVolume(cinder, id, sizeGb, status === 'in-use');
    },

    listVolumeSnapshots: () => snapshots.listVolumeSnapshots(cinder),
    getVolumeSnapshot,
    createVolumeSnapshot: (snapshot) =>
      ofOwn(getVolume, snapshot.volumeId, () => snapshots.createVolumeSnapshot(cinder, snapshot)),
    deleteVolumeSnapshot: (id) =>
      ofOwn(getVolumeSnapshot, id, () =>
        snapshots.deleteVolumeSnapshot(cinder, id, () => getVolumeSnapshot(id)),
      ),

    listInstanceVolumes: (instanceId) =>
      ofOwn(getInstance, instanceId, () => attachments.listServerVolumes(nova, instanceId)),
    attachVolume: (instanceId, volumeId) =>
      ofOwnBoth(instanceId, volumeId, () => attachments.attachVolume(nova, instanceId, volumeId)),
    detachVolume: (instanceId, volumeId) =>
      ofOwnBoth(instanceId, volumeId, () => attachments.detachVolume(nova, instanceId, volumeId)),
  };
}
