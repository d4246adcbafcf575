/** @module What Cinder knows: volumes, snapshots, limits, the one volume type. */

import type { Image } from '../glance/model.ts';
import type { Fields } from '../http.ts';

export interface Attachment {
  id: string;
  serverId: string;
  device: string;
  attachedAt: number;
}

export interface Volume {
  id: string;
  projectId: string;
  userId: string;
  name: string | null;
  description: string | null;
  sizeGiB: number;
  status: string;
  bootable: boolean;
  snapshotId: string | null;
  sourceId: string | null;
  metadata: Fields;
  /** Of the image that it was made from, with its id and name; all of them strings. */
  imageMetadata: Record<string, string> | null;
  attachments: Attachment[];
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number | null;
}

/** What a volume is made of: an image, a snapshot, another volume. */
export interface Source {
  snapshotId?: string;
  sourceId?: string;
  /** Of the snapshot or the other volume. */
  sizeGiB?: number;
  bootable?: boolean;
  imageMetadata?: Record<string, string> | null;
  image?: Image;
}

export interface Snapshot {
  id: string;
  projectId: string;
  volumeId: string;
  name: string | null;
  description: string | null;
  sizeGiB: number;
  status: string;
  metadata: Fields;
  createdAt: number;
  updatedAt: number | null;
}

/** Limits of a project; -1: none. */
export const VOLUME_QUOTA: Readonly<Record<string, number>> = {
  volumes: 10,
  per_volume_gigabytes: -1,
  snapshots: 10,
  gigabytes: 1000,
  backups: 10,
  backup_gigabytes: 1000,
  volumes___DEFAULT__: -1,
  gigabytes___DEFAULT__: -1,
  snapshots___DEFAULT__: -1,
  groups: 10,
};

/** The name of the one volume type. */
export const DEFAULT_TYPE = '__DEFAULT__';

export interface BlockStorage {
  volumes: Map<string, Volume>;
  snapshots: Map<string, Snapshot>;
  quotas: Map<string, Record<string, number>>;
  typeId: string;
}

export function createBlockStorage(): BlockStorage {
  return { volumes: new Map(), snapshots: new Map(), quotas: new Map(), typeId: crypto.randomUUID() };
}
