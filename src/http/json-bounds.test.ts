import { expect, test } from 'vitest';
import { exceededBound, MAX_INNER_MEMBERS, MAX_MEMBERS } from './json-bounds.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const members = (count: number) =>
  bytes(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))));

test('accepts the maximum number of members and no more', () => {
  expect(exceededBound(members(MAX_MEMBERS))).toBeNull();
  expect(exceededBound(members(MAX_MEMBERS + 1))).toBe('has more than 5120 members');
  const list = (count: number) => bytes(JSON.stringify({ a: Array(count).fill(0), b: [1, 2] }));
  expect(exceededBound(list(MAX_INNER_MEMBERS))).toBeNull();
  expect(exceededBound(list(MAX_INNER_MEMBERS + 1))).toBe('has an object or list of more than 512 members');
});

test('does not count commas in strings', () => {
  const text = ',[{"\\'.repeat(3_000);
  expect(exceededBound(bytes(JSON.stringify({ user_data: text, [text]: text })))).toBeNull();
});

test('stops at the first problem', () => {
  const json = members(60_000);
  let furthest = 0;
  const watched = new Proxy(json, {
    get(target, name) {
      furthest = Math.max(furthest, Number.isNaN(Number(String(name))) ? 0 : Number(String(name)));
      return Reflect.get(target, name, target);
    },
  });
  expect(exceededBound(watched)).toMatch(/members/);
  expect(furthest).toBeLessThan(json.length / 10);
});
