import { expect, test } from 'vitest';
import { StreamSlots } from './stream-slots.ts';

test('a key has so many, all keys together so many, and what is given back can be taken', () => {
  const room = new StreamSlots({ perKey: 2, total: 3 });
  const giveBack = room.acquire('a', 'acme');
  room.acquire('a', 'acme');
  expect(() => room.acquire('a', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', retryAfter: 10 }),
  );
  room.acquire('b', 'globex');
  expect(room.total).toBe(3);
  expect(() => room.acquire('c', 'globex')).toThrow(
    expect.objectContaining({ code: 'unavailable', retryAfter: 10 }),
  );
  giveBack();
  room.acquire('c', 'globex');
  expect(room.total).toBe(3);
});

test.each([
  [{ perKey: 2, total: 6 }, 3],
  [{ perKey: 2, perProject: 5, total: 6 }, 5],
])('however many keys a project makes, others have room: %o', (limits, most) => {
  const room = new StreamSlots(limits);
  const givenBack = Array.from({ length: most }, (_, n) => room.acquire(`key ${n}`, 'acme'));
  expect(() => room.acquire('another key', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', message: expect.stringContaining('This project') }),
  );
  room.acquire('a', 'globex');
  givenBack[0]?.();
  room.acquire('another key', 'acme');
  expect(room.total).toBe(most + 1);
});
