/**
 * Filters, order and pages of complete lists, by the parameters that OpenStack's services share.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import { type NovaCall, unsupported } from './call.ts';

export type Accepts<T> = (item: T) => boolean;
export type Compare<T> = (a: T, b: T) => number;
/** What a list can be sorted by: a reader for each name of a sort key. */
export type SortFields<T> = Readonly<Record<string, (item: T) => string | number>>;

export interface SortKey {
  readonly name: string;
  readonly direction: string;
}

/** Parameters of Neutron's lists that are no filters. */
const NEUTRON_CONTROL = ['limit', 'marker', 'page_reverse', 'fields', 'sort_key', 'sort_dir'];
const ORDER_BY_ID: SortKey = { name: 'id', direction: 'asc' };

/** What OpenStack's services parse as true. */
export function isTrue(value: unknown): boolean {
  return /^(?:1|t|true|y|yes|on)$/i.test(String(value));
}

/** @throws ComputeError `invalid`: what OpenStack's services parse neither as true nor as false. */
export function strictBoolean(name: string, text: string): boolean {
  if (isTrue(text)) return true;
  if (/^(?:0|f|false|n|no|off)$/i.test(text)) return false;
  throw ComputeError.field(name, 'must be true or false');
}

export function acceptsAll<T>(filters: readonly Accepts<T>[]): Accepts<T> {
  return (item) => filters.every((accepts) => accepts(item));
}

/** @throws ComputeError `invalid`. */
export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw ComputeError.field(name, 'must be a whole number of 0 or more');
  return Number(text);
}

/** @throws ComputeError `invalid`. */
export function timeOf(name: string, text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw ComputeError.field(name, 'must be a time in ISO 8601');
  return time;
}

/** Every `sort_key` with its `sort_dir`; the last direction holds for the rest. */
export function sortKeysOf(query: URLSearchParams, defaultDirection: 'asc' | 'desc'): SortKey[] {
  const directions = query.getAll('sort_dir');
  return query.getAll('sort_key').map((name, index) => ({
    name,
    direction: directions[index] ?? directions.at(-1) ?? defaultDirection,
  }));
}

/**
 * @param unsupportedKeys Keys that the service sorts by and redu does not report.
 * @throws ComputeError `invalid` for an unknown key or direction; `not_implemented`.
 */
export function compareBy<T>(
  keys: readonly SortKey[],
  fields: SortFields<T>,
  plural: string,
  unsupportedKeys: readonly string[] = [],
): Compare<T> {
  const order = keys.map(({ name, direction }) => {
    if (unsupportedKeys.includes(name)) throw unsupported(`sorting ${plural} by ${name}`);
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (read === undefined) throw ComputeError.field('sort_key', `Invalid sort key: ${name}`);
    if (direction !== 'asc' && direction !== 'desc')
      throw ComputeError.field('sort_dir', `Invalid sort direction: ${direction}`);
    return { read, sign: direction === 'asc' ? 1 : -1 };
  });
  return (a, b) => {
    for (const { read, sign } of order) {
      if (read(a) !== read(b)) return read(a) < read(b) ? -sign : sign;
    }
    return 0;
  };
}

export interface PageWindow {
  readonly limit?: number;
  readonly marker?: string;
}

/** @throws ComputeError `invalid`: `limit` is not a number. */
export function pageWindow(query: URLSearchParams): PageWindow {
  const [limit, marker] = [query.get('limit'), query.get('marker')];
  return {
    ...(limit !== null && { limit: wholeNumber('limit', limit) }),
    ...(marker !== null && { marker }),
  };
}

export interface Page<T> {
  readonly items: readonly T[];
  /** More items follow. */
  readonly more: boolean;
}

/** The accepted items after `marker`, which itself need not be accepted. `invalid`: an unknown marker. */
export function paginate<T extends { readonly id: string }>(
  sorted: readonly T[],
  { limit, marker }: PageWindow,
  accepts: Accepts<T> = () => true,
): Page<T> {
  const index = marker === undefined ? -1 : sorted.findIndex(({ id }) => id === marker);
  if (marker !== undefined && index < 0) throw markerNotFound(marker);
  const rest = sorted.slice(index + 1).filter(accepts);
  return { items: rest.slice(0, limit), more: rest.length > (limit ?? rest.length) };
}

export function markerNotFound(marker: string): ComputeError {
  return new ComputeError('invalid', `marker [${marker}] not found`);
}

/** The query of the page that follows; null after the last page, and after an empty one. */
export function nextQuery(
  { query }: NovaCall,
  { items, more }: Page<{ readonly id: string }>,
): URLSearchParams | null {
  const last = items.at(-1);
  if (!more || last === undefined) return null;
  const next = new URLSearchParams(query);
  next.set('marker', last.id);
  return next;
}

/** A page as Nova and Neutron print it, with `servers_links` and the like. */
export function pageResponse<T extends { readonly id: string }>(
  call: NovaCall,
  plural: string,
  page: Page<T>,
  view: (item: T) => object,
): Response {
  const next = nextQuery(call, page);
  const href = `${call.publicUrl}${call.c.req.path}?${next}`;
  return call.c.json({
    [plural]: page.items.map(view),
    ...(next !== null && { [`${plural}_links`]: [{ rel: 'next', href }] }),
  });
}

/**
 * A list as Neutron filters, sorts, pages and projects it.
 *
 * @param constant Members that redu does not report: the view has a constant, which no filter or sort may rest on.
 * @throws ComputeError `not_implemented`: a filter or sort key that redu does not report. A list that ignored a filter would
 *   make clients take its first item.
 */
export function neutronList<T extends { readonly id: string }>(
  call: NovaCall,
  plural: string,
  items: readonly T[],
  constant: readonly (keyof T & string)[] = [],
): Response {
  const { query } = call;
  if (isTrue(query.get('page_reverse'))) throw unsupported(`listing ${plural} with page_reverse`);
  const [first] = items;
  const fields = query.getAll('fields');
  const view = (item: T) =>
    fields.length === 0
      ? item
      : Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name)));
  // The members of an empty list are unknown, and it needs neither filter nor order.
  if (first === undefined) return pageResponse(call, plural, paginate(items, pageWindow(query)), view);

  const reported = Object.keys(first).filter((name) => !constant.some((one) => one === name));
  const filters = [...new Set(query.keys())].filter((name) => !NEUTRON_CONTROL.includes(name));
  const beyond = filters.find((name) => !reported.includes(name));
  if (beyond !== undefined) throw unsupported(`filtering ${plural} by ${beyond}`);
  const accepts = acceptsAll<T>(filters.map((name) => hasMember(name as keyof T, query.getAll(name))));

  const keys = sortKeysOf(query, 'asc');
  const readers = reported.map((name) => [name, (item: T) => String(item[name as keyof T] ?? '')] as const);
  const unreported = keys.map(({ name }) => name).filter((name) => !reported.includes(name));
  const compare = compareBy<T>([...keys, ORDER_BY_ID], Object.fromEntries(readers), plural, unreported);
  return pageResponse(call, plural, paginate(items.toSorted(compare), pageWindow(query), accepts), view);
}

/** Whether a member equals one of the values. */
function hasMember<T>(name: keyof T, values: readonly string[]): Accepts<T> {
  return (item) => {
    const value = item[name];
    if (typeof value === 'boolean') return values.some((text) => isTrue(text) === value);
    return values.includes(String(value ?? ''));
  };
}
