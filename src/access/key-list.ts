/**
 * Lists of keys in pages, read from the store page by page.
 *
 * @module
 */

import * as z from 'zod';
import { wallTime } from '../clock.ts';
import { queryNumber } from '../http/field-schemas.ts';
import { decodeCursor, encodeCursor, type Page } from '../http/page.ts';
import { type keySchema, keyView } from './key-schemas.ts';
import type { KeyFilter, KeyPosition, KeyStore } from './key-store.ts';
import { KEY_STATES } from './key-store.ts';

const MAX_PAGE = 1_000;

/** A time as the store keeps it, and the id of a key. */
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
      message: 'is not a next_cursor of this list; leave it out to start over',
    });
    return z.NEVER;
  })
  .optional()
  .meta({ description: 'next_cursor of the page before.' });

/** What both lists of keys take: the operator's and the customer's. */
export const keyListParameters = {
  limit: queryNumber(1, MAX_PAGE).optional(),
  cursor: cursorSchema,
  state: z.enum(KEY_STATES).optional().describe('Only keys in this state.'),
};

type KeyListQuery = z.output<z.ZodObject<typeof keyListParameters>>;

/** One page of the keys that `owner` names, oldest first. */
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
