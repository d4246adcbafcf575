/**
 * Lines that use the private idiom, in comments, documentation, titles and messages. `node test/docs/idiom.ts` prints them;
 * `--counts` prints their number per folder.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sites from './idiom-allowed.json' with { type: 'json' };
import { proseOf } from './prose.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where prose is checked: folders and pages. */
export const PLACES = [
  'src',
  'adapters',
  'test',
  'bench',
  'docs',
  'examples',
  'deploy',
  'README.md',
  'CONTRIBUTING.md',
];
const WHOLE_TEXT = /\.(md|html|css|sql|conf|lua|sh|py|go|rb)$/;
const PROGRAM = /\.[cm]?[jt]s$/;

/** A place where the word is ordinary English or a quotation. Without `text` it is the whole file. */
interface Allowed {
  readonly file: string;
  readonly text?: string;
  readonly reason: string;
}

const ALLOWED: readonly Allowed[] = sites;

/** The words and senses that the project's vocabulary replaces. */
export const IDIOM =
  /\b(told|tells?|whoever|nobody|somebody|everybody|at hand|a moment ago|is let in|lets? in|looks at|looked at|hears?|heard of|beside|anew|for ever)\b/i;

export interface Use {
  /** From the root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Every line with the idiom, but for the sites in `idiom-allowed.json`. */
export function usesOfIdiom(): Use[] {
  return filesOf(PLACES).flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    return linesOf(file, source)
      .filter(({ text }) => IDIOM.test(text) && !isAllowed(file, text))
      .map(({ number, text }) => ({ file, line: number, text }));
  });
}

/** Sites of `idiom-allowed.json` that no line needs any more. */
export function unusedAllowances(): string[] {
  return ALLOWED.filter(({ file, text = '' }) => !readFileSync(join(ROOT, file), 'utf8').includes(text)).map(
    ({ file, text }) => `${file}: ${text}`,
  );
}

function linesOf(file: string, source: string): { number: number; text: string }[] {
  if (PROGRAM.test(file)) return proseOf(file, source);
  return source.split('\n').map((text, index) => ({ number: index + 1, text }));
}

function isAllowed(file: string, text: string): boolean {
  return ALLOWED.some((site) => site.file === file && text.includes(site.text ?? ''));
}

/** Committed and new files, without those that are ignored. */
function filesOf(places: readonly string[]): string[] {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...places];
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\n');
  const deleted = execFileSync('git', ['ls-files', '--deleted'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return files.filter((file) => (PROGRAM.test(file) || WHOLE_TEXT.test(file)) && !deleted.includes(file));
}

/** `src/traffic/cache` of `src/traffic/cache/etag.ts`; `docs` of `docs/redu.md`. */
function folderOf(file: string): string {
  const parts = file.split('/').slice(0, -1);
  return parts.slice(0, /^src\/(traffic|dialects)\//.test(file) ? 3 : 2).join('/') || file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const uses = usesOfIdiom();
  if (process.argv.includes('--counts')) {
    const counts = Map.groupBy(uses, ({ file }) => folderOf(file));
    for (const [folder, found] of [...counts].toSorted()) console.log(`${found.length}\t${folder}`);
    console.log(`${uses.length}\tall`);
  } else {
    for (const { file, line, text } of uses) console.log(`${file}:${line}: ${text}`);
  }
}
