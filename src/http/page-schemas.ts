import * as z from 'zod';
import { queryNumber } from './field-schemas.ts';
import { decodeCursor, type PageKey } from './page.ts';

/** @param positionOf Where a page begins; null for a key of another list. */
export function cursorSchema<T extends object>(positionOf: (key: PageKey) => T | null) {
  const error = 'is not a next_cursor of this list; omit it for the first page';
  return z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, { error, abort: true })
    .transform((text, context): T => {
      const key = decodeCursor(text);
      const position = key && positionOf(key);
      if (position !== null) return position;
      context.addIssue({ code: 'custom', message: error });
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'next_cursor of the previous page.' });
}

export const pageQuerySchema = z.strictObject({
  limit: queryNumber(1, 1000).optional(),
  cursor: cursorSchema((key) => key),
});
