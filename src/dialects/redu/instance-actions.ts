import type { Context } from 'hono';
import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import { actOnInstance } from '../../compute/instances.ts';
import type { RequestedAction } from '../../compute/requests.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { idOrName, inAnyCase, name, shortText } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { route } from '../../http/route.ts';
import { isAdmin, onInstance } from './across-projects.ts';
import { plainMetadataSchema } from './metadata.ts';
import { pathId } from './path-id.ts';

const PLAIN_ACTIONS = [
  'start',
  'stop',
  'pause',
  'unpause',
  'suspend',
  'resume',
  'lock',
  'unlock',
  'shelve',
  'unshelve',
  'unrescue',
  'confirm_resize',
  'revert_resize',
] as const;
const ACTIONS = [
  ...PLAIN_ACTIONS,
  'reboot',
  'resize',
  'rebuild',
  'rescue',
  'set_password',
  'snapshot',
  'backup',
];

const rebootType = z
  .string()
  .regex(inAnyCase(['soft', 'hard']), 'must be one of soft, hard')
  .toLowerCase();

export const instanceActionSchema = z
  .discriminatedUnion(
    'action',
    [
      z.strictObject({ action: z.enum(PLAIN_ACTIONS) }),
      z.strictObject({ action: z.literal('reboot'), type: rebootType.default('soft') }),
      z.strictObject({
        action: z.literal('resize'),
        flavor_id: idOrName,
        auto_confirm: z.boolean().optional().describe('The gateway confirms it once it is `resized`.'),
      }),
      z.strictObject({ action: z.literal('rebuild'), image_id: idOrName }),
      z.strictObject({ action: z.literal('rescue'), image_id: idOrName.optional() }),
      z.strictObject({ action: z.literal('set_password'), admin_password: shortText }),
      z.strictObject({
        action: z.literal('backup'),
        name,
        type: shortText.describe('Backups of one type are counted together: `daily`, `weekly`.'),
        rotation: z.int().min(1).max(1000).describe('How many of that type are retained.'),
      }),
      z.strictObject({
        action: z.literal('snapshot'),
        name,
        metadata: plainMetadataSchema.optional(),
      }),
    ],
    { error: `must be one of ${ACTIONS.join(', ')}` },
  )
  .meta({ id: 'InstanceAction' });
type InstanceActionBody = z.output<typeof instanceActionSchema>;

export const actionAcceptedSchema = z
  .object({
    image_id: z.string().optional().describe('The image that will be; with snapshot and backup.'),
    admin_password: z
      .string()
      .optional()
      .describe('Shown once; with rebuild and rescue, where the cloud sets one.'),
  })
  .meta({ id: 'ActionAccepted' });
type ActionAccepted = z.infer<typeof actionAcceptedSchema>;

export const INSTANCE_ACTION = route({
  method: 'POST',
  path: '/v1/instances/{id}/actions',
  scope: 'instances:write',
  body: instanceActionSchema,
  status: 202,
  response: actionAcceptedSchema,
});

/** `POST /v1/instances/{id}/actions`: accepted, not done, when it responds. */
export async function runInstanceAction(c: Context<GatewayEnv>): Promise<Response> {
  const id = pathId(c.req.param('id'), 'instance');
  const body = await decodeBody(c, INSTANCE_ACTION.body);
  const { cloud, principal, releases } = c.var;
  const accepted = await onInstance(cloud, isAdmin(principal), async (reached): Promise<ActionAccepted> => {
    if (body.action === 'snapshot')
      return { image_id: await reached.snapshot(id, body.name, body.metadata ?? {}) };
    if (body.action === 'backup') return { image_id: await reached.backup(id, body) };
    if (reached !== cloud && body.action === 'resize' && body.auto_confirm) {
      throw ComputeError.field('auto_confirm', 'is for instances of the project of the key');
    }
    const { adminPassword } = await actOnInstance(reached, id, toRequestedAction(body), releases);
    return adminPassword === null ? {} : { admin_password: adminPassword };
  });
  return respondJson(c, accepted, 202);
}

function toRequestedAction(
  body: Exclude<InstanceActionBody, { action: 'snapshot' | 'backup' }>,
): RequestedAction {
  switch (body.action) {
    case 'reboot':
      return { action: 'reboot', hard: body.type === 'hard' };
    case 'resize':
      return { action: 'resize', flavor: body.flavor_id, ...(body.auto_confirm && { autoConfirm: true }) };
    case 'rebuild':
      return { action: 'rebuild', image: body.image_id };
    case 'rescue':
      return { action: 'rescue', image: body.image_id ?? null };
    case 'set_password':
      return { action: 'set_password', adminPassword: body.admin_password };
    default:
      return { action: body.action };
  }
}
