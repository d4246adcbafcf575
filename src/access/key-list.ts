import * as z from 'zod';
import { wallTime } from '../clock.ts';
import { queryNumber } from '../http/field-schemas.ts';
import { decodeCursor, encodeCursor, type Page } from '../http/page.ts';
import { type keySchema, keyView } from './key-schemas.ts';
import { KEY_STATES, type KeyFilter, type KeyPosition, type KeyStore, type StoredKey } from './key-store.ts';

const MAX_PAGE = 1_000;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[0-9a-z]{1,64}$/;

const cursorSchema = z
  .string()
  .max(200)
  .transform((text, context): KeyPosition => {
    const [createdAt = '', id = ''] = decodeCursor(text) ?? [];
    if (TIME.test(createdAt) && ID.test(id)) return { createdAt, id };
    context.addIssue({
      code: 'custom',
      message: 'is not a next_cursor of this list; omit it for the first page',
    });
    return z.NEVER;
  })
  .optional()
  .meta({ description: 'next_cursor of the previous page.' });

export const keyListParameters = {
  limit: queryNumber(1, MAX_PAGE).optional(),
  cursor: cursorSchema,
  state: z.enum(KEY_STATES).optional().describe('Only keys in this state.'),
};

type KeyListQuery = z.output<z.ZodObject<typeof keyListParameters>>;

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

/** Oldest first. */
export async function keyPage(
  keys: KeyStore,
  owner: Pick<KeyFilter, 'projectId' | 'userId'>,
  { limit = MAX_PAGE, cursor, state }: KeyListQuery,
): Promise<Page<z.infer<typeof keySchema>>> {
  const filter = state === undefined ? owner : { ...owner, state: { is: state, at: wallTime() } };
  const found = await keys.list(filter, { limit: limit + 1, after: cursor ?? null });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(keyView),
    next_cursor: last !== undefined && found.length > limit ? encodeCursor([last.createdAt, last.id]) : null,
  };
}
