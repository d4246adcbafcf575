import { expect, test } from 'vitest';
import * as z from 'zod';
import { parseAdminTokens } from './admin-tokens.ts';

const T = 'abcdefghijklmnop';
const schema = z.string().transform(parseAdminTokens);

test.each([
  [T, [{ name: null, token: T }]],
  [
    `ada:${T}, bob.b-1_x:${T}:2`,
    [
      { name: 'ada', token: T },
      { name: 'bob.b-1_x', token: `${T}:2` },
    ],
  ],
  [
    `${T},ada:${T}2`,
    [
      { name: null, token: T },
      { name: 'ada', token: `${T}2` },
    ],
  ],
])('%s is parsed as admin tokens', (text, expected) => {
  expect(schema.parse(text)).toEqual(expected);
});

test.each([
  ['a short token', 'ada:short'],
  ['a short plain token', 'abcdefghijklmno'],
  ['a space in a token', `ada:${T} ${T}`],
  ['no ASCII', `ada:${T}é`],
  ['a name with other characters', `a/da:${T}`],
  ['a name of 65 characters', `${'a'.repeat(65)}:${T}`],
  ['an empty name', `:${T}`],
  ['an empty entry', `ada:${T},`],
  ['two tokens without a name', `${T},${T}2`],
  ['a name twice', `ada:${T},ada:${T}2`],
  ['a token twice', `ada:${T},bob:${T}`],
])('%s is rejected without printing it', (_, text) => {
  const { error } = schema.safeParse(text);
  expect(error?.message).toContain('must');
  expect(error?.message).not.toContain(T);
});
