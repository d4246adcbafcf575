import { decodeBase64Url, encodeBase64Url } from './base64.ts';

/** What a list is sorted by, and what a cursor holds: name, then id. Unique within a list. */
export type PageKey = readonly [name: string, id: string];

export interface PageWindow {
  /** Absent: all that is left. */
  readonly limit?: number | undefined;
  /** The key of the last item of the page before. Absent: from the start. */
  readonly cursor?: PageKey | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** null after the last item. */
  readonly next_cursor: string | null;
}

/**
 * A part of a complete list, sorted by key. The cursor is the key of the last item shown, not a position: while a list
 * changes between two pages, whatever stays in it is shown exactly once.
 */
export function page<T>(
  all: readonly T[],
  { limit, cursor }: PageWindow,
  keyOf: (item: T) => PageKey,
): Page<T> {
  const rest = all
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => cursor === undefined || compareKeys(key, cursor) > 0)
    .sort((a, b) => compareKeys(a.key, b.key));
  const shown = limit === undefined ? rest : rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    next_cursor: last !== undefined && shown.length < rest.length ? encodeCursor(last.key) : null,
  };
}

/** By code units: the same everywhere, whatever the locale. */
function compareKeys(a: PageKey, b: PageKey): number {
  return compareText(a[0], b[0]) || compareText(a[1], b[1]);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** An opaque text for the key of the last item shown. */
export function encodeCursor(key: PageKey): string {
  return encodeBase64Url(new TextEncoder().encode(JSON.stringify(key)));
}

/** The key in a `next_cursor`; null for any other text. */
export function decodeCursor(cursor: string): PageKey | null {
  try {
    const bytes = decodeBase64Url(cursor);
    const key: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isPageKey(key) ? key : null;
  } catch {
    return null;
  }
}

function isPageKey(value: unknown): value is PageKey {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}
