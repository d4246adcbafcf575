/** @module A server as Nova prints it, by microversion. */

import type { Cloud } from '../cloud.ts';
import type { Fields } from '../http.ts';
import type { Port } from '../neutron/model.ts';
import { microseconds, seconds } from '../timeline.ts';
import { links } from './call.ts';
import type { Flavor, Server } from './model.ts';
import { addressesView, groupNames, portsOf } from './network-info.ts';
import { statusOf } from './status.ts';

/** What a view depends on besides the server. */
export interface Viewer {
  cloud: Cloud;
  minor: number;
  isAdmin: boolean;
  /** For lists: the ports of a server without looking at all ports for each. */
  portsOf?: (serverId: string) => readonly Port[];
}

/** `{id, name, links}` of a short list. */
export function serverReference(cloud: Cloud, server: Server): Fields {
  return { id: server.id, name: server.name, links: links(cloud, 'servers', server.id) };
}

/** A server as GET /servers/{id} shows it. */
export function serverView(viewer: Viewer, server: Server): Fields {
  return { ...serverInList(viewer, server), ...groupsView(viewer, server) };
}

function groupsView({ cloud, minor }: Viewer, { groupId }: Server): Fields {
  if (minor < 71) return {};
  return { server_groups: groupId && cloud.compute.groups.has(groupId) ? [groupId] : [] };
}

/** A server as GET /servers/detail lists it: without its groups. */
export function serverInList(viewer: Viewer, server: Server): Fields {
  const { minor, cloud } = viewer;
  const names = groupNames(cloud, (viewer.portsOf ?? ((id) => portsOf(cloud, id)))(server.id));
  return {
    ...baseView(viewer, server, true),
    'OS-EXT-AZ:availability_zone': server.zone,
    config_drive: server.configDrive ? 'True' : '',
    key_name: server.keyName,
    'OS-SRV-USG:launched_at': server.launchedAt === null ? null : microseconds(server.launchedAt),
    'OS-SRV-USG:terminated_at': server.deletedAt === null ? null : microseconds(server.deletedAt),
    ...(names.length > 0 && { security_groups: names.map((name) => ({ name })) }),
    ...(viewer.isAdmin && adminView(server, minor)),
    'OS-EXT-STS:task_state': server.taskState,
    'OS-EXT-STS:vm_state': server.vmState,
    'OS-EXT-STS:power_state': server.powerState,
    'os-extended-volumes:volumes_attached': server.devices
      .filter(({ volumeId }) => volumeId !== null)
      .map(({ volumeId, deleteOnTermination }) => ({
        id: volumeId,
        ...(minor >= 3 && { delete_on_termination: deleteOnTermination }),
      })),
    ...versionedView(server, minor),
    ...(minor >= 90 && { 'OS-EXT-SRV-ATTR:hostname': server.hostname }),
    ...(minor >= 96 && { pinned_availability_zone: server.pinnedZone }),
    ...(minor >= 100 && { scheduler_hints: server.schedulerHints }),
  };
}

/** A server as in the responses of PUT and rebuild before 2.75, without the extensions' attributes. */
export function serverWithoutExtensions(viewer: Viewer, server: Server): Fields {
  return {
    ...baseView(viewer, server, false),
    ...versionedView(server, viewer.minor),
    ...groupsView(viewer, server),
  };
}

function baseView(viewer: Viewer, server: Server, extended: boolean): Fields {
  const { cloud, minor } = viewer;
  const status = statusOf(server);
  const showsFault = server.fault !== null && (status === 'ERROR' || status === 'DELETED');
  return {
    id: server.id,
    name: server.name,
    status,
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: server.host === null ? '' : hostId(server),
    image:
      server.imageId === null
        ? ''
        : {
            id: server.imageId,
            links: links(cloud, 'images', server.imageId).slice(1),
            ...(minor >= 98 && { properties: server.imageProperties }),
          },
    flavor: flavorView(cloud, server.flavor, minor),
    created: seconds(server.createdAt),
    updated: seconds(server.updatedAt),
    addresses: addressesView(server, extended),
    accessIPv4: server.accessIPv4,
    accessIPv6: server.accessIPv6,
    links: links(cloud, 'servers', server.id),
    'OS-DCF:diskConfig': 'MANUAL',
    ...(showsFault && server.fault && { fault: { ...server.fault, created: seconds(server.fault.created) } }),
    ...(WITH_PROGRESS.has(status) && { progress: 0 }),
  };
}

const WITH_PROGRESS = new Set(['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING']);

function versionedView(server: Server, minor: number): Fields {
  return {
    ...(minor >= 9 && { locked: server.locked }),
    ...(minor >= 73 && { locked_reason: server.lockedReason }),
    ...(minor >= 19 && { description: server.description }),
    ...(minor >= 26 && { tags: server.tags }),
    ...(minor >= 63 && { trusted_image_certificates: null }),
  };
}

function flavorView(cloud: Cloud, flavor: Flavor, minor: number): Fields {
  if (minor < 47) return { id: flavor.id, links: links(cloud, 'flavors', flavor.id).slice(1) };
  const { name, ramMiB, vcpus, diskGiB } = flavor;
  return {
    vcpus,
    ram: ramMiB,
    disk: diskGiB,
    ephemeral: 0,
    swap: 0,
    original_name: name,
    ...(minor >= 47 && { extra_specs: {} }),
  };
}

/** Nova hashes project and host: the same for all of a project's servers on a host, different for others. */
function hostId(server: Server): string {
  return server.projectId.replaceAll('-', '').padEnd(56, '0').slice(0, 56);
}

function adminView(server: Server, minor: number): Fields {
  const number = server.serial.toString(16).padStart(8, '0');
  return {
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${number}`,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.host,
    ...(minor >= 3 && {
      'OS-EXT-SRV-ATTR:reservation_id': server.reservationId,
      'OS-EXT-SRV-ATTR:launch_index': server.launchIndex,
      'OS-EXT-SRV-ATTR:hostname': server.hostname,
      'OS-EXT-SRV-ATTR:kernel_id': '',
      'OS-EXT-SRV-ATTR:ramdisk_id': '',
      'OS-EXT-SRV-ATTR:root_device_name': '/dev/sda',
      'OS-EXT-SRV-ATTR:user_data': server.userData,
    }),
    ...(minor >= 16 && { host_status: server.host === null ? '' : 'UP' }),
  };
}
