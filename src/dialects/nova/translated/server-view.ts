/**
 * An instance as Nova prints a server at microversion 2.1. `adapters/openstack/nova/server.ts` is the inverse, and
 * `docs/dialects.md` has the table of both.
 *
 * @module
 */

import { FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS } from '../../../compute/instance-view.ts';
import type { Instance, InstanceAddress } from '../../../compute/model.ts';
import type { InstanceStatus } from '../../../compute/states.ts';
import { linksTo } from './call.ts';
import { serverStates } from './server-states.ts';

/** Statuses with which Nova prints a progress. */
const WITH_PROGRESS: ReadonlySet<InstanceStatus> = new Set([
  'ACTIVE',
  'BUILD',
  'REBUILD',
  'RESIZE',
  'VERIFY_RESIZE',
  'MIGRATING',
]);

/** Where a public address stands when nothing is told of the server's networks. */
const PUBLIC_NETWORK_NAME = 'public';

/** `GET /servers`. */
export function serverReference({ id, name }: Instance, publicUrl: string) {
  return { id, name, links: linksTo(publicUrl, 'servers', id) };
}

/** `GET /servers/{id}`, `GET /servers/detail`. */
export function serverView(instance: Instance, publicUrl: string) {
  const { securityGroupNames } = instance;
  const { vmState, taskState, powerState } = serverStates(instance.status, instance.state);
  return {
    ...plainServer(instance, publicUrl),
    addresses: byNetwork(instance, extendedAddress),
    key_name: instance.keypairName,
    config_drive: '',
    'OS-EXT-AZ:availability_zone': instance.availabilityZone ?? '',
    'OS-EXT-STS:vm_state': vmState,
    'OS-EXT-STS:task_state': taskState,
    'OS-EXT-STS:power_state': powerState,
    'OS-SRV-USG:launched_at': null,
    'OS-SRV-USG:terminated_at': null,
    'os-extended-volumes:volumes_attached': [],
    ...(securityGroupNames !== 'unknown' && {
      security_groups: securityGroupNames.map((name) => ({ name })),
    }),
  };
}

/** What changing and rebuilding answer: without the attributes of extensions. */
export function plainServer(instance: Instance, publicUrl: string) {
  const { id, imageId, flavorId, fault } = instance;
  const { status } = serverStates(instance.status, instance.state);
  return {
    id,
    name: instance.name,
    status,
    tenant_id: instance.projectId,
    user_id: instance.userId,
    metadata: serverMetadata(instance),
    hostId: '',
    image: imageId === null ? '' : { id: imageId, links: [linksTo(publicUrl, 'images', imageId)[1]] },
    flavor: { id: flavorId, links: [linksTo(publicUrl, 'flavors', flavorId)[1]] },
    created: instance.created,
    updated: instance.updated,
    addresses: byNetwork(instance, plainAddress),
    accessIPv4: '',
    accessIPv6: '',
    links: linksTo(publicUrl, 'servers', id),
    'OS-DCF:diskConfig': 'MANUAL',
    ...(WITH_PROGRESS.has(status) && { progress: 0 }),
    ...(fault !== null && { fault: { code: fault.code, message: fault.message, created: fault.created } }),
  };
}

/** The items, and of the flags those that say yes: a server without them has the metadata it was given. */
export function serverMetadata({ metadata, publicAddress, sshEnabled }: Instance): Record<string, string> {
  const { [FLAG_PUBLIC]: _public, [FLAG_SSH]: _ssh, [PUBLIC_ADDRESS]: _address, ...items } = metadata;
  return {
    ...items,
    ...(publicAddress !== null && { [FLAG_PUBLIC]: 'true', [PUBLIC_ADDRESS]: publicAddress }),
    ...(sshEnabled && { [FLAG_SSH]: 'true' }),
  };
}

/** `GET /servers/{id}/ips`. */
export function serverAddresses(instance: Instance) {
  return byNetwork(instance, plainAddress);
}

function byNetwork<T>(instance: Instance, view: (address: InstanceAddress) => T): Record<string, T[]> {
  const networks = Map.groupBy(reportedAddresses(instance), ({ network }) => network);
  return Object.fromEntries([...networks].map(([network, addresses]) => [network, addresses.map(view)]));
}

/** A cloud may tell the public address alone. */
function reportedAddresses({ addresses, publicAddress: address }: Instance): readonly InstanceAddress[] {
  if (addresses.length > 0 || address === null) return addresses;
  const version = address.includes(':') ? 6 : 4;
  return [{ network: PUBLIC_NETWORK_NAME, address, version, type: 'floating', macAddress: null }];
}

function plainAddress({ version, address }: InstanceAddress) {
  return { version, addr: address };
}

function extendedAddress(address: InstanceAddress) {
  return {
    ...plainAddress(address),
    'OS-EXT-IPS:type': address.type,
    ...(address.macAddress !== null && { 'OS-EXT-IPS-MAC:mac_addr': address.macAddress }),
  };
}
