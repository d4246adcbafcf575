import { expect, test } from 'vitest';
import { entityTagListed } from './entity-tag.ts';

test.each([
  ['W/"abc"', true],
  ['"abc"', true],
  ['*', true],
  [' * ', true],
  ['"x", W/"abc"', true],
  ['W/"a,b", "abc"', true],
  [undefined, false],
  ['', false],
  ['abc', false],
  ['"ab"', false],
  ['"abc', false],
  ['"x*"', false],
  ['"*"', false],
  ['"x,"abc"', false],
])('the list %s matches W/"abc": %s', (header, matches) => {
  expect(entityTagListed(header, 'W/"abc"')).toBe(matches);
});

test('a strong entity tag matches its weak form, as a proxy that compresses sends it', () => {
  expect(entityTagListed('W/"abc"', '"abc"')).toBe(true);
});

test('a resource without entity tag matches only *', () => {
  expect(['*', '"abc"', 'null', ''].map((header) => entityTagListed(header, null))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
