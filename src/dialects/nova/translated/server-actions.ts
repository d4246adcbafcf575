import * as z from 'zod';
import { assertScope } from '../../../access/require-scope.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { actOnInstance, deleteInstance, getInstance } from '../../../compute/instances.ts';
import type { RequestedAction } from '../../../compute/requests.ts';
import { readJsonObject } from '../../../http/body.ts';
import { decode } from '../../../http/decode.ts';
import { name } from '../../../http/field-schemas.ts';
import { scopeForAction } from '../permissions.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';
import { emptyResponse, type NovaCall, serverId, unsupported } from './call.ts';
import { diskConfig, flavorReference, imageReference } from './fields.ts';
import { metadataSchema } from './server-metadata.ts';
import { plainServer } from './server-view.ts';

/** Actions without an argument, by Nova's name. */
const PLAIN_ACTIONS = {
  'os-start': 'start',
  'os-stop': 'stop',
  pause: 'pause',
  unpause: 'unpause',
  suspend: 'suspend',
  resume: 'resume',
  lock: 'lock',
  unlock: 'unlock',
  shelve: 'shelve',
  unshelve: 'unshelve',
  rescue: 'rescue',
  unrescue: 'unrescue',
  confirmResize: 'confirm_resize',
  revertResize: 'revert_resize',
} as const satisfies Readonly<Record<string, RequestedAction['action']>>;

/** Actions of Nova at microversion 2.1 that the neutral model does not have. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'addFixedIp',
  'addFloatingIp',
  'addSecurityGroup',
  'changePassword',
  'createBackup',
  'evacuate',
  'injectNetworkInfo',
  'migrate',
  'os-getConsoleOutput',
  'os-getRDPConsole',
  'os-getSPICEConsole',
  'os-getSerialConsole',
  'os-getVNCConsole',
  'os-migrateLive',
  'os-resetState',
  'removeFixedIp',
  'removeFloatingIp',
  'removeSecurityGroup',
  'resetNetwork',
  'restore',
  'shelveOffload',
  'trigger_crash_dump',
]);

const reboot = z.strictObject({
  type: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['SOFT', 'HARD'])),
});
const resize = z.strictObject({ flavorRef: flavorReference, 'OS-DCF:diskConfig': diskConfig });
const createImage = z.strictObject({ name, metadata: metadataSchema.optional() });
const rebuild = z.looseObject({ imageRef: imageReference });

/** @throws ComputeError `invalid`; `not_implemented` for actions and arguments that the neutral model does not have. */
export function requestedAction(action: string, argument: unknown): RequestedAction {
  switch (action) {
    case 'reboot':
      return { action, hard: decode(reboot, argument).type === 'HARD' };
    case 'resize': {
      const { flavorRef, 'OS-DCF:diskConfig': disks } = decode(resize, argument);
      if (disks === 'AUTO') throw unsupported('resize with an OS-DCF:diskConfig other than MANUAL');
      return { action, flavor: flavorRef };
    }
    case 'rebuild': {
      const { imageRef, ...others } = decode(rebuild, argument);
      const [beyond] = Object.keys(others);
      if (beyond !== undefined) throw unsupported(`rebuild with ${beyond}`);
      return { action, image: imageRef };
    }
    default:
      if (Object.hasOwn(PLAIN_ACTIONS, action)) {
        const [member] = typeof argument === 'object' ? Object.keys(argument ?? {}) : [];
        if (member !== undefined) throw unsupported(`${action} with ${member}`);
        return { action: PLAIN_ACTIONS[action as keyof typeof PLAIN_ACTIONS] };
      }
      if (UNSUPPORTED.has(action)) throw unsupported(`the action ${action}`);
      throw new ComputeError('invalid', `There is no such action: ${action}`);
  }
}

/** `POST /servers/{id}/action`: the response says accepted, not completed. */
export async function runServerAction(call: NovaCall, segment = ''): Promise<Response> {
  const { c, cloud, publicUrl } = call;
  const id = serverId(segment);
  const body = await readJsonObject(c);
  const scope = scopeForAction(body);
  if (scope !== null) assertScope(c.var.principal, scope);
  const [[name, argument] = ['', null], ...others] = Object.entries(body);
  if (others.length > 0) throw new ComputeError('invalid', 'The body must hold one action.');
  if (name === 'createImage') return snapshot(call, id, argument);
  if (name === 'forceDelete') {
    await deleteInstance(cloud, id, c.var.releases);
    return emptyResponse(call, 202);
  }
  // 404 has precedence over 501.
  if (UNSUPPORTED.has(name)) await getInstance(cloud, id);
  const action = requestedAction(name, argument);
  const { adminPassword } = await actOnInstance(cloud, id, action);
  const password = adminPassword === null ? {} : { adminPass: adminPassword };
  switch (action.action) {
    case 'rebuild': {
      const server = plainServer(await getInstance(cloud, id), publicUrl);
      return c.json({ server: { ...server, ...password } }, 202);
    }
    case 'rescue':
      return c.json(password);
    case 'confirm_resize':
      return emptyResponse(call, 204);
    default:
      return emptyResponse(call, 202);
  }
}

async function snapshot(call: NovaCall, id: string, argument: unknown): Promise<Response> {
  const { name: imageName, metadata = {} } = decode(createImage, argument);
  const imageId = await call.cloud.snapshot(id, imageName, metadata);
  return call.c.body(null, 202, {
    Location: `${call.publicUrl}${SERVICE_ENDPOINTS.image.prefix}/v2/images/${imageId}`,
  });
}
