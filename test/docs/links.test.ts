import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PAGES, read, withoutCode } from './pages.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A path of this repository, wherever it is named: in a sentence, in a table, in a picture. */
const PATHS = /(?<![\w/.:-])(?:src|adapters|test|docs|\.ci)\/[\w./-]*[\w/]/g;

function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

describe.each(PAGES)('$path', ({ path, text }) => {
  test('names only files that exist', () => {
    const missing = [...text.matchAll(PATHS)].map(([named]) => named).filter((named) => !exists(named));
    expect(missing).toEqual([]);
  });

  test('links only to files and headings that exist', () => {
    const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });
});

test.each(PAGES.filter(({ path }) => path.startsWith('src/')))(
  '$path names only files of its folder',
  ({ path, text }) => {
    const named = [...text.matchAll(/`([\w-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(named.filter((file) => !exists(posix.join(posix.dirname(path), file)))).toEqual([]);
  },
);

test.each(PAGES)('$path has no line of more than 130 characters, but for rows of tables', ({ text }) => {
  const prose = withoutCode(text).split('\n');
  expect(prose.filter((line) => line.length > 130 && !line.startsWith('|'))).toEqual([]);
});

test('the folders of src and adapters are all in the tree of docs/architecture.md', () => {
  const tree = read('docs/architecture.md');
  const folders = ['src', 'adapters'].flatMap((parent) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}/`),
  );
  expect(folders.filter((folder) => !new RegExp(`^${folder}`, 'm').test(tree))).toEqual([]);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : posix.join(posix.dirname(from), file);
  if (!exists(target)) return false;
  return anchor === undefined || anchors(read(target)).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchors(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
