/** @module The networks a server is to be on: `networks` of POST /servers, checked against Neutron. */

import type { Fields } from '../http.ts';
import { parseAddress } from '../neutron/ipv4.ts';
import { networksOf } from '../neutron/networks.ts';
import type { NovaCall } from './call.ts';
import { badRequest, conflict } from './faults.ts';
import type { Nic } from './model.ts';

/**
 * The networks that `networks` selects; without it (or with "auto" or an empty list) the only network there is.
 * @param count how many servers are to be made
 * @throws Fault 400 for what is unknown or another project's, 409 when a port is in use or the choice is not clear
 */
export function checkNics(call: NovaCall, given: Fields, count: number): Nic[] {
  const wanted = given.networks;
  if (wanted === 'none') return [];
  if (!Array.isArray(wanted) || wanted.length === 0) return theOnlyNetwork(call);
  return wanted.map((nic: Fields) => checkNic(call, nic, count));
}

function theOnlyNetwork(call: NovaCall): Nic[] {
  const usable = networksOf(call.cloud, call.principal);
  if (usable.length > 1) {
    throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  }
  return usable.map((network) => ({ networkId: network.id }));
}

function checkNic(call: NovaCall, nic: Fields, count: number): Nic {
  const { cloud, principal } = call;
  if (typeof nic.port === 'string') {
    if (count > 1) {
      const reason =
        'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.';
      throw badRequest(`Failed to launch instances: ${reason}`);
    }
    const port = cloud.networking.ports.get(nic.port);
    if (!port || (port.projectId !== principal.projectId && !principal.isAdmin)) {
      throw badRequest(`Port id ${nic.port} could not be found.`);
    }
    if (port.deviceId) throw conflict(`Port ${nic.port} is still in use.`);
    return { portId: port.id };
  }
  if (typeof nic.uuid !== 'string') throw badRequest("Bad network format: missing 'uuid'");
  const network = principal.isAdmin
    ? cloud.networking.networks.get(nic.uuid)
    : networksOf(cloud, principal).find((candidate) => candidate.id === nic.uuid);
  if (!network) throw badRequest(`Network ${nic.uuid} could not be found.`);
  if (typeof nic.fixed_ip !== 'string') return { networkId: network.id };
  refuseUsed(call, network.id, nic.fixed_ip);
  return { networkId: network.id, address: nic.fixed_ip };
}

function refuseUsed(call: NovaCall, networkId: string, address: string): void {
  if (parseAddress(address) === undefined) throw badRequest(`Invalid fixed IP address (${address})`);
  for (const port of call.cloud.networking.ports.values()) {
    if (port.networkId === networkId && port.fixedIps.some((ip) => ip.address === address)) {
      throw badRequest(`Fixed IP address ${address} is already in use on instance ${port.deviceId}.`);
    }
  }
}
