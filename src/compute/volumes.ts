/**
 * Block storage: its part of the model and of the driver interface (`cloud.ts`), whose contract holds here too. Every call of a
 * cloud without block storage rejects with `noBlockStorage`.
 *
 * @module
 */

import { ComputeError } from './errors.ts';
import type { InstanceVolume, Quota, Quotas } from './model.ts';

export interface Volume {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly sizeGb: number;
  /** Cinder's status: `creating`, `available`, `in-use`, `extending`, `error`, ... */
  readonly status: string;
  readonly volumeType: string | null;
  readonly isBootable: boolean;
  readonly availabilityZone: string | null;
  /** What it was made from. */
  readonly snapshotId: string | null;
  readonly imageId: string | null;
  readonly attachments: readonly VolumeAttachment[];
  readonly created: string;
}

export interface VolumeAttachment {
  readonly instanceId: string;
  /** As the hypervisor was asked to name it, e.g. `/dev/vdb`; null while attaching. */
  readonly device: string | null;
}

export interface VolumeSnapshot {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly volumeId: string;
  /** Of its volume at that time. */
  readonly sizeGb: number;
  /** Cinder's status: `creating`, `available`, `deleting`, `error`, ... */
  readonly status: string;
  readonly created: string;
}

/** At most one of `imageId` and `snapshotId` is set; neither: an empty volume. */
export interface NewVolume {
  readonly name: string;
  readonly sizeGb: number;
  readonly description: string | null;
  readonly volumeType: string | null;
  readonly availabilityZone: string | null;
  readonly imageId: string | null;
  readonly snapshotId: string | null;
}

export interface NewVolumeSnapshot {
  readonly name: string;
  readonly volumeId: string;
  readonly description: string | null;
}

/** The root disk of an instance that boots from a volume: a new one that the cloud makes from the image, or a given one. */
export type BootVolume =
  | {
      readonly kind: 'new';
      readonly sizeGb: number;
      readonly volumeType: string | null;
      readonly deleteWithInstance: boolean;
    }
  | { readonly kind: 'existing'; readonly volumeId: string; readonly deleteWithInstance: boolean };

export interface VolumeCalls {
  listVolumes(): Promise<readonly Volume[]>;
  /** `not_found`. */
  getVolume(id: string): Promise<Volume>;
  /** Resolves once the cloud has accepted. `invalid` (type, zone, image, snapshot, size), `quota_exceeded`. */
  createVolume(volume: NewVolume): Promise<Volume>;
  /** `not_found`, `invalid`. */
  updateVolume(
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<Volume>;
  /** Resolves once the cloud has accepted. `not_found`, `conflict` (attached, has snapshots). */
  deleteVolume(id: string): Promise<void>;
  /** Resolves once the cloud has accepted. `not_found`, `invalid` (not larger), `conflict` (state), `quota_exceeded`. */
  extendVolume(id: string, sizeGb: number): Promise<void>;

  listVolumeSnapshots(): Promise<readonly VolumeSnapshot[]>;
  /** `not_found`. */
  getVolumeSnapshot(id: string): Promise<VolumeSnapshot>;
  /** Resolves once the cloud has accepted. `not_found` (the volume), `conflict` (state), `quota_exceeded`. */
  createVolumeSnapshot(snapshot: NewVolumeSnapshot): Promise<VolumeSnapshot>;
  /** Resolves once the cloud has accepted. `not_found`, `conflict` (state, a volume depends on it). */
  deleteVolumeSnapshot(id: string): Promise<void>;

  /** With devices, in the cloud's order. `not_found`. */
  listInstanceVolumes(instanceId: string): Promise<readonly InstanceVolume[]>;
  /** Resolves once the cloud has accepted. `not_found` for either, `conflict` (state, already attached). */
  attachVolume(instanceId: string, volumeId: string): Promise<void>;
  /** Resolves once the cloud has accepted. `not_found`, also when it is not attached to this instance; `conflict` (root disk). */
  detachVolume(instanceId: string, volumeId: string): Promise<void>;
}

export function noBlockStorage(): ComputeError {
  return new ComputeError(
    'not_implemented',
    'The cloud behind this gateway has no block storage: volumes and their snapshots are not available.',
  );
}

const rejects = async (): Promise<never> => {
  throw noBlockStorage();
};

export type VolumeQuotas = Pick<Quotas, 'volumes' | 'gigabytes' | 'snapshots'>;

const NONE: Quota = { limit: 0, used: 0 };

/** Of a cloud without block storage. */
export const NO_VOLUME_QUOTAS: VolumeQuotas = { volumes: NONE, gigabytes: NONE, snapshots: NONE };

/** The calls of a cloud without block storage. */
export const NO_VOLUMES: VolumeCalls = {
  listVolumes: rejects,
  getVolume: rejects,
  createVolume: rejects,
  updateVolume: rejects,
  deleteVolume: rejects,
  extendVolume: rejects,
  listVolumeSnapshots: rejects,
  getVolumeSnapshot: rejects,
  createVolumeSnapshot: rejects,
  deleteVolumeSnapshot: rejects,
  listInstanceVolumes: rejects,
  attachVolume: rejects,
  detachVolume: rejects,
};
