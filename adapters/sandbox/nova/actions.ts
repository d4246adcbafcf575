/** @module POST /servers/{id}/action: which action, whether it is allowed now, and what it starts. */

import { empty, type Fields, isFields, own, parseJson } from '../http.ts';
import type { NovaCall } from './call.ts';
import { badRequest, disallowed, goneAtThisVersion, notFound } from './faults.ts';
import { findServer, refuseLocked } from './find-server.ts';
import { destroy } from './lifecycle.ts';
import type { Server } from './model.ts';
import {
  pause,
  reboot,
  rescue,
  restore,
  resume,
  start,
  stop,
  suspend,
  unpause,
  unrescue,
} from './power-actions.ts';
import { openVncConsole } from './remote-consoles.ts';
import { confirmResize, rebuild, resize, revertResize } from './resize-actions.ts';
import { validate } from './schema.ts';
import { actionSchema } from './schemas.ts';
import {
  addSecurityGroup,
  changePassword,
  consoleOutput,
  lock,
  removeSecurityGroup,
  resetState,
  unlock,
} from './small-actions.ts';
import { createBackup, createImage, shelve, shelveOffload, unshelve } from './snapshot-actions.ts';

/** Carries out an action with its arguments. Without a reply the response is 202 without a body. */
export type Action = (call: NovaCall, server: Server, given: Fields) => Response | undefined;

const ACTIONS: Record<string, Action> = {
  reboot,
  'os-stop': stop,
  'os-start': start,
  pause,
  unpause,
  suspend,
  resume,
  rescue,
  unrescue,
  resize,
  confirmResize,
  revertResize,
  rebuild,
  createImage,
  createBackup,
  shelve,
  unshelve,
  shelveOffload,
  lock,
  unlock,
  addSecurityGroup,
  removeSecurityGroup,
  changePassword,
  'os-getConsoleOutput': consoleOutput,
  'os-getVNCConsole': openVncConsole,
  'os-resetState': resetState,
  restore,
  forceDelete: (call, server) => {
    refuseLocked(call, server);
    destroy(call.cloud, server);
    return undefined;
  },
};

/** Actions of the administrator that the sandbox knows only to refuse, with the policy that members meet. */
const REFUSED: Record<string, string> = {
  migrate: 'os-migrate-server:migrate',
  'os-migrateLive': 'os-migrate-server:migrate_live',
  evacuate: 'os-evacuate',
  injectNetworkInfo: 'os-admin-actions:inject_network_info',
};

const RETIRED = new Set([
  'addFloatingIp',
  'removeFloatingIp',
  'addFixedIp',
  'removeFixedIp',
  'os-getSPICEConsole',
]);

/** POST /servers/{id}/action */
export function act(call: NovaCall, id: string): Response {
  const body = call.text === '' ? null : parseJson(call.text);
  const [name, ...more] = isFields(body) ? Object.keys(body) : [];
  if (!isFields(body) || name === undefined || more.length > 0) throw badRequest('Malformed request body');
  const policy = own(REFUSED, name);
  if (policy) throw disallowed(policy);
  if (RETIRED.has(name)) throw goneAtThisVersion();
  const action = own(ACTIONS, name);
  if (!action) throw badRequest(`There is no such action: ${name}`);
  const schema = actionSchema(name, call.minor);
  if (schema) validate({ type: 'object', properties: { [name]: schema } }, body);
  if (!call.cloud.compute.servers.has(id)) throw notFound(`Instance ${id} has no mapping to a cell.`);
  const server = findServer(call, id);
  const argument = body[name];
  return (
    action(call, server, isFields(argument) ? argument : {}) ??
    empty(202, { 'Content-Type': 'application/json' })
  );
}
