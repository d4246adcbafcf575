/**
 * Short lists as OpenStack's services narrow and cut them.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import { type NovaCall, unsupported } from './call.ts';

/** What OpenStack's services read as true in a query. */
export const TRUE_VALUE = /^(?:1|t|true|y|yes|on)$/i;

/** A part of a list, and the address of what follows; null after the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * The items whose members equal every filter of the query.
 *
 * @param reported The members that a filter can compare.
 * @param control Parameters that are no filters.
 * @throws ComputeError `not_implemented`: a filter by anything else. Without it the list would be too long, and clients take the first item.
 */
export function filterByQuery<T extends object>(
  items: readonly T[],
  query: URLSearchParams,
  { plural, reported, control }: FilterOptions,
): T[] {
  const filters = [...new Set(query.keys())].filter((name) => !control.includes(name));
  const beyond = filters.find((name) => !reported.includes(name));
  if (beyond !== undefined) throw unsupported(`filtering ${plural} by ${beyond}`);
  return items.filter((item) =>
    filters.every((name) => {
      const value: unknown = item[name as keyof T];
      const wanted = query.getAll(name);
      if (typeof value === 'boolean') return wanted.some((text) => TRUE_VALUE.test(text) === value);
      return wanted.includes(String(value ?? ''));
    }),
  );
}

export interface FilterOptions {
  readonly plural: string;
  readonly reported: readonly string[];
  readonly control: readonly string[];
}

/** What `limit` and `marker` ask for. `invalid`: no number, or nothing that was listed. */
export function paginate<T extends { readonly id: string }>(call: NovaCall, items: readonly T[]): Page<T> {
  const limit = limitOf(call.query) ?? items.length;
  const marker = call.query.get('marker');
  const at = marker === null ? -1 : items.findIndex(({ id }) => id === marker);
  if (marker !== null && at < 0) throw markerNotFound(marker);
  const shown = items.slice(at + 1, at + 1 + limit);
  const last = shown.at(-1);
  const more = last !== undefined && at + 1 + shown.length < items.length;
  return { items: shown, next: more ? nextPageUrl(call, last.id) : null };
}

/** `invalid`. */
export function limitOf(query: URLSearchParams): number | null {
  const limit = query.get('limit');
  if (limit === null) return null;
  if (!/^\d{1,9}$/.test(limit)) throw ComputeError.field('limit', 'must be a whole number of 0 or more');
  return Number(limit);
}

export function markerNotFound(marker: string): ComputeError {
  return new ComputeError('invalid', `marker [${marker}] not found`);
}

/** The same request, from what follows `marker`. */
export function nextPageUrl({ c, publicUrl, query }: NovaCall, marker: string): string {
  const rest = new URLSearchParams(query);
  rest.set('marker', marker);
  return `${publicUrl}${c.req.path}?${rest}`;
}

/** `servers_links` and its like. */
export function nextLinks(
  name: string,
  next: string | null,
): Record<string, { rel: string; href: string }[]> {
  return next === null ? {} : { [`${name}_links`]: [{ rel: 'next', href: next }] };
}
