/** @module URLs of a server's screen. As a compute host with VNC alone has them. */

import { json } from '../http.ts';
import { bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, conflict, goneAtThisVersion } from './faults.ts';
import { findServer } from './find-server.ts';

const TYPES: Record<string, string> = {
  vnc: 'novnc',
  spice: 'spice-html5',
  rdp: 'rdp-html5',
  serial: 'serial',
  mks: 'webmks',
};
const AVAILABLE = 'novnc';

/** POST /servers/{id}/remote-consoles, since 2.6. */
export function openRemoteConsole(call: NovaCall, id: string): Response {
  if (call.minor < 6) throw goneAtThisVersion();
  const given = inner(
    bodyOf(call, {
      type: 'object',
      properties: {
        remote_console: {
          type: 'object',
          properties: {
            protocol: { type: 'string', enum: Object.keys(TYPES) },
            type: { type: 'string', enum: [...Object.values(TYPES), 'xvpvnc'] },
          },
          required: ['protocol', 'type'],
          closed: true,
        },
      },
      required: ['remote_console'],
      closed: true,
    }),
    'remote_console',
  );
  const server = findServer(call, id);
  const { protocol, type } = given;
  if (TYPES[String(protocol)] !== type) throw badRequest(`Invalid console type ${type}`);
  if (server.host === null) throw conflict(`Instance ${server.id} is not ready`);
  if (type !== AVAILABLE) throw badRequest(`Unavailable console type ${type}.`);
  const path = encodeURIComponent(`?token=${crypto.randomUUID()}`);
  const url = `http://127.0.0.1:6080/vnc_auto.html?path=${path}`;
  return json(200, { remote_console: { protocol, type, url } });
}
