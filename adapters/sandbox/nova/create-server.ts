/** @module POST /servers: the checks in Nova's order, then the servers. */

import type { Cloud } from '../cloud.ts';
import { sees } from '../glance/images.ts';
import type { Image } from '../glance/model.ts';
import { type Fields, json, randomText } from '../http.ts';
import { checkedGroups } from '../neutron/ports.ts';
import { roomFor as portRoom } from '../neutron/quotas.ts';
import { str } from '../python.ts';
import { reserve, wantedDevices } from './block-devices.ts';
import { bodyOf, inner, links, type NovaCall } from './call.ts';
import { badRequest, disallowed, novaFault } from './faults.ts';
import { boot, membersOf, noteAction } from './lifecycle.ts';
import { type BlockDevice, type Flavor, type Nic, newServer, type Server } from './model.ts';
import { checkNics } from './nics.ts';
import { computeQuota, needOf, requireMetadataRoom, requireRoom } from './quotas.ts';
import { createServerSchema } from './schemas.ts';

/** POST /servers */
export function createServers(call: NovaCall): Response {
  const { cloud, principal } = call;
  const body = bodyOf(call, createServerSchema(call.minor));
  const given = inner(body, 'server');
  const { least, most } = counts(given);
  const zone = given.availability_zone;
  if (typeof zone === 'string' && zone.includes(':') && !principal.isAdmin) {
    throw disallowed('servers:create:forced_host');
  }
  const flavor = wantedFlavor(cloud, given.flavorRef);
  const image = wantedImage(call, given);
  const devices = wantedDevices(call, given, image);
  if (typeof zone === 'string' && zone.split(':')[0] !== 'nova') {
    throw badRequest('The requested availability zone is not available');
  }
  const metadata = inner(given, 'metadata') as Record<string, string>;
  requireMetadataRoom(cloud, principal.projectId, metadata);
  const securityGroupIds = wantedGroups(call, given);
  const nics = checkNics(call, given, most);
  const keyName = wantedKey(call, given);
  const groupId = wantedServerGroup(call, body, most);
  requireRoom(cloud, principal.projectId, needOf(flavor, least));
  requirePorts(cloud, principal.projectId, nics, least);

  const shared = {
    flavor,
    imageId: image?.id ?? null,
    keyName,
    groupId,
    schedulerHints: schedulerHints(body),
    imageProperties: imageProperties(image),
    metadata,
    nics,
    devices,
    securityGroupIds,
  };
  const servers = makeServers(call, given, roomFor(cloud, principal.projectId, flavor, least, most), shared);
  return createdResponse(call, given, servers, securityGroupIds);
}

interface Shared {
  flavor: Flavor;
  imageId: string | null;
  keyName: string | null;
  groupId: string | null;
  schedulerHints: Fields;
  imageProperties: Record<string, string>;
  metadata: Record<string, string>;
  nics: Nic[];
  devices: BlockDevice[];
  securityGroupIds: string[];
}

