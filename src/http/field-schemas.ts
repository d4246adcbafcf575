import * as z from 'zod';
import { isOwned } from '../compute/ownership.ts';

/** Nova's notion of printable: no control, format or unassigned characters, no separators but horizontal space. */
const PRINTABLE = /^(?:[^\p{C}\p{Z}]|\p{Zs})*$/u;
const PRINTABLE_PROBLEM = 'must have printable characters only';
/** The closest that the contract can state: without escapes, which differ between engines of regular expressions. */
const VISIBLE = String.raw`!-~\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufefe\uff00-\ufff8\ufffc\ufffd`;
const SPACES = String.raw` \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000`;
const PRINTABLE_RANGE = new RegExp(`^[${VISIBLE}${SPACES}]*$`);
const NAME_RANGE = new RegExp(`^[${VISIBLE}]([${VISIBLE}${SPACES}]*[${VISIBLE}])?$`);
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line break is text, too
const UP_TO_FFFF = /^[\u0000-\ud7ff\ue000-\uffff]*$/;
const BEYOND_FFFF_PROBLEM = 'must have no characters beyond U+FFFF, such as emoji';

/** Beyond U+FFFF (emoji, and half of one) many of OpenStack's databases fail, with a 500 or halfway through. */
export function upToFfff(schema: z.ZodString): z.ZodString {
  return schema.regex(UP_TO_FFFF, { error: BEYOND_FFFF_PROBLEM, abort: true });
}

/** Text that every cloud can store. */
export const text = upToFfff(z.string());

/** Text of the gateway's own, which every database of its keys can store: no NUL and no half of a character. */
export const storableText = z.string().refine((value) => !value.includes('\0') && !/\p{Cs}/u.test(value), {
  error: 'must have no NUL and no half of a surrogate pair',
  abort: true,
});

export const printableText = z
  .string()
  .regex(PRINTABLE_RANGE, {
    error: ({ input }) => (UP_TO_FFFF.test(String(input)) ? PRINTABLE_PROBLEM : BEYOND_FFFF_PROBLEM),
    abort: true,
  })
  .refine((value) => PRINTABLE.test(value), PRINTABLE_PROBLEM);

/** 1 to 255 characters. */
export const shortText = printableText.min(1).max(255);

/** The name of something, by Nova's rule: printable, 1 to 255 characters, no space at either end. */
export const name = shortText
  .refine((value) => value.trim() === value, 'must not begin or end with a space')
  .meta({ pattern: NAME_RANGE.source });

/** A customer's own description: the gateway releases what has its mark. */
export const description = text
  .max(255)
  .refine((value) => !isOwned({ description: value }), 'must not begin with "linguanova key="');

/** Any of these words in upper, lower or mixed case. It spells out both: an expression of JSON Schema has no flags. */
export function inAnyCase(words: readonly string[]): RegExp {
  const spelled = words.map((word) =>
    word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`),
  );
  return new RegExp(`^(${spelled.join('|')})$`);
}

/** An id of the cloud, in lower case as the cloud prints it. */
export const uuid = z.guid().toLowerCase();

/** A flavor or image as a client names it. */
export const idOrName = shortText.describe('Id or name');

const TIMES = [z.iso.datetime({ offset: true }), z.iso.date()];
const LAST_TIME = Date.parse('9999-12-31T00:00:00Z');

/** A time in a query string, with any offset, or a date, which begins at midnight UTC; normalized to UTC. */
export const queryTime = z
  .string()
  .max(40)
  // A plus sign is a space in a query string.
  .transform((value) => value.replace(/ (?=\d\d:\d\d$)/, '+'))
  .refine((value) => TIMES.some((time) => time.safeParse(value).success), {
    error: 'must be a time or date in ISO 8601, as 2027-01-31T00:00:00Z or 2027-01-31',
    abort: true,
  })
  .refine((value) => Date.parse(value) >= 0 && Date.parse(value) <= LAST_TIME, {
    error: 'must be between the years 1970 and 9999',
    abort: true,
  })
  .transform((value) => new Date(value).toISOString())
  .meta({ format: 'date-time' });

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
