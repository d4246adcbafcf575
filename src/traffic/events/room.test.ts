import { expect, test } from 'vitest';
import { Room } from './room.ts';

test('a key has so many, all keys together so many, and what is given back can be taken', () => {
  const room = new Room({ perKey: 2, total: 3 });
  const giveBack = room.take('a', 'acme');
  room.take('a', 'acme');
  expect(() => room.take('a', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', retryAfter: 10 }),
  );
  room.take('b', 'globex');
  expect(room.total).toBe(3);
  expect(() => room.take('c', 'globex')).toThrow(
    expect.objectContaining({ code: 'unavailable', retryAfter: 10 }),
  );
  giveBack();
  room.take('c', 'globex');
  expect(room.total).toBe(3);
});

test.each([
  [{ perKey: 2, total: 6 }, 3],
  [{ perKey: 2, perProject: 5, total: 6 }, 5],
])('however many keys a project makes, others have room: %o', (limits, most) => {
  const room = new Room(limits);
  const givenBack = Array.from({ length: most }, (_, n) => room.take(`key ${n}`, 'acme'));
  expect(() => room.take('another key', 'acme')).toThrow(
    expect.objectContaining({ code: 'rate_limited', message: expect.stringContaining('This project') }),
  );
  room.take('a', 'globex');
  givenBack[0]?.();
  room.take('another key', 'acme');
  expect(room.total).toBe(most + 1);
});
