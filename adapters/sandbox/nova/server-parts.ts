/** @module What Nova shows below a server and the sandbox's servers have none of. */

import { json } from '../http.ts';
import type { NovaCall } from './call.ts';
import { goneAtThisVersion, novaFault } from './faults.ts';
import { findServer } from './find-server.ts';

/** GET /servers/{id}/shares, since 2.97: there is no file storage to attach. */
export function listShares(call: NovaCall, id: string): Response {
  if (call.minor < 97) throw goneAtThisVersion();
  findServer(call, id);
  return json(200, { shares: [] });
}

/** GET /servers/{id}/topology, since 2.78. */
export function showTopology(call: NovaCall, id: string): Response {
  if (call.minor < 78) throw goneAtThisVersion();
  findServer(call, id);
  return json(200, { nodes: [], pagesize_kb: null });
}

/** GET /servers/{id}/os-server-password: no guest has written one. */
export function showPassword(call: NovaCall, id: string): Response {
  findServer(call, id);
  return json(200, { password: '' });
}

/** Of the time before Neutron. */
export function goneForEver(): Response {
  throw novaFault(410, 'This resource is no longer available. No forwarding address is given.');
}
