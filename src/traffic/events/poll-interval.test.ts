import { expect, test } from 'vitest';
import { backoffDelay, nextPollDelay } from './poll-interval.ts';

test.each([
  [true, 5_000, 1_000],
  [true, 0, 1_000],
  [false, 5_000, 2_500],
  [false, 0, 2_500],
  [false, 1_000, 1_000],
  [false, 3_600_000, 30_000],
])('passing %j, answers may be %i ms old: the next look in %i ms', (passing, maxAge, beat) => {
  expect(nextPollDelay(passing, maxAge)).toBe(beat);
});

test('after failures ever later, to half a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 1_000].map(backoffDelay)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
});
