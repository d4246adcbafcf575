/** @module How volumes and snapshots change over time. */

import type { Cloud } from '../cloud.ts';
import type { Snapshot, Volume } from './model.ts';

/** Changes a volume or a snapshot and marks it as changed. */
export function change<T extends Volume | Snapshot>(cloud: Cloud, record: T, changes: Partial<T>): void {
  Object.assign(record, changes, { updatedAt: cloud.timeline.now() });
}

/** Shows a status for a part of a boot, then, unless something else has changed it meanwhile, lets the end happen. */
export function pass(
  cloud: Cloud,
  record: Volume | Snapshot,
  part: number,
  status: string,
  end: () => void,
): void {
  change(cloud, record, { status });
  cloud.timeline.after(part * cloud.bootMilliseconds, () => {
    if (record.status === status) end();
  });
}

/** The snapshots of a volume. */
export function snapshotsOf(cloud: Cloud, volumeId: string): Snapshot[] {
  return [...cloud.blockStorage.snapshots.values()].filter((snapshot) => snapshot.volumeId === volumeId);
}

/** Shows `deleting` for a while, then the volume is gone. */
export function destroyVolume(cloud: Cloud, volume: Volume): void {
  pass(cloud, volume, 0.1, 'deleting', () => cloud.blockStorage.volumes.delete(volume.id));
}
