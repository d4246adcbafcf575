import { describe, expect, test } from 'vitest';
import { parseIdempotencyKey } from './idempotency-key.ts';

describe('the header Idempotency-Key', () => {
  test.each([
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['  order:7/1;try=2  ', 'order:7/1;try=2'],
    ['"a key, with a \\"quote\\" and a \\\\"', 'a key, with a "quote" and a \\'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('%s is the key %s', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  test.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['empty quotes', '""'],
    ['256 characters', 'x'.repeat(256)],
    ['256 quoted characters', `"${'x'.repeat(256)}"`],
    ['two headers', 'a, b'],
    ['two quoted headers', '"a", "b"'],
    ['an open quote', '"a'],
    ['a quote inside', 'a"b'],
    ['a wrong escape', '"a\\b"'],
    ['a parameter', '"a";p=1'],
    ['a space', 'a b'],
    ['a control character', 'a\tb'],
    ['a letter above ASCII', 'schl\u00fcssel'],
    ['a quoted letter above ASCII', '"schl\u00fcssel"'],
  ])('%s is refused, naming the header', (_, header) => {
    const refused = { code: 'invalid', details: [{ field: 'Idempotency-Key' }] };
    expect(() => parseIdempotencyKey(header)).toThrow(expect.objectContaining({ code: 'invalid' }));
    try {
      parseIdempotencyKey(header);
    } catch (error) {
      expect(error).toMatchObject(refused);
    }
  });
});
