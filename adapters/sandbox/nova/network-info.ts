/**
 * @module What Nova has to do with Neutron: ports for a server, and the cached addresses it shows. The cache is why a
 * floating IP appears in a server's addresses a while after it was associated.
 */

import type { Cloud } from '../cloud.ts';
import type { Fields } from '../http.ts';
import { wantedAddress } from '../neutron/addresses.ts';
import type { Port } from '../neutron/model.ts';
import { addPort, removePort } from '../neutron/ports.ts';
import type { KnownAddress, Nic, Server } from './model.ts';

/** How long Neutron's event takes, as a part of a boot (measured: 1.2 to 2 s of 2 to 3 s). */
const EVENT_DELAY = 0.5;

/** The ports of a server, in the order they were attached. */
export function portsOf(cloud: Cloud, serverId: string): Port[] {
  const found: Port[] = [];
  for (const port of cloud.networking.ports.values()) if (port.deviceId === serverId) found.push(port);
  return found;
}

/** Creates or attaches the requested ports of a server. @throws Fault of Neutron: no address, quota */
export function attachAll(cloud: Cloud, server: Server): void {
  for (const nic of server.nics) attach(cloud, server, nic);
  refresh(cloud, server);
}

/** Attaches one port. @returns undefined when the requested port has vanished. */
export function attach(cloud: Cloud, server: Server, nic: Nic): Port | undefined {
  const port = 'portId' in nic ? cloud.networking.ports.get(nic.portId) : newPort(cloud, server, nic);
  if (!port) return undefined;
  if ('portId' in nic) server.keptPorts.add(port.id);
  // Deleted and set again: the map's order is the order of attachment.
  cloud.networking.ports.delete(port.id);
  cloud.networking.ports.set(port.id, port);
  Object.assign(port, {
    deviceId: server.id,
    deviceOwner: `compute:${server.zone || 'nova'}`,
    status: 'ACTIVE',
  });
  port.revision += 2;
  return port;
}

function newPort(cloud: Cloud, server: Server, nic: { networkId: string; address?: string }): Port {
  const groups = server.securityGroupIds;
  return addPort(cloud, server, nic.networkId, {
    fixedIps: nic.address === undefined ? undefined : [wantedAddress(cloud, nic.networkId, nic.address)],
    securityGroupIds: groups.length > 0 ? groups : undefined,
  });
}

/** Frees a port: one that Nova made is deleted, one that came with a request is given back. */
export function detach(cloud: Cloud, server: Server, port: Port): void {
  if (!server.keptPorts.delete(port.id)) {
    removePort(cloud, port);
    return;
  }
  Object.assign(port, { deviceId: '', deviceOwner: '', status: 'DOWN' });
  port.revision += 1;
}

/** Reads a server's addresses from Neutron into the cache. */
export function refresh(cloud: Cloud, server: Server): void {
  server.addresses = portsOf(cloud, server.id).flatMap((port): KnownAddress[] => {
    const network = cloud.networking.networks.get(port.networkId)?.name ?? '';
    return port.fixedIps.flatMap((ip) => {
      const fixed: KnownAddress = { network, address: ip.address, type: 'fixed', mac: port.mac };
      const floating = [...cloud.networking.floatingIps.values()]
        .filter((candidate) => candidate.portId === port.id && candidate.fixedAddress === ip.address)
        .map((found): KnownAddress => ({ network, address: found.address, type: 'floating', mac: port.mac }));
      return [fixed, ...floating];
    });
  });
}

/** Subscribes Nova to Neutron: its cache follows a change of a server's addresses with a short delay. */
export function listen(cloud: Cloud): void {
  cloud.networkChanged = (deviceId) => {
    const server = cloud.compute.servers.get(deviceId);
    if (!server) return;
    cloud.timeline.after(cloud.bootMilliseconds * EVENT_DELAY, () => {
      if (server.deletedAt === null) refresh(cloud, server);
    });
  };
}

/** `addresses` of a server: by network, with or without the extended attributes. */
export function addressesView(server: Server, extended: boolean): Record<string, Fields[]> {
  const byNetwork: Record<string, Fields[]> = {};
  for (const { network, address, type, mac } of server.addresses) {
    const entries = byNetwork[network] ?? [];
    byNetwork[network] = entries;
    const more = { 'OS-EXT-IPS:type': type, 'OS-EXT-IPS-MAC:mac_addr': mac };
    entries.push({ version: 4, addr: address, ...(extended && more) });
  }
  return byNetwork;
}

/** The ports of every server, found in one pass on first use. */
export function portsByServer(cloud: Cloud): (serverId: string) => readonly Port[] {
  let found: Map<string, Port[]> | undefined;
  return (serverId) => {
    found ??= Map.groupBy(cloud.networking.ports.values(), (port) => port.deviceId);
    return found.get(serverId) ?? [];
  };
}

/** Names of the security groups of these ports, once per port that has them. */
export function groupNames(cloud: Cloud, ports: readonly Port[]): string[] {
  return ports.flatMap((port) =>
    port.securityGroupIds.map((id) => cloud.networking.groups.get(id)?.name ?? id),
  );
}