function makeServers(call: NovaCall, given: Fields, count: number, shared: Shared): Server[] {
  const { cloud, principal } = call;
  const reservationId = `r-${randomText(6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
  const name = String(given.name);
  return Array.from({ length: count }, (_, index) => {
    cloud.compute.serial += 1;
    const server = newServer(principal, {
      ...shared,
      name: count > 1 ? `${name}-${index + 1}` : name,
      metadata: { ...shared.metadata },
      devices: shared.devices.map((device) => ({ ...device })),
      serial: cloud.compute.serial,
      createdAt: cloud.timeline.now(),
      description: typeof given.description === 'string' ? given.description : null,
      tags: Array.isArray(given.tags) ? given.tags.map(String) : [],
      userData: typeof given.user_data === 'string' ? given.user_data : null,
      configDrive: /^(true|1|on|yes)$/i.test(String(given.config_drive)),
      accessIPv4: typeof given.accessIPv4 === 'string' ? given.accessIPv4 : '',
      accessIPv6: typeof given.accessIPv6 === 'string' ? given.accessIPv6 : '',
      ...(typeof given.hostname === 'string' && { hostname: given.hostname }),
      zone: typeof given.availability_zone === 'string' ? 'nova' : '',
      pinnedZone: typeof given.availability_zone === 'string' ? 'nova' : null,
      reservationId,
      launchIndex: index,
    });
    cloud.compute.servers.set(server.id, server);
    noteAction(cloud, server, 'create', call.requestId, principal.userId);
    reserve(cloud, server);
    boot(cloud, server);
    return server;
  });
}

function createdResponse(call: NovaCall, given: Fields, servers: Server[], groupIds: string[]): Response {
  const first = servers[0];
  if (!first) throw novaFault(500, 'Nothing was created.');
  if (/^(true|1|on|yes)$/i.test(String(given.return_reservation_id))) {
    return json(202, { reservation_id: first.reservationId });
  }
  const { cloud } = call;
  const requested = groupIds.length > 0 ? given.security_groups : [{ name: 'default' }];
  const server = {
    id: first.id,
    links: links(cloud, 'servers', first.id),
    'OS-DCF:diskConfig': 'MANUAL',
    security_groups: requested,
    adminPass: typeof given.adminPass === 'string' ? given.adminPass : randomText(9),
  };
  const headers = { Location: `${cloud.baseUrl}/compute/v2.1/servers/${first.id}` };
  return json(202, { server }, headers);
}

function counts(given: Fields): { least: number; most: number } {
  const least = Number(given.min_count ?? 1);
  const most = Number(given.max_count ?? least);
  if (least > most) throw badRequest('min_count must be <= max_count');
  return { least, most };
}

/** Nova counts the ports it would have to make before it makes anything. */
function requirePorts(cloud: Cloud, projectId: string, nics: Nic[], count: number): void {
  const needed = nics.filter((nic) => 'networkId' in nic).length * count;
  if (needed > portRoom(cloud, projectId, 'port')) throw novaFault(403, 'Maximum number of ports exceeded');
}

/** As many as the quota has room for, from `least` to `most`. */
function roomFor(cloud: Cloud, projectId: string, flavor: Flavor, least: number, most: number): number {
  for (let count = most; count > least; count--) {
    try {
      requireRoom(cloud, projectId, needOf(flavor, count));
      return count;
    } catch {
      // One less.
    }
  }
  return least;
}

/** A flavor by id or by the URL that ends in it. @throws Fault 400 */
export function wantedFlavor(cloud: Cloud, reference: unknown): Flavor {
  const id = String(reference).split('/').at(-1);
  const flavor = cloud.compute.flavors.find((candidate) => candidate.id === id);
  if (!flavor) throw badRequest(`Flavor ${str(id)} could not be found.`);
  return flavor;
}

/** null for a server that boots from a volume. */
function wantedImage(call: NovaCall, given: Fields): Image | null {
  const id = String(given.imageRef ?? '')
    .split('/')
    .at(-1);
  if (!id) {
    if (given.block_device_mapping_v2) return null;
    throw badRequest('Missing imageRef attribute');
  }
  const image = call.cloud.images.get(id);
  if (!image || !sees(call.principal, image)) throw badRequest('Can not find requested image');
  if (image.status !== 'active') throw badRequest(`Image ${id} is not active.`);
  return image;
}

/** Those that Nova knows the meaning of. */
export function imageProperties(image: Image | null): Record<string, string> {
  const known = Object.entries(image?.properties ?? {}).filter(([name]) =>
    /^(architecture$|hw_|img_|os_)/.test(name),
  );
  return Object.fromEntries(known);
}

function schedulerHints(body: Fields): Fields {
  return { ...inner(body, 'OS-SCH-HNT:scheduler_hints'), ...inner(body, 'os:scheduler_hints') };
}

function wantedGroups(call: NovaCall, given: Fields): string[] {
  const wanted = Array.isArray(given.security_groups) ? given.security_groups : [];
  const ids = wanted.map((group: Fields) => groupByName(call, String(group.name)));
  return checkedGroups(call.cloud, call.principal, [...new Set(ids)]);
}

function groupByName(call: NovaCall, name: string): string {
  const own = [...call.cloud.networking.groups.values()].filter(
    (group) => group.projectId === call.principal.projectId,
  );
  const found = own.filter((group) => group.id === name || group.name === name);
  if (found.length > 1 && !found.some((group) => group.id === name)) {
    const message = `Multiple security groups found matching '${name}'. Use an ID to be more specific.`;
    throw novaFault(409, message);
  }
  const group = found[0];
  if (!group) throw badRequest(`Unable to find security_group with name or id '${name}'`);
  return group.id;
}

function wantedKey(call: NovaCall, given: Fields): string | null {
  const name = given.key_name;
  if (typeof name !== 'string') return null;
  const { keyPairs } = call.cloud.compute;
  if (keyPairs.some((pair) => pair.userId === call.principal.userId && pair.name === name)) return name;
  throw badRequest('Invalid key_name provided.');
}

function wantedServerGroup(call: NovaCall, body: Fields, count: number): string | null {
  const hints = schedulerHints(body);
  if (typeof hints.group !== 'string') return null;
  const { cloud, principal } = call;
  const group = cloud.compute.groups.get(hints.group);
  if (!group || (group.projectId !== principal.projectId && !principal.isAdmin)) {
    throw badRequest(`Instance group ${hints.group} could not be found.`);
  }
  const most = computeQuota(cloud, principal.projectId).server_group_members;
  if (most >= 0 && membersOf(cloud, group.id).length + count > most) {
    throw novaFault(403, 'Quota exceeded, too many servers in group');
  }
  return group.id;
}
