import type { Context } from 'hono';
import * as z from 'zod';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { uuid } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';
import { pathId } from './path-id.ts';
import { acceptedSchema } from './volumes.ts';

export const volumeAttachmentSchema = z.strictObject({ volume_id: uuid }).meta({ id: 'NewVolumeAttachment' });

export const INSTANCE_VOLUME_ROUTES = {
  attach: route({
    method: 'POST',
    path: '/v1/instances/{id}/volumes',
    scope: 'volumes:write',
    body: volumeAttachmentSchema,
    status: 202,
    response: acceptedSchema,
  }),
  detach: route({
    method: 'DELETE',
    path: '/v1/instances/{id}/volumes/{volume_id}',
    scope: 'volumes:write',
    status: 202,
    response: acceptedSchema,
  }),
};

/** `/v1/instances/{id}/volumes`: accepted, not done, when it responds. */
export function instanceVolumes(mount: Mount): void {
  mount.add(INSTANCE_VOLUME_ROUTES.attach, attach).add(INSTANCE_VOLUME_ROUTES.detach, detach);
}

async function attach(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  const { volume_id } = await decodeBody(c, INSTANCE_VOLUME_ROUTES.attach.body);
  await c.var.cloud.attachVolume(id, volume_id);
  return respondJson(c, {}, 202);
}

async function detach(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  await c.var.cloud.detachVolume(id, pathId(c.req.param('volume_id'), 'volume'));
  return respondJson(c, {}, 202);
}
