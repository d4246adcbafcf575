import { expect, test } from 'vitest';
import { etagOf } from './to-response.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('ETags are weak and vary by body and principal', async () => {
  const tag = await etagOf(bytes('acme'), bytes('[]'));
  expect(tag).toMatch(/^W\/"[\w-]{24}"$/);
  expect(await etagOf(bytes('acme'), bytes('[]'))).toBe(tag);
  expect(await etagOf(bytes('acme'), bytes('[1]'))).not.toBe(tag);
  expect(await etagOf(bytes('globex'), bytes('[]'))).not.toBe(tag);
});
