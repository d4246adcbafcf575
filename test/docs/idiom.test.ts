import { expect, test } from 'vitest';
import { IDIOM, PLACES, unusedAllowances, usesOfIdiom } from './idiom.ts';
import { proseOf } from './prose.ts';

const USES = usesOfIdiom();

test.each(PLACES)('no comment, document, title or message of %s uses the private idiom', (place) => {
  const uses = USES.filter(({ file }) => file === place || file.startsWith(`${place}/`));
  const lines = uses.map(({ file, line, text }) => `${file}:${line}: ${text}`);
  expect(lines).toEqual([]);
});

test('every allowed site still has its text', () => {
  expect(unusedAllowances()).toEqual([]);
});

test.each([
  ['a line comment', '// It is told twice.'],
  ['a block comment', '/**\n * Nobody waits.\n */'],
  ['a title', "test('whoever fails gives up', () => {});"],
  ['a template', 'throw new Error(`$' + '{name} hears nothing`);'],
  ['a comment after a quote in a regular expression', 'const QUOTE = /[\'"]/; // told once'],
])('finds the idiom in %s', (_, source) => {
  expect(proseOf('a.ts', source).filter(({ text }) => IDIOM.test(text))).toHaveLength(1);
});

test.each([
  ['an identifier', 'const told = tell(nobody);'],
  ['a literal that is no sentence', "const kind = 'told';"],
  ['a regular expression', 'const WORDS = / told | tell /;'],
])('ignores the idiom in %s', (_, source) => {
  expect(proseOf('a.ts', source).filter(({ text }) => IDIOM.test(text))).toEqual([]);
});
