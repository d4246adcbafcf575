import * as z from 'zod';
import type { VolumeSnapshot } from '../../../compute/volumes.ts';
import { decodeBody } from '../../../http/decode.ts';
import { name, uuid } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, type NovaHandler, parseId } from './call.ts';
import { cinderList, cinderTime } from './volume-list.ts';
import { description, refuseMetadata } from './volumes.ts';

/** redu makes snapshots of volumes in use without `force`. */
const newSnapshotSchema = z.strictObject({
  snapshot: z.strictObject({
    volume_id: uuid,
    name: z.union([name, z.literal('')]).nullish(),
    description,
    force: z.union([z.boolean(), z.string(), z.null()]).optional(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  }),
});

export const listSnapshots: NovaHandler = (call) =>
  cinderList(call, 'snapshots', call.cloud.listVolumeSnapshots(), snapshotView);

export async function createSnapshot({ c, cloud }: NovaCall): Promise<Response> {
  const { snapshot: given } = await decodeBody(c, newSnapshotSchema);
  refuseMetadata(given.metadata, 'making snapshots');
  const snapshot = await cloud.createVolumeSnapshot({
    name: given.name || 'snapshot',
    volumeId: given.volume_id,
    description: given.description ?? null,
  });
  return c.json({ snapshot: snapshotView(snapshot) }, 202);
}

export async function showSnapshot({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ snapshot: snapshotView(await cloud.getVolumeSnapshot(parseId(segment, 'Snapshot'))) });
}

export async function deleteSnapshot(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteVolumeSnapshot(parseId(segment, 'Snapshot'));
  return emptyResponse(call, 202);
}

function snapshotView(snapshot: VolumeSnapshot) {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volumeId,
    status: snapshot.status,
    size: snapshot.sizeGb,
    created_at: cinderTime(snapshot.created),
    updated_at: null,
    metadata: {},
  };
}
