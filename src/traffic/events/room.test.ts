import { expect, test } from 'vitest';
import { Room } from './room.ts';

test('a key has so many, all keys together so many, and what is given back can be taken', () => {
  const room = new Room({ perKey: 2, total: 3 });
  const giveBack = room.take('a');
  room.take('a');
  expect(() => room.take('a')).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfter: 10 }));
  room.take('b');
  expect(room.total).toBe(3);
  expect(() => room.take('c')).toThrow(expect.objectContaining({ code: 'unavailable', retryAfter: 10 }));
  giveBack();
  room.take('c');
  expect(room.total).toBe(3);
});
