/**
 * Lists of servers. Before microversion 2.75 Nova ignores parameters that it does not know, and before 2.83 most of those that it
 * knows for administrators.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import { listInstances } from '../../../compute/instances.ts';
import type { Instance } from '../../../compute/model.ts';
import type { InstanceQuery } from '../../../compute/requests.ts';
import { INSTANCE_STATUSES } from '../../../compute/states.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { requestsAllTenants } from '../permissions.ts';
import { type NovaCall, unsupported } from './call.ts';
import {
  type Accepts,
  acceptsAll,
  type Compare,
  compareBy,
  markerNotFound,
  type Page,
  type PageWindow,
  pageResponse,
  pageWindow,
  paginate,
  type SortFields,
  type SortKey,
  sortKeysOf,
  strictBoolean,
  timeOf,
} from './lists.ts';
import { type ServerStates, serverReference, serverStates, serverView, viewerOf } from './server-view.ts';

/** Nova's own bound on a page. */
const MAX_LIMIT = 1_000;
const STATUSES: ReadonlySet<string> = new Set(INSTANCE_STATUSES);
/** Nova takes a regular expression; clients send a part of an address, with or without its ends marked. */
const PART_OF_ADDRESS = /^(\^?)([0-9a-f:.\\]+)(\$?)$/i;

