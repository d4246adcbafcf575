/** @module Lists of servers: filters, order, pages. */

import { type Fields, json } from '../http.ts';
import { repr } from '../python.ts';
import { parseInstant } from '../timeline.ts';
import { limitOf, type NovaCall, pageLinks } from './call.ts';
import { badRequest, disallowed, novaFault } from './faults.ts';
import type { Server } from './model.ts';
import { portsByServer } from './network-info.ts';
import { serverInList, serverReference } from './server-view.ts';
import { STATUSES, statusAtRest, statusOf } from './status.ts';

/** GET /servers */
export function listServers(call: NovaCall): Response {
  return listed(call, 'index', (server) => serverReference(call.cloud, server));
}

/** GET /servers/detail */
export function listServersWithDetail(call: NovaCall): Response {
  const { cloud, minor } = call;
  const viewer = { cloud, minor, isAdmin: call.principal.isAdmin, portsOf: portsByServer(cloud) };
  return listed(call, 'detail', (server) => serverInList(viewer, server));
}

function listed(call: NovaCall, action: string, view: (server: Server) => Fields): Response {
  const { query } = call;
  refuseUnknownParameters(call);
  refuseEmptyParameters(call);
  const limit = limitOf(query);
  const filters = filtersOf(call, action);
  const all = sorted([...call.cloud.compute.servers.values()], query);
  const found = filters ? all.filter((server) => filters.every((accepts) => accepts(server))) : [];
  const page = after(call, all, found).slice(0, limit);
  return json(200, { servers: page.map(view), ...pageLinks(call, 'servers', page, page.at(-1)?.id) });
}

/** What follows the marker. It may be deleted or filtered out, and may be a server of any project (seen). */
function after(call: NovaCall, all: Server[], found: Server[]): Server[] {
  const marker = call.query.get('marker');
  if (!marker) return found;
  const position = all.findIndex(({ id }) => id === marker);
  if (position < 0) throw badRequest(`marker [${marker}] not found`);
  const later = new Set(all.slice(position + 1));
  return found.filter((candidate) => later.has(candidate));
}

type Accepts = (server: Server) => boolean;

