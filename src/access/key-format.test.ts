import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatKey, generateKey, parseKey } from './key-format.ts';

const digit = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
const parts = fc.record({
  id: fc.string({
    unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'),
    minLength: 16,
    maxLength: 16,
  }),
  secret: fc.string({ unit: digit, minLength: 33, maxLength: 33 }),
});

describe('the text of a key', () => {
  test('a formatted key parses to its parts', () => {
    fc.assert(
      fc.property(
        parts,
        (key) => parseKey(formatKey(key))?.secret === key.secret && parseKey(formatKey(key))?.id === key.id,
      ),
    );
  });

  test('a single changed character is detected', () => {
    fc.assert(
      fc.property(parts, fc.nat(58), digit, (key, position, other) => {
        const text = formatKey(key);
        const at = position % text.length;
        fc.pre(text[at] !== other);
        expect(parseKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull();
      }),
    );
  });

  test('any other text is rejected', () => {
    fc.assert(fc.property(fc.string(), (text) => parseKey(text) === null));
    const text = formatKey(generateKey());
    for (const near of [
      `${text} `,
      ` ${text}`,
      `${text}\n`,
      text.toUpperCase(),
      text.slice(0, -1),
      `${text}0`,
      '',
    ]) {
      expect(parseKey(near)).toBeNull();
    }
  });

  test('new keys differ, and the secret has at least 190 bits', () => {
    const keys = Array.from({ length: 500 }, generateKey);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(500);
    const [{ secret } = { secret: '' }] = keys;
    expect(secret.length * Math.log2(62)).toBeGreaterThan(190);
    expect(formatKey(keys[0] ?? { id: '', secret: '' })).toMatch(/^ln_[0-9a-z]{16}_[0-9A-Za-z]{39}$/);
  });
});
