/** @module Many servers, for tests of large projects: without a boot, and in time that grows as their number. */

import type { Account } from './accounts.ts';
import type { Cloud } from './cloud.ts';
import { formatAddress, parsePrefix } from './neutron/ipv4.ts';
import { subnetsOf } from './neutron/networks.ts';
import { enterPort } from './neutron/ports.ts';
import { defaultGroup } from './neutron/security-groups.ts';
import { POWER } from './nova/lifecycle.ts';
import { newServer } from './nova/model.ts';
import { attach } from './nova/network-info.ts';

/** Time in ms between the creations of two of them; the last is that old. */
const APART = 60_000;

/**
 * Enters running servers `fleet-0`, `fleet-1` ... (the oldest first), each with a port on the project's network. Quotas do
 * not count; the network must have room.
 *
 * @param imageId What all of them were made from.
 */
export function addManyServers(cloud: Cloud, account: Account, count: number, imageId: string): void {
  const flavor = cloud.compute.flavors[0];
  const subnet = subnetsOf(cloud, account.networkId)[0];
  const prefix = subnet && parsePrefix(subnet.cidr);
  const network = cloud.networking.networks.get(account.networkId);
  if (!flavor || !prefix || !network || count > prefix.size - 3) {
    throw new Error(`The network of project ${account.projectName} has no room for ${count} servers`);
  }
  const group = defaultGroup(cloud, account.projectId);
  const now = cloud.timeline.now();
  for (let index = 0; index < count; index++) {
    const createdAt = now - (count - index) * APART;
    const address = formatAddress(prefix.base + 2 + index);
    const port = enterPort(cloud, account, account.networkId, {
      name: '',
      fixedIps: [{ subnetId: subnet.id, address }],
      securityGroupIds: [group.id],
    });
    cloud.compute.serial += 1;
    const server = newServer(account, {
      serial: cloud.compute.serial,
      name: `fleet-${index}`,
      imageId,
      flavor,
      metadata: { role: `worker-${index % 10}` },
      createdAt,
      updatedAt: createdAt + 3_000,
      launchedAt: createdAt + 3_000,
      vmState: 'active',
      taskState: null,
      powerState: POWER.running,
      host: cloud.compute.host.name,
      zone: 'nova',
      keyName: account.keyPairName,
      nics: [{ portId: port.id }],
      addresses: [{ network: network.name ?? '', address, type: 'fixed', mac: port.mac }],
    });
    cloud.compute.servers.set(server.id, server);
    attach(cloud, server, { portId: port.id });
    // Nova made it, so it goes with its server.
    server.keptPorts.clear();
  }
}