/** @returns undefined when nothing can match. */
function filtersOf(call: NovaCall, action: string): Accepts[] | undefined {
  const { query, minor, principal } = call;
  const filters: Accepts[] = [];
  const has = (name: string, since: number, make: (value: string) => Accepts) => {
    const value = query.get(name);
    if (value !== null && minor >= since) filters.push(make(value));
  };

  if (flag(query, 'all_tenants')) {
    if (!principal.isAdmin) throw disallowed(`servers:${action}:get_all_tenants`);
    has('project_id', 1, (id) => (server) => server.projectId === id);
    has('tenant_id', 1, (id) => (server) => server.projectId === id);
  } else filters.push((server) => server.projectId === principal.projectId);

  const statuses = query.getAll('status').map((status) => status.toUpperCase());
  if (statuses.length > 0) {
    if (statuses.some((status) => !STATUSES.has(status))) {
      if (statuses.every((status) => !STATUSES.has(status)) && minor >= 38)
        throw badRequest('Invalid status value');
      return undefined;
    }
    if (statuses.includes('DELETED') && !principal.isAdmin) {
      throw novaFault(403, 'Only administrators may list deleted instances');
    }
    filters.push((server) => statuses.includes(statusOf(server)) || statuses.includes(statusAtRest(server)));
  }
  const since = instantOf(query, 'changes-since');
  const before = minor >= 66 ? instantOf(query, 'changes-before') : undefined;
  if (since !== undefined) filters.push((server) => server.updatedAt >= since);
  if (before !== undefined) filters.push((server) => server.updatedAt <= before);
  const showsDeleted = since !== undefined || before !== undefined || statuses.includes('DELETED');
  if (!showsDeleted && !(principal.isAdmin && flag(query, 'deleted'))) {
    const showsKept = statuses.includes('SOFT_DELETED');
    filters.push((server) => server.deletedAt === null && (showsKept || server.vmState !== 'soft-delete'));
  }

  has('name', 1, (pattern) => byPattern('name', pattern, (server) => [server.name]));
  has('ip', 1, (pattern) =>
    byPattern('ip', pattern, (server) => server.addresses.map(({ address }) => address)),
  );
  has('ip6', 5, () => () => false);
  has('flavor', 1, (id) => (server) => server.flavor.id === id);
  has('image', 1, (id) => (server) => server.imageId === id);
  has('reservation_id', 1, (id) => (server) => server.reservationId === id);
  has('tags', 26, (tags) => (server) => tags.split(',').every((tag) => server.tags.includes(tag)));
  has('tags-any', 26, (tags) => (server) => tags.split(',').some((tag) => server.tags.includes(tag)));
  has('not-tags', 26, (tags) => (server) => !tags.split(',').every((tag) => server.tags.includes(tag)));
  has('not-tags-any', 26, (tags) => (server) => !tags.split(',').some((tag) => server.tags.includes(tag)));
  has('locked', 73, (value) => {
    if (value === '') throw badRequest("Unrecognized value ''");
    const wanted = flag(query, 'locked');
    return (server) => server.locked === wanted;
  });
  // Below 2.83 these are for the administrator; a member's are dropped without a word.
  const open = principal.isAdmin ? 1 : 83;
  has('key_name', open, (name) => (server) => server.keyName === name);
  has('vm_state', open, (state) => (server) => server.vmState === state);
  has('task_state', open, (state) => (server) => server.taskState === state);
  has('user_id', open, (id) => (server) => server.userId === id);
  has('availability_zone', open, (zone) => (server) => server.zone === zone);
  has('host', principal.isAdmin ? 1 : Number.POSITIVE_INFINITY, (host) => (server) => server.host === host);
  has('uuid', principal.isAdmin ? 1 : Number.POSITIVE_INFINITY, (id) => (server) => server.id === id);
  return filters;
}

/** An unanchored regular expression that ignores case, as MariaDB matches it. */
function byPattern(name: string, pattern: string, textsOf: (server: Server) => string[]): Accepts {
  try {
    const expression = new RegExp(pattern, 'i');
    if (pattern !== '') return (server) => textsOf(server).some((text) => expression.test(text));
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest(
    `Invalid input for query parameters ${name}. Value: ${pattern}. ${repr(pattern)} is not a 'regex'`,
  );
}

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  const word = value.toLowerCase();
  if (['1', 't', 'true', 'on', 'y', 'yes', ''].includes(word)) return true;
  if (['0', 'f', 'false', 'off', 'n', 'no'].includes(word)) return false;
  const values = "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'";
  throw badRequest(`Unrecognized value '${value}', acceptable values are: ${values}`);
}

function instantOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const instant = parseInstant(value);
  if (instant !== undefined) return instant;
  throw badRequest(
    `Invalid input for query parameters ${name}. Value: ${value}. ${repr(value)} is not a 'date-time'`,
  );
}

const SORTABLE: Record<string, (server: Server) => string | number> = {
  created_at: (server) => server.createdAt,
  updated_at: (server) => server.updatedAt,
  display_name: (server) => server.name,
  uuid: (server) => server.id,
  vm_state: (server) => server.vmState,
  task_state: (server) => server.taskState ?? '',
  launched_at: (server) => server.launchedAt ?? 0,
  image_ref: (server) => server.imageId ?? '',
  key_name: (server) => server.keyName ?? '',
  locked: (server) => Number(server.locked),
};
const SORT_KEYS = [
  'hostname',
  'access_ip_v6',
  'locked_by',
  'auto_disk_config',
  'project_id',
  'terminated_at',
  'availability_zone',
  'root_device_name',
  'instance_type_id',
  'uuid',
  'created_at',
  'ramdisk_id',
  'vm_state',
  'node',
  'task_state',
  'access_ip_v4',
  'display_description',
  'host',
  'key_name',
  'locked',
  'display_name',
  'progress',
  'updated_at',
  'launch_index',
  'power_state',
  'launched_at',
  'kernel_id',
  'user_id',
  'image_ref',
  'config_drive',
];

