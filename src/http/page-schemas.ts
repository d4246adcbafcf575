import * as z from 'zod';
import { queryNumber } from './field-schemas.ts';
import { decodeCursor } from './page.ts';

export const pageQuerySchema = z.strictObject({
  limit: queryNumber(1, 1000).optional(),
  cursor: z
    .string()
    .transform((text, context) => {
      const key = decodeCursor(text);
      if (key === null) {
        context.addIssue({
          code: 'custom',
          message: 'is not a next_cursor of this list; omit it for the first page',
        });
      }
      return key ?? z.NEVER;
    })
    .optional()
    .meta({ description: 'next_cursor of the previous page.' }),
});
