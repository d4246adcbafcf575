import * as z from 'zod';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { NewVolumeSnapshot, VolumeSnapshot } from '../../../src/compute/volumes.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { refusingStates } from './refusal.ts';
import { instantFrom, whileDeleting } from './volumes.ts';

const Body = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  volume_id: z.string(),
  size: z.number(),
  status: z.string(),
  created_at: z.string(),
  'os-extended-snapshot-attributes:project_id': z.string().nullish(),
});
const SnapshotBody = z.object({ snapshot: Body });

export async function listVolumeSnapshots(cinder: Service): Promise<VolumeSnapshot[]> {
  return (await allPages(cinder, '/snapshots/detail', 'snapshots', Body)).map(snapshotFrom);
}

/** @param projectId Its project: Cinder shows administrators those of all. */
export async function getVolumeSnapshot(
  cinder: Service,
  id: string,
  projectId: string,
): Promise<VolumeSnapshot> {
  const { snapshot } = await cinder.get(`/snapshots/${id}`, SnapshotBody);
  const owner = snapshot['os-extended-snapshot-attributes:project_id'];
  if ((owner ?? projectId) === projectId) return snapshotFrom(snapshot);
  throw new ComputeError('not_found', `Snapshot ${id} could not be found.`);
}

/** `force`: of a volume in use too, as a plug pulled at that moment would leave it. */
export async function createVolumeSnapshot(
  cinder: Service,
  { name, volumeId, description }: NewVolumeSnapshot,
): Promise<VolumeSnapshot> {
  const snapshot = { name, volume_id: volumeId, force: true, ...(description !== null && { description }) };
  const created = await refusingStates(() => cinder.post('/snapshots', { snapshot }, SnapshotBody));
  return snapshotFrom(created.snapshot);
}

/** @param find Reads the snapshot. */
export async function deleteVolumeSnapshot(
  cinder: Service,
  id: string,
  find: () => Promise<VolumeSnapshot>,
): Promise<void> {
  await whileDeleting(() => cinder.call('DELETE', `/snapshots/${id}`), find);
}

function snapshotFrom(snapshot: z.infer<typeof Body>): VolumeSnapshot {
  return {
    id: snapshot.id,
    name: snapshot.name ?? '',
    description: snapshot.description ?? '',
    volumeId: snapshot.volume_id,
    sizeGb: snapshot.size,
    status: snapshot.status,
    created: instantFrom(snapshot.created_at),
  };
}
