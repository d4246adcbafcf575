/**
 * The documentation as the tests read it.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A page of the documentation. */
export interface Page {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A file of the repository. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The Markdown files below a folder. */
function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

export const PAGES: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'src', 'examples'].flatMap(pagesIn),
].map((path) => ({ path, text: read(path) }));

/** The part of a page from this heading to the next one of its level or above. */
export function section(text: string, heading: string): string {
  const lines = withoutCode(text).split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) throw new Error(`there is no section "${heading}"`);
  const level = lines[from]?.indexOf(' ') ?? 0;
  const length = lines.slice(from + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  const to = length < 0 ? lines.length : from + 1 + length;
  return text.split('\n').slice(from, to).join('\n');
}

/** The cells of all table rows, heads and rules left out. */
export function rows(text: string): string[][] {
  const lines = text.split('\n');
  return lines
    .filter((line, n) => line.startsWith('|') && !isRule(line) && !isRule(lines[n + 1]))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The text between the first backticks of a cell. */
export function code(cell: string | undefined): string {
  return /`([^`]+)`/.exec(cell ?? '')?.[1] ?? '';
}

/** What stands in fenced blocks of this language. */
export function fenced(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , body = '']) => body);
}

/** Fenced blocks are blanked, line by line, so that nothing in them is taken for a heading. */
export function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, (block) => block.replaceAll(/[^\n]/g, ''));
}

function isRule(line: string | undefined): boolean {
  return /^\|[-| :]+\|$/.test(line ?? '');
}

/** A test that proves what a table says. */
export interface Proof {
  readonly code: string;
  readonly file: string;
  readonly title: string;
}

/** The list of proofs: a file, and below it `- CODE: title of a test`. */
export function proofs(text: string): Proof[] {
  const found: Proof[] = [];
  let file = '';
  for (const line of text.replaceAll(/\n {2}(?=\S)/g, ' ').split('\n')) {
    file = /^`([^`]+)`$/.exec(line)?.[1] ?? file;
    const [, name, title] = /^- ([A-Z]\d{1,2}): (.+)$/.exec(line) ?? [];
    if (name !== undefined && title !== undefined) found.push({ code: name, file, title });
  }
  return found;
}
