import { expect, test } from 'vitest';
import { PathPattern } from './path-pattern.ts';

const MAX_PATTERN_LENGTH = 225;

test.each(['*a', 'a*', '**a', '{x}', 'a**b', '*', 'a'])(
  'the longest pattern of %s takes at most eight steps per character of a path',
  (part) => {
    const longest = part.repeat(MAX_PATTERN_LENGTH).slice(0, MAX_PATTERN_LENGTH);
    expect(new PathPattern(longest).words).toBeLessThanOrEqual(8);
  },
);

/** All texts of these parts, of up to so many parts. */
function textsOf(parts: readonly string[], atMost: number): string[] {
  const shorter = atMost === 0 ? [] : textsOf(parts, atMost - 1);
  return ['', ...shorter.flatMap((text) => parts.map((part) => `${part}${text}`))];
}

const asExpression = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll('**', '.+?')
      .replaceAll(/\*|\{\w\}/g, '[^/]+')
      .replaceAll('.+?', '.*')}$`,
  );

test('a pattern matches what its regular expression does', () => {
  const paths = [...new Set(textsOf(['a', 'b', '/'], 5))];
  const differing: string[] = [];
  for (const pattern of new Set(textsOf(['a', '/', '*', '**', '{x}'], 4))) {
    const compared = new PathPattern(pattern);
    const expression = asExpression(pattern);
    for (const path of paths) {
      if (compared.matches(path) !== expression.test(path)) differing.push(`${pattern} ${path}`);
    }
  }
  expect(differing).toEqual([]);
});

test('a pattern of several words matches across their ends', () => {
  for (let length = 28; length < 100; length++) {
    const pattern = new PathPattern(`/**${'a'.repeat(length)}*/b`);
    expect(pattern.matches(`/x/${'a'.repeat(length)}c/b`)).toBe(true);
    expect(pattern.matches(`/x/${'a'.repeat(length)}/b`)).toBe(false);
    expect(pattern.matches(`/x/${'a'.repeat(length + 1)}/b`)).toBe(true);
  }
});
