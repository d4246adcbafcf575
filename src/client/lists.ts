import type { ItemOf, PagedRoute, QueryOf } from './routes.ts';
import type { CallOptions, Input, Sender } from './send.ts';

export interface List<Item, Query> {
  /** The whole list; with `limit`, its first page. */
  list(query?: Query, options?: CallOptions): Promise<Item[]>;
  /** Pages of `limit` items, 100 by default. */
  pages(query?: Query, options?: CallOptions): AsyncGenerator<Item[], void, void>;
  /** Items, fetched by pages. */
  iterate(query?: Query, options?: CallOptions): AsyncGenerator<Item, void, void>;
}

const PAGE = 100;

interface Page<Item> {
  readonly items: Item[];
  /** Query parameters of the next page; null after the last. */
  readonly next: object | null;
}

export function pagedList<R extends PagedRoute>({ send }: Sender, route: R): List<ItemOf<R>, QueryOf<R>> {
  return listOf(async (query, options) => {
    const { body } = await send(route, { query } as Input<R>, options);
    const { items, next_cursor } = body as { items: ItemOf<R>[]; next_cursor: string | null };
    return { items, next: next_cursor === null ? null : { cursor: next_cursor } };
  });
}

export function listOf<Item, Query>(
  fetchPage: (query: object, options?: CallOptions) => Promise<Page<Item>>,
): List<Item, Query> {
  async function* pages(query?: Query, options?: CallOptions) {
    let next: object | null = {};
    while (next !== null) {
      const page: Page<Item> = await fetchPage({ limit: PAGE, ...query, ...next }, options);
      yield page.items;
      next = page.next;
    }
  }
  return {
    list: async (query, options) => (await fetchPage({ ...query }, options)).items,
    pages,
    async *iterate(query, options) {
      for await (const page of pages(query, options)) yield* page;
    },
  };
}
