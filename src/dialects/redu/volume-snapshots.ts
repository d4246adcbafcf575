import type { Context } from 'hono';
import * as z from 'zod';
import type { VolumeSnapshot } from '../../compute/volumes.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { name, uuid } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { byNameAndId, pagedList, resource } from './paged-list.ts';
import { pathId } from './path-id.ts';
import { isInTransition, volumeDescription } from './volumes.ts';

export const volumeSnapshotSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    volume_id: z.string(),
    size_gb: z.int().describe('Of the volume at that time.'),
    status: z.string().describe("Cinder's status: creating, available, deleting, error, ..."),
    created: z.iso.datetime(),
  })
  .meta({ id: 'VolumeSnapshot' });

export const newVolumeSnapshotSchema = z
  .strictObject({ name, volume_id: uuid, description: volumeDescription.nullish() })
  .meta({ id: 'NewVolumeSnapshot' });

export const VOLUME_SNAPSHOT_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/volume_snapshots',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: volumeSnapshotSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/volume_snapshots',
    scope: 'volumes:write',
    body: newVolumeSnapshotSchema,
    status: 202,
    response: volumeSnapshotSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/volume_snapshots/{id}',
    scope: 'instances:read',
    status: 200,
    response: volumeSnapshotSchema,
  }),
  delete: route({
    method: 'DELETE',
    path: '/v1/volume_snapshots/{id}',
    scope: 'volumes:write',
    status: 204,
  }),
};

const list = pagedList((cloud) => cloud.listVolumeSnapshots(), byNameAndId, encodeSnapshot, isInTransition);
const get = resource('snapshot', (cloud, id) => cloud.getVolumeSnapshot(id), encodeSnapshot, isInTransition);

/** `/v1/volume_snapshots`. */
export function volumeSnapshots(mount: Mount): void {
  mount
    .addRead(VOLUME_SNAPSHOT_ROUTES.list, list)
    .add(VOLUME_SNAPSHOT_ROUTES.create, create)
    .addRead(VOLUME_SNAPSHOT_ROUTES.get, get)
    .add(VOLUME_SNAPSHOT_ROUTES.delete, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const body = await decodeBody(c, VOLUME_SNAPSHOT_ROUTES.create.body);
  const snapshot = await c.var.cloud.createVolumeSnapshot({
    name: body.name,
    volumeId: body.volume_id,
    description: body.description ?? null,
  });
  c.header('Location', publicPath(c, `/v1/volume_snapshots/${snapshot.id}`));
  return respondJson(c, encodeSnapshot(snapshot), 202);
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteVolumeSnapshot(pathId(c.req.param('id'), 'snapshot'));
  return c.body(null, 204);
}

function encodeSnapshot(snapshot: VolumeSnapshot): z.infer<typeof volumeSnapshotSchema> {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volumeId,
    size_gb: snapshot.sizeGb,
    status: snapshot.status,
    created: snapshot.created,
  };
}
