/** @module A server's ports, addresses and security groups as Nova shows and changes them. */

import { empty, Fault, type Fields, json } from '../http.ts';
import { contains, parseAddress, parsePrefix } from '../neutron/ipv4.ts';
import type { Port } from '../neutron/model.ts';
import { networksOf, subnetsOf } from '../neutron/networks.ts';
import { bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, conflict, notFound } from './faults.ts';
import { findServer, refuseLocked, requireState } from './find-server.ts';
import { noteAction, noteEnd } from './lifecycle.ts';
import type { Nic } from './model.ts';
import { addressesView, attach, detach, portsOf, refresh } from './network-info.ts';
import { checkNics } from './nics.ts';
import { enveloped } from './schemas.ts';

const ATTACHABLE = ['active', 'paused', 'stopped'];

/** GET /servers/{id}/os-interface */
export function listInterfaces(call: NovaCall, id: string): Response {
  const server = findServer(call, id);
  return json(200, { interfaceAttachments: portsOf(call.cloud, server.id).map((port) => view(call, port)) });
}

/** GET /servers/{id}/os-interface/{port} */
export function showInterface(call: NovaCall, id: string, portId: string): Response {
  return json(200, { interfaceAttachment: view(call, findPort(call, findServer(call, id).id, portId)) });
}

/** POST /servers/{id}/os-interface: a port that exists, or a new one on a network. `updated` stays (measured). */
export function attachInterface(call: NovaCall, id: string): Response {
  const { cloud } = call;
  const text = { type: 'string', format: 'uuid' } as const;
  const properties = {
    net_id: text,
    port_id: text,
    fixed_ips: { type: 'array' },
    tag: { type: 'string' },
  } as const;
  const schema = enveloped('interfaceAttachment', { type: 'object', properties, closed: true });
  const given = inner(bodyOf(call, schema), 'interfaceAttachment');
  if (given.net_id && given.port_id) throw badRequest('Must not input both network_id and port_id');
  const server = findServer(call, id);
  refuseLocked(call, server);
  requireState(server, 'attach_interface', ATTACHABLE);
  refuseUnplugged(call, given);
  const [nic] = checkNics(call, { networks: wishOf(given) }, 1);
  const port = nic && attach(cloud, server, nic satisfies Nic);
  if (!port) throw badRequest('No interface could be attached.');
  noteAction(cloud, server, 'attach_interface', call.requestId, call.principal.userId);
  noteEnd(cloud, server);
  refresh(cloud, server);
  return json(200, { interfaceAttachment: view(call, port) });
}

/** What Nova finds out on the host: an unknown network, and an address of no subnet or at a subnet's end, are its 500 (measured). */
function refuseUnplugged({ cloud, principal }: NovaCall, given: Fields): void {
  if (given.port_id) {
    const port = cloud.networking.ports.get(String(given.port_id));
    if (given.fixed_ips) throw badRequest('Must input network_id when request IP address');
    if (!port || (port.projectId !== principal.projectId && !principal.isAdmin)) {
      throw notFound(`Port id ${given.port_id} could not be found.`);
    }
    return;
  }
  if (!given.net_id) return;
  const [fixed] = Array.isArray(given.fixed_ips) ? (given.fixed_ips as Fields[]) : [];
  const usable = networksOf(cloud, principal).some(({ id }) => id === given.net_id);
  if (!usable && !principal.isAdmin) throw unexpected('oslo_messaging.rpc.client.RemoteError');
  if (typeof fixed?.ip_address !== 'string') return;
  const address = parseAddress(fixed.ip_address);
  const isInside = subnetsOf(cloud, String(given.net_id)).some(({ cidr }) => {
    const prefix = parsePrefix(cidr);
    if (prefix === undefined || address === undefined || !contains(prefix, address)) return false;
    return prefix.length > 30 || ![prefix.base, prefix.base + prefix.size - 1].includes(address);
  });
  if (!isInside) throw unexpected('nova.exception_Remote.InvalidInput_Remote');
  for (const port of cloud.networking.ports.values()) {
    if (port.networkId === given.net_id && port.fixedIps.some((ip) => ip.address === fixed.ip_address)) {
      throw conflict(`Fixed IP ${fixed.ip_address} is already in use.`);
    }
  }
}

function unexpected(exception: string): Fault {
  const message = `Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n<class '${exception}'>`;
  return new Fault(500, 'computeFault', message);
}

function wishOf(given: Fields): Fields[] {
  if (given.port_id) return [{ port: given.port_id }];
  if (!given.net_id) return [];
  const [fixed] = Array.isArray(given.fixed_ips) ? (given.fixed_ips as Fields[]) : [];
  return [{ uuid: given.net_id, ...(fixed && { fixed_ip: fixed.ip_address }) }];
}

/** DELETE /servers/{id}/os-interface/{port}; detached some time after the response. */
export function detachInterface(call: NovaCall, id: string, portId: string): Response {
  const { cloud } = call;
  const server = findServer(call, id);
  refuseLocked(call, server);
  requireState(server, 'detach_interface', ATTACHABLE);
  const port = findPort(call, server.id, portId);
  noteAction(cloud, server, 'detach_interface', call.requestId, call.principal.userId);
  cloud.timeline.after(0.2 * cloud.bootMilliseconds, () => {
    if (port.deviceId !== server.id) return;
    detach(cloud, server, port);
    noteEnd(cloud, server);
    refresh(cloud, server);
  });
  return empty(202, { 'Content-Type': 'application/json' });
}

function findPort(call: NovaCall, serverId: string, portId: string): Port {
  const port = portsOf(call.cloud, serverId).find((candidate) => candidate.id === portId);
  if (!port) throw notFound(`Port id ${portId} could not be found.`);
  return port;
}

function view(call: NovaCall, port: Port): Fields {
  return {
    net_id: port.networkId,
    port_id: port.id,
    mac_addr: port.mac,
    port_state: port.status,
    fixed_ips: port.fixedIps.map((ip) => ({ subnet_id: ip.subnetId, ip_address: ip.address })),
    ...(call.minor >= 70 && { tag: null }),
  };
}

/** GET /servers/{id}/ips */
export function listAddresses(call: NovaCall, id: string): Response {
  return json(200, { addresses: addressesView(findServer(call, id), false) });
}

/** GET /servers/{id}/ips/{network} */
export function showAddresses(call: NovaCall, id: string, network: string): Response {
  const addresses = addressesView(findServer(call, id), false)[network];
  if (!addresses) throw notFound('Instance is not a member of specified network');
  return json(200, { [network]: addresses });
}