function sorted(servers: Server[], query: URLSearchParams): Server[] {
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  const unknown = keys.find((key) => !SORT_KEYS.includes(key));
  if (unknown !== undefined) {
    const message = `${repr(unknown)} is not one of ${repr(SORT_KEYS)}`;
    throw badRequest(`Invalid input for query parameters sort_key. Value: ${unknown}. ${message}`);
  }
  if (directions.some((direction) => direction !== 'asc' && direction !== 'desc')) {
    throw badRequest("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'");
  }
  const order = keys.map((key, index) => [SORTABLE[key], directions[index] === 'asc' ? 1 : -1] as const);
  return servers.sort((a, b) => {
    for (const [read, sign] of order) {
      const [left, right] = [read?.(a) ?? '', read?.(b) ?? ''];
      if (left !== right) return left < right ? -sign : sign;
    }
    return newestFirst(a, b);
  });
}

/**
 * The default order (measured): what has not been scheduled comes first, as requested, the latest
 * request before the others; then by second of creation, and within one second by id.
 */
function newestFirst(a: Server, b: Server): number {
  const waits = (server: Server) => server.taskState === 'scheduling' && server.host === null;
  if (waits(a) || waits(b)) return Number(waits(b)) - Number(waits(a)) || b.serial - a.serial;
  const seconds = Math.floor(b.createdAt / 1000) - Math.floor(a.createdAt / 1000);
  return seconds || (a.id < b.id ? -1 : 1);
}

const PARAMETERS = new Set([
  // It sorts and does not filter.
  ...SORT_KEYS.filter((name) => name !== 'instance_type_id'),
  'tenant_id',
  'image',
  'flavor',
  'reservation_id',
  'name',
  'description',
  'sort_key',
  'sort_dir',
  'all_tenants',
  'deleted',
  'status',
  'changes-since',
  'changes-before',
  'ip',
  'ip6',
  'block_device_mapping',
  'services',
  'metadata',
  'system_metadata',
  'info_cache',
  'security_groups',
  'pci_devices',
  'limit',
  'marker',
  'tags',
  'tags-any',
  'not-tags',
  'not-tags-any',
  'hypervisor_hostname',
  'cell_name',
  'key_name',
]);

/** Regular expressions in Nova's schemas, also those that it then ignores: an empty one is refused. */
const REGEX_PARAMETERS = [
  ...['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'config_drive', 'created_at'],
  ...['description', 'display_description', 'display_name', 'flavor', 'hostname', 'kernel_id', 'key_name'],
  ...['launched_at', 'locked_by', 'node', 'power_state', 'progress', 'ramdisk_id', 'reservation_id'],
  ...['root_device_name', 'terminated_at', 'ip6'],
];
const TAG_PARAMETERS = ['tags', 'tags-any', 'not-tags', 'not-tags-any'];

function refuseEmptyParameters({ query, minor }: NovaCall): void {
  const names = [...REGEX_PARAMETERS, ...(minor >= 26 ? TAG_PARAMETERS : [])];
  const empty = names.find((name) => query.get(name) === '');
  if (empty === undefined) return;
  const problem = TAG_PARAMETERS.includes(empty) ? 'is too short' : "is not a 'regex'";
  throw badRequest(`Invalid input for query parameters ${empty}. Value: . '' ${problem}`);
}

/** From 2.75 on a parameter Nova does not know is refused, unless it begins with an underscore. */
function refuseUnknownParameters(call: NovaCall): void {
  if (call.minor < 75) return;
  const unknown = [...call.query.keys()].find((name) => !PARAMETERS.has(name) && !name.startsWith('_'));
  if (unknown !== undefined) throw badRequest(`${repr(unknown)} does not match any of the regexes: '^_'`);
}
