import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { respondJson } from './json.ts';
import type { Page } from './page.ts';

type Cell = string | number | boolean | null | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

/**
 * A page as JSON, or as CSV (RFC 4180) for `Accept: text/csv`. The next page of CSV is in its `Link` header.
 *
 * @param columns Order of the columns; a page without items has them too.
 */
export function respondWithPage(
  c: Context,
  { items, next_cursor }: Page<Row>,
  columns: readonly string[],
): Response {
  c.header('Vary', 'Accept', { append: true });
  const media = accepts(c, { header: 'Accept', supports: [JSON_MEDIA, CSV_MEDIA], default: JSON_MEDIA });
  if (media === JSON_MEDIA) return respondJson(c, { items, next_cursor });
  if (next_cursor !== null) {
    const query = new URL(c.req.url).searchParams;
    query.set('cursor', next_cursor);
    c.header('Link', `<?${query}>; rel="next"`);
  }
  const lines = [columns, ...items.map((item) => columns.map((column) => item[column] ?? null))];
  const text = lines.map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
  return c.body(text, 200, { 'content-type': `${CSV_MEDIA}; charset=utf-8` });
}

const JSON_MEDIA = 'application/json';
export const CSV_MEDIA = 'text/csv';

/** Spreadsheets take a text that begins so for a formula, and run it. */
const FORMULA = /^[=+\-@\t\r\n]/;

export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = typeof cell === 'string' ? cell : cell.join(' ');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
