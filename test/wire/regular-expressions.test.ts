import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { read } from '../docs/pages.ts';
import { literalsIn, superlinearText } from './regular-expressions.ts';

const ROOT = join(import.meta.dirname, '../..');
/** All that runs in the gateway: text of a client reaches more of it than one would list by hand, the cloud echoes some of it. */
const FILES = globSync('{src,adapters}/**/*.ts', { cwd: ROOT })
  .filter(
    (path) => !/\.test\.ts$|^adapters\/sandbox\/|^src\/(?:client|console\/browser|openapi)\//.test(path),
  )
  .toSorted();

const EXPRESSIONS = FILES.flatMap((path) =>
  literalsIn(read(path)).map((expression) => ({ path, expression })),
);

describe('a text of 20,000 characters takes linear time', () => {
  const byFile = Map.groupBy(EXPRESSIONS, ({ path }) => path);
  test.each([...byFile])('in each regular expression of %s', (_, found) => {
    const superlinear = found.flatMap(({ expression }) => {
      const text = superlinearText(expression);
      return text === null ? [] : [`${expression} with ${text}`];
    });
    expect(superlinear).toEqual([]);
  });
});

test('every regular expression of the source is found', () => {
  // Each use of one, counted in another way: by what is called on it or made of it.
  const uses = FILES.flatMap((path) =>
    read(path)
      .split('\n')
      .filter((line) =>
        /\/[dgimsuvy]*\.(?:test|exec)\(|(?:replace|replaceAll|match|matchAll|split|regex)\(\/|^const \w+ =\s*\/[^/*]/.test(
          line,
        ),
      )
      .map((line) => `${path}: ${line.trim()}`),
  );
  const found = new Set(
    FILES.flatMap((path) => literalsIn(read(path)).map(({ source }) => `${path}: ${source}`)),
  );
  const missing = uses.filter((use) => {
    const [path = '', line = ''] = use.split(/: (.*)/s);
    return ![...found].some(
      (one) => one.startsWith(`${path}: `) && line.includes(one.slice(path.length + 2)),
    );
  });
  expect(missing).toEqual([]);
  expect(EXPRESSIONS.length).toBeGreaterThan(100);
});

test.each([/\/+$/, /\s*,\s*/, /<\/?[a-z][^>]*>/i, /\?.*$/, /^\s*([^=]+?)\s*=/, /^(a+)+$/])(
  'detects that %s is superlinear',
  (expression) => {
    expect(superlinearText(expression)).not.toBeNull();
  },
);
