import * as z from 'zod';
import { isOwned } from '../compute/ownership.ts';

/** Nova's notion of printable: no control, format or unassigned characters, no separators but horizontal space. */
const PRINTABLE = /^(?:[^\p{C}\p{Z}]|\p{Zs})*$/u;

/**
 * Text that every cloud can store. Beyond U+FFFF (emoji, and half of one) many of OpenStack's databases fail, with a 500 or
 * halfway through.
 */
export const text = z.string().refine((value) => !/[\ud800-\udfff]/.test(value), {
  error: 'must have no characters beyond U+FFFF, such as emoji',
  abort: true,
});

export const printableText = text.regex(PRINTABLE, 'must have printable characters only');

/** 1 to 255 characters. */
export const shortText = printableText.min(1).max(255);

/** The name of something, by Nova's rule: printable, 1 to 255 characters, no space at either end. */
export const name = shortText.refine((value) => value.trim() === value, 'must not begin or end with a space');

/** A customer's own description: the gateway releases what has its mark. */
export const description = text
  .max(255)
  .refine((value) => !isOwned({ description: value }), 'must not begin with "linguanova key="');

/** An id of the cloud, in lower case as the cloud prints it. */
export const uuid = z.guid().toLowerCase();

/** A flavor or image as a client names it. */
export const idOrName = shortText.describe('Id or name');

/** A whole number in a query string. */
export function queryNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, message)
    .meta({ type: 'integer', minimum, maximum });
}
