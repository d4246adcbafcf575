/**
 * Filters and order of Glance's list of images, over what redu reports of an image. A filter by anything else is refused: with
 * the filter ignored, clients would boot from the first image of all.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { Image } from '../../../compute/model.ts';
import { unsupported } from './call.ts';
import { TRUE_VALUE } from './lists.ts';

const CONTROL: ReadonlySet<string> = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir']);
const VISIBILITIES: ReadonlySet<string> = new Set(['public', 'private', 'shared', 'community', 'all']);

type Accepts = (image: Image) => boolean;

/** @throws ComputeError `invalid`; `not_implemented`: a property that redu does not report. */
export function imageFilter(query: URLSearchParams): Accepts {
  const accepts = [...query].flatMap(([name, value]) => (CONTROL.has(name) ? [] : [accepted(name, value)]));
  return (image) => accepts.every((one) => one(image));
}

function accepted(name: string, value: string): Accepts {
  switch (name) {
    case 'id':
    case 'name':
    case 'status':
      return among(value, (image) => image[name]);
    case 'visibility':
      if (!VISIBILITIES.has(value)) throw ComputeError.field(name, `Invalid visibility value: ${value}`);
      return (image) => value === 'all' || image.visibility === value;
    case 'size_min':
      return atLeast(name, value, (image) => image.size ?? 0);
    case 'size_max':
      return atMost(name, value, (image) => image.size ?? 0);
    case 'min_disk':
      return equals(name, value, (image) => image.minDisk);
    case 'min_ram':
      return equals(name, value, (image) => image.minRam);
    case 'created_at':
      return atTime(name, value, (image) => image.created);
    case 'updated_at':
      return atTime(name, value, (image) => image.updated);
    case 'os_hidden':
      // A redu cloud lists no hidden images.
      if (TRUE_VALUE.test(value)) throw unsupported('listing hidden images');
      return () => true;
    case 'member_status':
      if (value !== 'accepted' && value !== 'all')
        throw unsupported(`filtering images by member_status ${value}`);
      return () => true;
    default:
      throw unsupported(`filtering images by ${name}`);
  }
}

/** Glance's `in:a,b`, whose values may be quoted. */
function among(value: string, read: (image: Image) => string): Accepts {
  if (!value.startsWith('in:')) return (image) => read(image) === value;
  const wanted = Array.from(value.slice('in:'.length).matchAll(/"([^"]*)"|([^,"]+)/g), ([, quoted, plain]) =>
    String(quoted ?? plain),
  );
  return (image) => wanted.includes(read(image));
}

function numberOf(name: string, value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw ComputeError.field(name, 'must be a whole number of 0 or more');
  return Number(value);
}

function atLeast(name: string, value: string, read: (image: Image) => number): Accepts {
  const bound = numberOf(name, value);
  return (image) => read(image) >= bound;
}

function atMost(name: string, value: string, read: (image: Image) => number): Accepts {
  const bound = numberOf(name, value);
  return (image) => read(image) <= bound;
}

function equals(name: string, value: string, read: (image: Image) => number): Accepts {
  const wanted = numberOf(name, value);
  return (image) => read(image) === wanted;
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};

/** `gt:2026-01-01T00:00:00Z`; without an operator: equal. */
function atTime(name: string, value: string, read: (image: Image) => string): Accepts {
  const [, operator = 'eq', text = ''] = /^(?:(eq|neq|gt|gte|lt|lte):)?(.*)$/.exec(value) ?? [];
  const wanted = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  const compare = COMPARE[operator];
  if (Number.isNaN(wanted) || compare === undefined)
    throw ComputeError.field(name, 'must be a time in ISO 8601');
  return (image) => compare(Date.parse(read(image)), wanted);
}

const SORTED_BY: Readonly<Record<string, (image: Image) => string | number>> = {
  created_at: ({ created }) => created,
  id: ({ id }) => id,
  name: ({ name }) => name,
  size: ({ size }) => size ?? 0,
  status: ({ status }) => status,
  updated_at: ({ updated }) => updated,
};
/** Keys that Glance sorts by, and redu does not report. */
const NOT_REPORTED: ReadonlySet<string> = new Set(['container_format', 'disk_format']);

/** `sort=name:asc,size`, or `sort_key` and `sort_dir`; newest first without them. `invalid`, `not_implemented`. */
export function imageOrder(query: URLSearchParams): (a: Image, b: Image) => number {
  const keys = [
    ...sortKeys(query),
    { key: 'created_at', direction: 'desc' },
    { key: 'id', direction: 'desc' },
  ];
  const order = keys.map(({ key, direction }) => {
    if (NOT_REPORTED.has(key)) throw unsupported(`sorting images by ${key}`);
    const read = Object.hasOwn(SORTED_BY, key) ? SORTED_BY[key] : undefined;
    if (read === undefined) throw ComputeError.field('sort', `Invalid sort key: ${key}`);
    if (direction !== 'asc' && direction !== 'desc')
      throw ComputeError.field('sort', `Invalid sort direction: ${direction}`);
    return { read, sign: direction === 'asc' ? 1 : -1 };
  });
  return (a, b) => {
    for (const { read, sign } of order) {
      if (read(a) !== read(b)) return read(a) < read(b) ? -sign : sign;
    }
    return 0;
  };
}

function sortKeys(query: URLSearchParams): { key: string; direction: string }[] {
  const [keys, directions] = [query.getAll('sort_key'), query.getAll('sort_dir')];
  const combined = query.get('sort');
  if (combined === null) {
    return keys.map((key, index) => ({ key, direction: directions[index] ?? directions.at(-1) ?? 'desc' }));
  }
  if (keys.length + directions.length > 0)
    throw ComputeError.field('sort', 'cannot be combined with sort_key and sort_dir');
  return combined.split(',').map((item) => {
    const [key = '', direction = 'desc'] = item.split(':').map((text) => text.trim());
    return { key, direction };
  });
}