const SORT_FIELDS: SortFields<Instance> = {
  availability_zone: ({ availabilityZone }) => availabilityZone ?? '',
  created_at: ({ created }) => created,
  display_name: ({ name }) => name,
  image_ref: ({ imageId }) => imageId ?? '',
  key_name: ({ keypairName }) => keypairName ?? '',
  locked: ({ locked }) => Number(locked),
  project_id: ({ projectId }) => projectId,
  updated_at: ({ updated }) => updated,
  user_id: ({ userId }) => userId,
  uuid: ({ id }) => id,
};
/** Further keys that Nova sorts by. */
const UNSUPPORTED_SORT_KEYS = [
  ...['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'config_drive', 'display_description', 'host'],
  ...['hostname', 'instance_type_id', 'kernel_id', 'launch_index', 'launched_at', 'locked_by', 'node'],
  ...['power_state', 'progress', 'ramdisk_id', 'root_device_name', 'task_state', 'terminated_at', 'vm_state'],
];
/** Keys that Nova accepts and ignores. */
const IGNORED_SORT_KEYS: ReadonlySet<string> = new Set([
  ...['architecture', 'cell_name', 'cleaned', 'default_ephemeral_device', 'default_swap_device', 'deleted'],
  ...[
    'deleted_at',
    'disable_terminate',
    'ephemeral_gb',
    'ephemeral_key_uuid',
    'id',
    'key_data',
    'launched_on',
  ],
  ...['memory_mb', 'os_type', 'reservation_id', 'root_gb', 'shutdown_terminate', 'user_data'],
  ...['vcpus', 'vm_mode'],
]);

interface ServerQuery {
  readonly query: InstanceQuery;
  readonly window: PageWindow & { readonly limit: number };
  /** Filters that a cloud does not have; null: none is set. */
  readonly accepts: Accepts<Instance> | null;
  /** null: newest first, the order of clouds. */
  readonly order: Compare<Instance> | null;
}

export async function listServers(call: NovaCall): Promise<Response> {
  const page = await pageOf(call, serverQuery(call));
  return pageResponse(call, 'servers', page, (instance) => serverReference(instance, call.publicUrl));
}

export async function listServersWithDetail(call: NovaCall): Promise<Response> {
  const page = await pageOf(call, serverQuery(call));
  const viewer = await viewerOf(call, page.items.length > 0);
  return pageResponse(call, 'servers', page, (instance) => serverView(instance, viewer));
}

/** The cloud filters, sorts and pages where it can; otherwise the list is complete and narrowed here. */
async function pageOf({ cloud }: NovaCall, parsed: ServerQuery | null): Promise<Page<Instance>> {
  if (parsed === null || parsed.window.limit === 0) return { items: [], more: false };
  const { query, window, accepts, order } = parsed;
  const isComplete = accepts !== null || order !== null;
  const { instances, more } = await listInstances(cloud, query, isComplete ? {} : window);
  if (!isComplete) return { items: instances, more };
  return paginate(order === null ? instances : instances.toSorted(order), window, accepts ?? undefined);
}

/** null when nothing can match. `invalid`. */
function serverQuery({ query: given, minor }: NovaCall): ServerQuery | null {
  if (minor >= 75) refuseUnknown(given);
  refuseEmpty(given, minor);
  const text = (name: string) => given.get(name) || undefined;
  const statuses = given.getAll('status').map((status) => status.toUpperCase());
  // No server has a reservation: `return_reservation_id` is unsupported.
  if (statuses.some((status) => !STATUSES.has(status))) {
    if (minor >= 38) throw ComputeError.field('status', 'Invalid status value');
    return null;
  }
  if (text('reservation_id')) return null;
  const [name, flavor, image] = [text('name'), text('flavor'), text('image')];
  const allProjects = requestsAllTenants(given);
  const filters = [...filtersOf(text, allProjects), ...laterFilters(text, minor)];
  const tags = minor >= 26 ? text('tags')?.split(',') : undefined;
  const keypairName = minor >= 83 ? text('key_name') : undefined;
  const isStrict = minor >= 75;
  const isIgnored = ({ name }: SortKey) =>
    name === 'locked' ? minor < 73 : !isStrict && IGNORED_SORT_KEYS.has(name);
  const sortKeys = sortKeysOf(given, 'desc').filter((key) => !isIgnored(key));
  return {
    query: {
      ...(statuses.length > 0 && { statuses: [...new Set(statuses)] }),
      ...(name !== undefined && { name }),
      ...(flavor !== undefined && { flavor }),
      ...(image !== undefined && { image }),
      ...(tags !== undefined && { tags }),
      ...(keypairName !== undefined && { keypairName }),
      ...(allProjects && { allProjects }),
    },
    window: windowOf(given, text('marker')),
    accepts: filters.length === 0 ? null : acceptsAll(filters),
    order: sortKeys.length === 0 ? null : compareBy(sortKeys, SORT_FIELDS, 'servers', UNSUPPORTED_SORT_KEYS),
  };
}

function windowOf(given: URLSearchParams, marker: string | undefined): ServerQuery['window'] {
  const limit = Math.min(pageWindow(given).limit ?? MAX_LIMIT, MAX_LIMIT);
  if (marker === undefined) return { limit };
  const id = uuid.safeParse(marker);
  if (!id.success) throw markerNotFound(marker);
  return { limit, marker: id.data };
}

function filtersOf(text: (name: string) => string | undefined, allProjects: boolean): Accepts<Instance>[] {
  const filters: Accepts<Instance>[] = [];
  const since = text('changes-since');
  if (since !== undefined) {
    const from = timeOf('changes-since', since);
    filters.push(({ updated }) => Date.parse(updated) >= from);
  }
  for (const [name, version] of [
    ['ip', 4],
    ['ip6', 6],
  ] as const) {
    const wanted = text(name);
    if (wanted === undefined) continue;
    const matches = addressPattern(name, wanted);
    filters.push(({ addresses }) => addresses.some((one) => one.version === version && matches(one.address)));
  }
  const project = allProjects ? (text('project_id') ?? text('tenant_id')) : undefined;
  if (project !== undefined) filters.push(({ projectId }) => projectId === project);
  return filters;
}

type LaterFilter = readonly [since: number, make: (value: string, name: string) => Accepts<Instance>];

/** Filters by a member of the server, which members of a project have since 2.83. */
const byMember = (read: (states: ServerStates, instance: Instance) => unknown): LaterFilter => [
  83,
  (value) => (instance) => String(read(serverStates(instance), instance) ?? '') === value,
];
const unreported: LaterFilter = [
  83,
  (_, name) => {
    throw unsupported(`filtering servers by ${name}`);
  },
];

const LATER_FILTERS: Readonly<Record<string, LaterFilter>> = {
  'tags-any': [
    26,
    (value) =>
      ({ tags }) =>
        value.split(',').some((tag) => tags.includes(tag)),
  ],
  'not-tags': [
    26,
    (value) =>
      ({ tags }) =>
        !value.split(',').every((tag) => tags.includes(tag)),
  ],
  'not-tags-any': [
    26,
    (value) =>
      ({ tags }) =>
        !value.split(',').some((tag) => tags.includes(tag)),
  ],
  'changes-before': [
    66,
    (value, name) => {
      const until = timeOf(name, value);
      return ({ updated }) => Date.parse(updated) <= until;
    },
  ],
  locked: [
    73,
    (value, name) => {
      const wanted = strictBoolean(name, value);
      return ({ locked }) => locked === wanted;
    },
  ],
  availability_zone: byMember((_, { availabilityZone }) => availabilityZone),
  power_state: byMember(({ powerState }) => powerState),
  task_state: byMember(({ taskState }) => taskState),
  user_id: byMember((_, { userId }) => userId),
  vm_state: byMember(({ vmState }) => vmState),
  config_drive: unreported,
  created_at: unreported,
  launched_at: unreported,
  progress: unreported,
  terminated_at: unreported,
};

function laterFilters(text: (name: string) => string | undefined, minor: number): Accepts<Instance>[] {
  return Object.entries(LATER_FILTERS).flatMap(([name, [since, make]]) => {
    const value = minor >= since ? text(name) : undefined;
    return value === undefined ? [] : [make(value, name)];
  });
}

/** Parameters of 2.75 beyond the filters above; Nova accepts some and ignores them. */
const OTHER_PARAMETERS: ReadonlySet<string> = new Set([
  ...['status', 'name', 'flavor', 'image', 'limit', 'marker', 'sort_key', 'sort_dir', 'reservation_id'],
  ...['ip', 'ip6', 'changes-since', 'all_tenants', 'project_id', 'tenant_id', 'tags', 'key_name'],
  ...['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'deleted', 'description', 'display_description'],
  ...['display_name', 'host', 'hostname', 'image_ref', 'kernel_id', 'launch_index'],
  ...['locked_by', 'node', 'ramdisk_id', 'root_device_name', 'soft_deleted', 'uuid'],
]);

/** What Nova refuses when empty, also where it ignores it, and the microversion since which it does. */
const NEVER_EMPTY: readonly (readonly [since: number, names: readonly string[]])[] = [
  [
    1,
    [
      ...['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'changes-since'],
      ...['config_drive', 'created_at', 'description', 'display_description', 'display_name', 'flavor'],
      ...['hostname', 'ip', 'ip6', 'kernel_id', 'key_name', 'launched_at', 'locked_by', 'name', 'node'],
      ...['power_state', 'progress', 'ramdisk_id', 'reservation_id', 'root_device_name', 'sort_dir'],
      ...['sort_key', 'terminated_at'],
    ],
  ],
  [26, ['not-tags', 'not-tags-any', 'tags', 'tags-any']],
  [66, ['changes-before']],
  [73, ['locked']],
];

function refuseEmpty(query: URLSearchParams, minor: number): void {
  const names = NEVER_EMPTY.flatMap(([since, those]) => (minor >= since ? those : []));
  const empty = names.find((name) => query.getAll(name).includes(''));
  if (empty !== undefined) throw ComputeError.field(empty, 'must not be empty');
}

function refuseUnknown(query: URLSearchParams): void {
  const known = (name: string) => OTHER_PARAMETERS.has(name) || Object.hasOwn(LATER_FILTERS, name);
  const unknown = [...query.keys()].find((name) => !known(name) && !name.startsWith('_'));
  if (unknown !== undefined) throw ComputeError.field(unknown, 'is no parameter of this list');
}

/** Never run as a regular expression: a crafted one backtracks without end. */
function addressPattern(field: string, wanted: string): (address: string) => boolean {
  const [, begins, part = '', ends] = PART_OF_ADDRESS.exec(wanted) ?? [];
  const text = part.replaceAll('\\.', '.').toLowerCase();
  if (text === '' || text.includes('\\'))
    throw ComputeError.field(field, 'must be an address, or a part of one');
  return (address) => {
    if (begins && ends) return address === text;
    return begins ? address.startsWith(text) : ends ? address.endsWith(text) : address.includes(text);
  };
}
