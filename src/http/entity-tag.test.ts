import { expect, test } from 'vitest';
import { ifNoneMatchHas } from './entity-tag.ts';

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
])('If-None-Match %s matches W/"abc": %s', (header, matches) => {
  expect(ifNoneMatchHas(header, 'W/"abc"')).toBe(matches);
});

test('a strong entity tag matches its weak form, as a proxy that compresses sends it', () => {
  expect(ifNoneMatchHas('W/"abc"', '"abc"')).toBe(true);
});
