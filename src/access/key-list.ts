import * as z from 'zod';
import { wallTime } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import { queryNumber, shortText } from '../http/field-schemas.ts';
import { encodeCursor, type Page } from '../http/page.ts';
import { cursorSchema } from '../http/page-schemas.ts';
import { type keySchema, keyView } from './key-schemas.ts';
import {
  KEY_STATES,
  type KeyFilter,
  type KeyOrder,
  type KeyPosition,
  type KeyStore,
  OLDEST_FIRST,
  type StoredKey,
} from './key-store.ts';

const MAX_PAGE = 1_000;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[0-9a-z]{1,64}$/;

/** `sort` of the admin API, by the value of each position. */
const ORDERS = {
  created_at: OLDEST_FIRST,
  '-created_at': { ...OLDEST_FIRST, descending: true },
  name: { by: 'name', descending: false },
  '-name': { by: 'name', descending: true },
  last_used_at: { by: 'lastUsedAt', descending: false },
  '-last_used_at': { by: 'lastUsedAt', descending: true },
} as const satisfies Readonly<Record<string, KeyOrder>>;
type Sort = keyof typeof ORDERS;
const SORTS = Object.keys(ORDERS) as Sort[];

interface Cursor {
  readonly sort: Sort;
  readonly value: string;
  readonly id: string;
}

const cursor = cursorSchema(([sortAndValue, id]): Cursor | null => {
  const sort = SORTS.find((name) => sortAndValue.startsWith(`${name} `));
  const value = sortAndValue.slice((sort?.length ?? 0) + 1);
  const isValue =
    sort?.endsWith('name') || TIME.test(value) || (value === '' && sort?.endsWith('last_used_at'));
  return sort !== undefined && isValue && ID.test(id) ? { sort, value, id } : null;
});

export const keyListParameters = {
  limit: queryNumber(1, MAX_PAGE).optional(),
  cursor,
  state: z.enum(KEY_STATES).optional().describe('Only keys in this state.'),
};

/** For operators. */
export const keySearchParameters = {
  q: shortText
    .optional()
    .describe('Found anywhere in id, name, project, user or last characters; A to Z in any case.'),
  sort: z
    .enum(SORTS)
    .default('created_at')
    .describe('`-`: descending. Keys that were never used come before all others.'),
};

type KeyListQuery = z.output<z.ZodObject<typeof keyListParameters>> & {
  readonly q?: string | undefined;
  readonly sort?: Sort;
};

const ALL_KEYS_PAGE = 500;

/** Oldest first, fetched by pages. */
export async function* allKeys(keys: KeyStore, filter: KeyFilter): AsyncGenerator<StoredKey, void, void> {
  for (let after: KeyPosition | null = null; ; ) {
    const page: readonly StoredKey[] = await keys.list(filter, { limit: ALL_KEYS_PAGE, after });
    yield* page;
    after = page.at(-1) ?? null;
    if (page.length < ALL_KEYS_PAGE) return;
  }
}

/** Oldest first unless `sort` is given. @throws ComputeError `invalid` for a cursor of another order. */
export async function keyPage(
  { keys, services }: { readonly keys: KeyStore; readonly services: ReadonlySet<string> },
  owner: Pick<KeyFilter, 'projectId' | 'userId'>,
  { limit = MAX_PAGE, cursor, state, q, sort = 'created_at' }: KeyListQuery,
): Promise<Page<z.infer<typeof keySchema>>> {
  if (cursor !== undefined && cursor.sort !== sort) {
    throw ComputeError.field('cursor', 'belongs to another sort; omit it for the first page');
  }
  const order = ORDERS[sort];
  const filter = {
    ...owner,
    ...(state !== undefined && { state: { is: state, at: wallTime() } }),
    ...(q !== undefined && { text: q }),
  };
  const after = cursor === undefined ? null : { id: cursor.id, [order.by]: cursor.value };
  const found = await keys.list(filter, { limit: limit + 1, after, order });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((key) => keyView(key, services)),
    next_cursor: last === undefined ? null : encodeCursor([`${sort} ${last[order.by] ?? ''}`, last.id]),
  };
}
