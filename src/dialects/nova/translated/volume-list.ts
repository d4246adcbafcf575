import type { Volume, VolumeSnapshot } from '../../../compute/volumes.ts';
import { type NovaCall, unsupported } from './call.ts';
import {
  acceptsAll,
  compareBy,
  pageResponse,
  pageWindow,
  paginate,
  type SortFields,
  type SortKey,
  sortKeysOf,
} from './lists.ts';

type Item = Volume | VolumeSnapshot;

const FIELDS: SortFields<Item> = {
  created_at: ({ created }) => created,
  id: ({ id }) => id,
  name: ({ name }) => name,
  size: ({ sizeGb }) => sizeGb,
  status: ({ status }) => status,
};
const FILTERS: Readonly<Record<string, (item: Item) => unknown>> = {
  ...FIELDS,
  availability_zone: (item) => 'availabilityZone' in item && item.availabilityZone,
  bootable: (item) => 'isBootable' in item && item.isBootable,
  volume_id: (item) => 'volumeId' in item && item.volumeId,
};
/** Cinder restricts members to their project whatever `all_tenants` is. */
const CONTROL = ['limit', 'marker', 'offset', 'sort', 'sort_key', 'sort_dir', 'all_tenants'];
const NEWEST_FIRST: readonly SortKey[] = [
  { name: 'created_at', direction: 'desc' },
  { name: 'id', direction: 'desc' },
];

/**
 * A list as Cinder filters, sorts and pages it.
 *
 * @throws ComputeError `not_implemented`: a filter or sort key that redu does not report.
 */
export async function cinderList<T extends Item>(
  call: NovaCall,
  plural: string,
  items: Promise<readonly T[]>,
  view: (item: T) => object,
): Promise<Response> {
  const { query } = call;
  const filters = [...query].filter(([key]) => !CONTROL.includes(key));
  const accepts = filters.map(([key, value]) => {
    const read = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (read === undefined) throw unsupported(`filtering ${plural} by ${key}`);
    return (item: T) => String(read(item)).toLowerCase() === value.toLowerCase();
  });
  const short = (query.get('sort') ?? '').split(',').filter(Boolean);
  const keys = short.map((item) => {
    const [name = '', direction = 'desc'] = item.split(':');
    return { name, direction };
  });
  const order = compareBy<T>([...keys, ...sortKeysOf(query, 'desc'), ...NEWEST_FIRST], FIELDS, plural);
  const sorted = (await items).toSorted(order);
  return pageResponse(call, plural, paginate(sorted, pageWindow(query), acceptsAll(accepts)), view);
}

/** As Cinder prints a time: with microseconds, without zone. */
export function cinderTime(instant: string): string {
  return `${instant.slice(0, 19)}.000000`;
}
