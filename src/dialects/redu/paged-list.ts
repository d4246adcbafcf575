import type * as z from 'zod';
import type { Cloud } from '../../compute/cloud.ts';
import { decodeParameters } from '../../http/decode.ts';
import { type PageKey, type PageWindow, page } from '../../http/page.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import type { Read } from '../../traffic/cache/read.ts';
import { pathId } from './path-id.ts';

/**
 * The read of a list in pages.
 *
 * @param load Loads the whole list; clouds keep these lists short, so pages are cut here.
 * @param keyOf The sort key.
 * @param isTransitional Whether an item will change without a write.
 */
export function pagedList<T>(
  load: (cloud: Cloud) => Promise<readonly T[]>,
  keyOf: (item: T) => PageKey,
  encode: (item: T) => object,
  isTransitional?: (item: T) => boolean,
): Read<PageWindow, readonly T[]> {
  return filteredList({ schema: pageQuerySchema, accepts: () => true }, load, keyOf, encode, isTransitional);
}

interface Filter<T, S extends z.ZodType<PageWindow>> {
  readonly schema: S;
  /** Parameters that may be given more than once. */
  readonly repeatable?: readonly string[];
  readonly accepts: (item: T, query: z.output<S>) => boolean;
}

/** The read of a list in pages that its query narrows. */
export function filteredList<T, S extends z.ZodType<PageWindow>>(
  { schema, repeatable, accepts }: Filter<T, S>,
  load: (cloud: Cloud, query: z.output<S>) => Promise<readonly T[]>,
  keyOf: (item: T) => PageKey,
  encode: (item: T) => object,
  isTransitional: (item: T) => boolean = () => false,
): Read<z.output<S>, readonly T[]> {
  return {
    input: ({ query }) => decodeParameters(query, schema, repeatable),
    load,
    render(all, query) {
      const { items, next_cursor } = page(
        all.filter((item) => accepts(item, query)),
        query,
        keyOf,
      );
      const body = JSON.stringify({ items: items.map(encode), next_cursor });
      // Those that the filter or the page leaves out may be in the next response.
      return { body, transitional: all.some(isTransitional) };
    },
  };
}

/** The read of one resource by the UUID in its path. */
export function resource<T>(
  kind: string,
  load: (cloud: Cloud, id: string) => Promise<T>,
  encode: (item: T) => object,
  isTransitional: (item: T) => boolean = () => false,
): Read<string, T> {
  return {
    input: (request) => pathId(request.param('id'), kind),
    load,
    render: (item) => ({ body: JSON.stringify(encode(item)), transitional: isTransitional(item) }),
  };
}

/** Sorted by name, then id. */
export function byNameAndId(item: { readonly name: string; readonly id: string }): PageKey {
  return [item.name, item.id];
}

/** For resources without an id. */
export function byName(item: { readonly name: string }): PageKey {
  return [item.name, item.name];
}
