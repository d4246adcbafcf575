/**
 * Filters and order of Glance's list of images. A filter by what redu does not report is refused: a list that ignored it would
 * make clients boot from its first image.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import { IMAGE_VISIBILITIES, type ImageVisibility } from '../../../compute/images.ts';
import type { Image } from '../../../compute/model.ts';
import { unsupported } from './call.ts';
import {
  type Accepts,
  acceptsAll,
  type Compare,
  compareBy,
  isTrue,
  type SortFields,
  type SortKey,
  sortKeysOf,
  timeOf,
  wholeNumber,
} from './lists.ts';

const CONTROL: ReadonlySet<string> = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir']);
const VISIBILITIES: ReadonlySet<string> = new Set([...IMAGE_VISIBILITIES, 'all']);
const SORT_FIELDS: SortFields<Image> = {
  container_format: ({ containerFormat }) => containerFormat ?? '',
  created_at: ({ created }) => created,
  disk_format: ({ diskFormat }) => diskFormat ?? '',
  id: ({ id }) => id,
  name: ({ name }) => name,
  size: ({ size }) => size ?? 0,
  status: ({ status }) => status,
  updated_at: ({ updated }) => updated,
};
const NEWEST_FIRST: readonly SortKey[] = [
  { name: 'created_at', direction: 'desc' },
  { name: 'id', direction: 'desc' },
];

/** @throws ComputeError `invalid`; `not_implemented`: a property that redu does not report. */
export function imageFilter(query: URLSearchParams): Accepts<Image> {
  const given = [...query].filter(([name]) => !CONTROL.has(name));
  return acceptsAll(given.map(([name, value]) => filterOf(name, value)));
}

/** The visibility that the cloud has to be asked for. */
export function visibilityIn(query: URLSearchParams): ImageVisibility | undefined {
  return IMAGE_VISIBILITIES.find((visibility) => visibility === query.get('visibility'));
}

function filterOf(name: string, value: string): Accepts<Image> {
  const bound = () => wholeNumber(name, value);
  switch (name) {
    case 'id':
    case 'name':
    case 'status':
      return isOneOf(value, (image) => image[name]);
    case 'owner':
      return isOneOf(value, ({ projectId }) => projectId ?? '');
    case 'disk_format':
      return isOneOf(value, ({ diskFormat }) => diskFormat ?? '');
    case 'container_format':
      return isOneOf(value, ({ containerFormat }) => containerFormat ?? '');
    case 'tag':
      return ({ tags }) => tags.includes(value);
    case 'visibility':
      if (!VISIBILITIES.has(value)) throw ComputeError.field(name, `Invalid visibility value: ${value}`);
      return (image) => value === 'all' || image.visibility === value;
    case 'size_min':
      return compareWith(bound(), 'gte', (image) => image.size ?? 0);
    case 'size_max':
      return compareWith(bound(), 'lte', (image) => image.size ?? 0);
    case 'min_disk':
      return compareWith(bound(), 'eq', (image) => image.minDisk);
    case 'min_ram':
      return compareWith(bound(), 'eq', (image) => image.minRam);
    case 'created_at':
      return timeFilter(name, value, (image) => image.created);
    case 'updated_at':
      return timeFilter(name, value, (image) => image.updated);
    case 'os_hidden':
      // A redu cloud lists no hidden images; clients search among them for a name that they have not found.
      return () => !isTrue(value);
    case 'member_status':
      if (value !== 'accepted' && value !== 'all')
        throw unsupported(`filtering images by member_status ${value}`);
      return () => true;
    default:
      throw unsupported(`filtering images by ${name}`);
  }
}

/** Glance's `in:a,b`, whose values may be quoted. */
function isOneOf(value: string, read: (image: Image) => string): Accepts<Image> {
  if (!value.startsWith('in:')) return (image) => read(image) === value;
  const wanted = Array.from(value.slice('in:'.length).matchAll(/"([^"]*)"|([^,"]+)/g), ([, quoted, plain]) =>
    String(quoted ?? plain),
  );
  return (image) => wanted.includes(read(image));
}

const OPERATORS = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
} satisfies Readonly<Record<string, (a: number, b: number) => boolean>>;
type Operator = keyof typeof OPERATORS;

function compareWith(bound: number, operator: Operator, read: (image: Image) => number): Accepts<Image> {
  return (image) => OPERATORS[operator](read(image), bound);
}

/** `gt:2026-01-01T00:00:00Z`; without an operator: equal. */
function timeFilter(name: string, value: string, read: (image: Image) => string): Accepts<Image> {
  const [, operator = 'eq', text = ''] = /^(?:(eq|neq|gt|gte|lt|lte):)?(.*)$/.exec(value) ?? [];
  return compareWith(timeOf(name, text), operator as Operator, (image) => Date.parse(read(image)));
}

/** `sort=name:asc,size`, or `sort_key` and `sort_dir`; newest first by default. `invalid`, `not_implemented`. */
export function imageOrder(query: URLSearchParams): Compare<Image> {
  return compareBy([...imageSortKeys(query), ...NEWEST_FIRST], SORT_FIELDS, 'images');
}

function imageSortKeys(query: URLSearchParams): readonly SortKey[] {
  const combined = query.get('sort');
  if (combined === null) return sortKeysOf(query, 'desc');
  if (query.has('sort_key') || query.has('sort_dir'))
    throw ComputeError.field('sort', 'cannot be combined with sort_key and sort_dir');
  return combined.split(',').map((item) => {
    const [name = '', direction = 'desc'] = item.split(':').map((text) => text.trim());
    return { name, direction };
  });
}
