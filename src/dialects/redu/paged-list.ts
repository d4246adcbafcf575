import type { Handler } from 'hono';
import type { Cloud } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeQuery } from '../../http/decode.ts';
import { type PageKey, page } from '../../http/page.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';

/** What passes by itself is told again for so long, milliseconds. */
const PASSING_HOLDS = 1_000;

/**
 * The handler of a list in pages.
 *
 * @param load Answers the whole list; clouds keep these lists short, so pages are cut here.
 * @param keyOf What it is sorted by.
 * @param isPassing Whether what is told of an item will change by itself.
 */
export function pagedList<T>(
  load: (cloud: Cloud) => Promise<readonly T[]>,
  keyOf: (item: T) => PageKey,
  encode: (item: T) => object,
  isPassing: (item: T) => boolean = () => false,
): Handler<GatewayEnv> {
  return async function list(c) {
    const window = decodeQuery(c, pageQuerySchema);
    const all = await load(c.var.cloud);
    const { items, next_cursor } = page(all, window, keyOf);
    if (items.some(isPassing)) c.var.trace.limitMaxAge(PASSING_HOLDS);
    return c.json({ items: items.map(encode), next_cursor });
  };
}

/** Sorted by name, then id. */
export function byNameAndId(item: { readonly name: string; readonly id: string }): PageKey {
  return [item.name, item.id];
}

/** For what has no id but its name. */
export function byName(item: { readonly name: string }): PageKey {
  return [item.name, item.name];
}
