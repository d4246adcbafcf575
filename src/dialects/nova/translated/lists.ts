/**
 * Short lists as OpenStack's services narrow and cut them.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { NovaCall } from './call.ts';

const YES = /^(?:1|t|true|y|yes|on)$/i;

/** A part of a list, and the address of what follows; null after the last one. */
export interface Part<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The items that equal every parameter which names a member of theirs; other parameters narrow nothing, as with the services. */
export function narrowed<T extends object>(items: readonly T[], query: URLSearchParams): T[] {
  const filters = [...new Set(query.keys())].map((name) => [name, query.getAll(name)] as const);
  return items.filter((item) =>
    filters.every(([name, wanted]) => {
      if (!Object.hasOwn(item, name)) return true;
      const value: unknown = item[name as keyof T];
      if (typeof value === 'boolean') return wanted.some((text) => YES.test(text) === value);
      return wanted.flatMap(alternatives).includes(String(value ?? ''));
    }),
  );
}

/** Glance's `in:a,b`. */
function alternatives(wanted: string): string[] {
  return wanted.startsWith('in:') ? wanted.slice(3).split(',') : [wanted];
}

/** What `limit` and `marker` ask for. `invalid`: no number, or nothing that was listed. */
export function part<T extends { readonly id: string }>(call: NovaCall, items: readonly T[]): Part<T> {
  const limit = limitOf(call.query) ?? items.length;
  const marker = call.query.get('marker');
  const at = marker === null ? -1 : items.findIndex(({ id }) => id === marker);
  if (marker !== null && at < 0) throw noMarker(marker);
  const shown = items.slice(at + 1, at + 1 + limit);
  const last = shown.at(-1);
  const more = last !== undefined && at + 1 + shown.length < items.length;
  return { items: shown, next: more ? linkFrom(call, last.id) : null };
}

/** `invalid`. */
export function limitOf(query: URLSearchParams): number | null {
  const limit = query.get('limit');
  if (limit === null) return null;
  if (!/^\d{1,9}$/.test(limit)) throw ComputeError.field('limit', 'must be a whole number of 0 or more');
  return Number(limit);
}

export function noMarker(marker: string): ComputeError {
  return new ComputeError('invalid', `marker [${marker}] not found`);
}

/** The same request, from what follows `marker`. */
export function linkFrom({ c, publicUrl, query }: NovaCall, marker: string): string {
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
