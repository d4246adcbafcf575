/**
 * Lists of servers. At microversion 2.1 Nova ignores parameters that it does not know, or knows for administrators only.
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
import type { NovaCall } from './call.ts';
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
  sortKeysOf,
  timeOf,
} from './lists.ts';
import { serverReference, serverView } from './server-view.ts';

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
  ...['locked', 'memory_mb', 'os_type', 'reservation_id', 'root_gb', 'shutdown_terminate', 'user_data'],
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

export function listServers(call: NovaCall): Promise<Response> {
  return listResponse(call, serverReference);
}

export function listServersWithDetail(call: NovaCall): Promise<Response> {
  return listResponse(call, serverView);
}

async function listResponse(
  call: NovaCall,
  view: (instance: Instance, publicUrl: string) => object,
): Promise<Response> {
  const page = await pageOf(call, serverQuery(call.query));
  return pageResponse(call, 'servers', page, (instance) => view(instance, call.publicUrl));
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
function serverQuery(given: URLSearchParams): ServerQuery | null {
  const text = (name: string) => given.get(name) || undefined;
  const statuses = given.getAll('status').map((status) => status.toUpperCase());
  // No server has a reservation: `return_reservation_id` is unsupported.
  if (statuses.some((status) => !STATUSES.has(status)) || text('reservation_id')) return null;
  const [name, flavor, image] = [text('name'), text('flavor'), text('image')];
  const allProjects = requestsAllTenants(given);
  const filters = filtersOf(text, allProjects);
  const sortKeys = sortKeysOf(given, 'desc').filter((key) => !IGNORED_SORT_KEYS.has(key.name));
  return {
    query: {
      ...(statuses.length > 0 && { statuses: [...new Set(statuses)] }),
      ...(name !== undefined && { name }),
      ...(flavor !== undefined && { flavor }),
      ...(image !== undefined && { image }),
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
