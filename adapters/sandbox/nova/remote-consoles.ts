/** @module URLs of a server's screen. As a compute host with VNC alone has them. */

import { type Fields, json } from '../http.ts';
import { bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, conflict, goneAtThisVersion } from './faults.ts';
import { findServer } from './find-server.ts';
import type { Server } from './model.ts';

const TYPES: Record<string, readonly string[]> = {
  vnc: ['novnc'],
  spice: ['spice-html5', 'spice-direct'],
  rdp: ['rdp-html5'],
  serial: ['serial'],
  mks: ['webmks'],
};
/** The types and protocols that are not as old as the call, by the microversion that brought them. */
const SINCE: Record<string, number> = { mks: 8, webmks: 8, 'spice-direct': 99 };
const AVAILABLE = 'novnc';

/** POST /servers/{id}/remote-consoles, since 2.6. */
export function openRemoteConsole(call: NovaCall, id: string): Response {
  if (call.minor < 6) throw goneAtThisVersion();
  const atThisVersion = (name: string) => call.minor >= (SINCE[name] ?? 6);
  const given = inner(
    bodyOf(call, {
      type: 'object',
      properties: {
        remote_console: {
          type: 'object',
          properties: {
            protocol: { type: 'string', enum: Object.keys(TYPES).filter(atThisVersion) },
            type: { type: 'string', enum: [...Object.values(TYPES).flat(), 'xvpvnc'].filter(atThisVersion) },
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
  if (!TYPES[String(protocol)]?.includes(String(type))) throw badRequest(`Invalid console type ${type}`);
  return json(200, { remote_console: { protocol, type, url: consoleUrl(server, type) } });
}

function consoleUrl(server: Server, type: unknown): string {
  if (server.host === null) throw conflict(`Instance ${server.id} is not ready`);
  if (type !== AVAILABLE) throw badRequest(`Unavailable console type ${type}.`);
  const path = encodeURIComponent(`?token=${crypto.randomUUID()}`);
  return `http://127.0.0.1:6080/vnc_auto.html?path=${path}`;
}

/** The action os-getVNCConsole, up to 2.5. */
export function openVncConsole(call: NovaCall, server: Server, { type }: Fields): Response {
  if (call.minor >= 6) throw goneAtThisVersion();
  return json(200, { console: { type, url: consoleUrl(server, type) } });
}
