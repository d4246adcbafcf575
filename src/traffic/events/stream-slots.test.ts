import { expect, test } from 'vitest';
import { StreamSlots } from './stream-slots.ts';

test('limits streams per key and in total, and reuses released slots', () => {
  const slots = new StreamSlots({ perKey: 2, total: 3 });
  const release = slots.acquire('a', 'acme');
  slots.acquire('a', 'acme');
  expect(() => slots.acquire('a', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', retryAfter: 10 }),
  );
  slots.acquire('b', 'globex');
  expect(slots.total).toBe(3);
  expect(() => slots.acquire('c', 'globex')).toThrow(
    expect.objectContaining({ code: 'unavailable', retryAfter: 10 }),
  );
  release();
  slots.acquire('c', 'globex');
  expect(slots.total).toBe(3);
});

test.each([
  [{ perKey: 2, total: 6 }, 3],
  [{ perKey: 2, perProject: 5, total: 6 }, 5],
])('leaves slots for other projects however many keys one has: %o', (limits, most) => {
  const slots = new StreamSlots(limits);
  const releases = Array.from({ length: most }, (_, n) => slots.acquire(`key ${n}`, 'acme'));
  expect(() => slots.acquire('another key', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', message: expect.stringContaining('This project') }),
  );
  slots.acquire('a', 'globex');
  releases[0]?.();
  slots.acquire('another key', 'acme');
  expect(slots.total).toBe(most + 1);
});
