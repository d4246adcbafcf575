import * as z from 'zod';
import { assertScope } from '../../../access/require-scope.ts';
import { ComputeError } from '../../../compute/errors.ts';
import { attachSecurityGroup, detachSecurityGroup } from '../../../compute/instance-groups.ts';
import { actOnInstance, deleteInstance, getInstance } from '../../../compute/instances.ts';
import type { RequestedAction } from '../../../compute/requests.ts';
import { readJsonObject } from '../../../http/body.ts';
import { decode } from '../../../http/decode.ts';
import { name, shortText } from '../../../http/field-schemas.ts';
import { scopeForAction } from '../permissions.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';
import { emptyResponse, type NovaCall, serverId, unsupported } from './call.ts';
import { groupNamed } from './compute-security-groups.ts';
import { CONSOLE_ACTIONS, consoleAction, consoleOutput } from './consoles.ts';
import { diskConfig, flavorReference, imageReference } from './fields.ts';
import { isWithin, type Span } from './microversions.ts';
import { metadataSchema } from './server-metadata.ts';
import { changedServer, viewerOf } from './server-view.ts';

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
  unrescue: 'unrescue',
  confirmResize: 'confirm_resize',
  revertResize: 'revert_resize',
} as const satisfies Readonly<Record<string, RequestedAction['action']>>;

/** Actions of Nova that the neutral model does not have. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'addFixedIp',
  'addFloatingIp',
  'evacuate',
  'injectNetworkInfo',
  'migrate',
  'os-migrateLive',
  'os-resetState',
  'removeFixedIp',
  'removeFloatingIp',
  'resetNetwork',
  'restore',
  'shelveOffload',
  'trigger_crash_dump',
]);

/** The microversions that have an action; the others are in all. */
const SPANS: Readonly<Record<string, Span>> = {
  ...Object.fromEntries(Object.keys(CONSOLE_ACTIONS).map((name): [string, Span] => [name, [1, 5]])),
  addFixedIp: [1, 43],
  addFloatingIp: [1, 43],
  removeFixedIp: [1, 43],
  removeFloatingIp: [1, 43],
  trigger_crash_dump: [17],
};

const reboot = z.strictObject({
  type: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['SOFT', 'HARD'])),
});
const resize = z.strictObject({ flavorRef: flavorReference, 'OS-DCF:diskConfig': diskConfig });
const createImage = z.strictObject({ name, metadata: metadataSchema.optional() });
const rebuild = z.looseObject({ imageRef: imageReference });
const rescue = z.looseObject({ rescue_image_ref: imageReference.optional() }).nullable();
const changePassword = z.strictObject({ adminPass: shortText });
const createBackup = z.strictObject({
  name,
  backup_type: shortText,
  rotation: z.coerce.number<number | string>().int().min(1).max(1000),
  metadata: metadataSchema.optional(),
});

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
    case 'rescue': {
      const { rescue_image_ref: image = null, ...others } = decode(rescue, argument) ?? {};
      const [beyond] = Object.keys(others);
      if (beyond !== undefined) throw unsupported(`rescue with ${beyond}`);
      return { action, image };
    }
    case 'changePassword':
      return { action: 'set_password', adminPassword: decode(changePassword, argument).adminPass };
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
  const { c, cloud } = call;
  const id = serverId(segment);
  const body = await readJsonObject(c);
  const scope = scopeForAction(body);
  if (scope !== null) assertScope(c.var.principal, scope);
  const [[name, argument] = ['', null], ...others] = Object.entries(body);
  if (others.length > 0) throw new ComputeError('invalid', 'The body must hold one action.');
  if (Object.hasOwn(SPANS, name) && !isWithin(call.minor, SPANS[name] ?? [1]))
    throw new ComputeError('not_found', 'The resource could not be found.');
  if (name === 'createImage') return snapshot(call, id, argument);
  if (name === 'createBackup') return backUp(call, id, argument);
  if (name === 'os-getConsoleOutput') return consoleOutput(call, id, argument);
  if (Object.hasOwn(CONSOLE_ACTIONS, name)) return consoleAction(call, id, name, argument);
  if (name === 'forceDelete') {
    await deleteInstance(cloud, id, c.var.releases);
    return emptyResponse(call, 202);
  }
  if (name === 'addSecurityGroup') return changeGroups(call, id, argument, attachSecurityGroup);
  if (name === 'removeSecurityGroup') return changeGroups(call, id, argument, detachSecurityGroup);
  // 404 has precedence over 501.
  if (UNSUPPORTED.has(name)) await getInstance(cloud, id);
  const action = requestedAction(name, argument);
  if (action.action === 'rebuild') return rebuildServer(call, id, action);
  const { adminPassword } = await actOnInstance(cloud, id, action);
  switch (action.action) {
    case 'rescue':
      return c.json(shownOnce(adminPassword));
    case 'confirm_resize':
      return emptyResponse(call, 204);
    default:
      return emptyResponse(call, 202);
  }
}

async function rebuildServer(call: NovaCall, id: string, action: RequestedAction): Promise<Response> {
  const { c, cloud } = call;
  const viewer = await viewerOf(call);
  const before = await getInstance(cloud, id);
  const { adminPassword } = await actOnInstance(cloud, id, action);
  // A read that fails must not lose the password.
  const after = await getInstance(cloud, id).catch(() => before);
  return c.json({ server: { ...changedServer(after, viewer), ...shownOnce(adminPassword) } }, 202);
}

function shownOnce(adminPassword: string | null): { adminPass?: string } {
  return adminPassword === null ? {} : { adminPass: adminPassword };
}

const namedGroup = z.looseObject({ name: shortText });

async function changeGroups(
  call: NovaCall,
  id: string,
  argument: unknown,
  change: typeof attachSecurityGroup,
): Promise<Response> {
  const { c, cloud } = call;
  const { name: wanted } = decode(namedGroup, argument);
  const group = groupNamed(await cloud.listSecurityGroups(), wanted, c.var.principal.projectId);
  c.var.trace.instanceChanged(id);
  await change(cloud, id, group.id, c.var.releases);
  return emptyResponse(call, 202);
}

async function snapshot(call: NovaCall, id: string, argument: unknown): Promise<Response> {
  const { name: imageName, metadata = {} } = decode(createImage, argument);
  return imageAccepted(call, await call.cloud.snapshot(id, imageName, metadata));
}

async function backUp(call: NovaCall, id: string, argument: unknown): Promise<Response> {
  const { backup_type: type, metadata = {}, ...given } = decode(createBackup, argument);
  if (Object.keys(metadata).length > 0) throw unsupported('createBackup with metadata');
  return imageAccepted(call, await call.cloud.backup(id, { ...given, type }));
}

/** Since 2.45 in the body. */
function imageAccepted({ c, publicUrl, minor }: NovaCall, imageId: string): Response {
  if (minor >= 45) return c.json({ image_id: imageId }, 202);
  return c.body(null, 202, {
    Location: `${publicUrl}${SERVICE_ENDPOINTS.image.prefix}/v2/images/${imageId}`,
  });
}
