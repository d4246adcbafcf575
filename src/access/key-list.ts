import * as z from 'zod';
import { wallTime } from '../clock.ts';
import { queryNumber } from '../http/field-schemas.ts';
import { decodeCursor, encodeCursor, type Page } from '../http/page.ts';
import { type keySchema, keyView } from './key-schemas.ts';
import type { KeyFilter, KeyPosition, KeyStore } from './key-store.ts';
import { KEY_STATES } from './key-store.ts';

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
