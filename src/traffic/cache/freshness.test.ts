import { describe, expect, test } from 'vitest';
import { failurePolicy, freshness, freshnessLifetimeOf, isUsableOnError } from './freshness.ts';

const NOW = 1_700_000_000_000;
const aged = (age: number) => ({ generatedAt: NOW - age, freshnessLifetime: 5_000 });

describe('freshness', () => {
  test.each([
    [0, 'fresh'],
    [2_499, 'fresh'],
    [2_500, 'aging'],
    [4_999, 'aging'],
    [5_000, 'expired'],
    [300_000, 'expired'],
    [-1, 'expired'],
  ])('at an age of %i ms it is %s', (age, verdict) => {
    expect(freshness(aged(age), NOW)).toBe(verdict);
  });

  test.each([
    [499, 'fresh'],
    [500, 'aging'],
    [1_000, 'expired'],
  ])('without Redis, at an age of %i ms, it is %s', (age, verdict) => {
    expect(freshness(aged(age), NOW, 1_000)).toBe(verdict);
  });

  test('what passes in a second is told for a second', () => {
    expect(freshnessLifetimeOf(5_000, 1_000)).toBe(1_000);
    expect(freshnessLifetimeOf(5_000, Number.POSITIVE_INFINITY)).toBe(5_000);
    expect(
      freshness({ generatedAt: NOW - 1_000, freshnessLifetime: freshnessLifetimeOf(60_000, 1_000) }, NOW),
    ).toBe('expired');
  });
});

test.each([
  [4_000, 300_000, true],
  [300_000, 300_000, true],
  [300_001, 300_000, false],
  [-1, 300_000, false],
  [1, 0, false],
])('aged %i ms and allowed %i ms, an answer stands in: %s', (age, allowed, does) => {
  expect(isUsableOnError(aged(age), allowed, NOW)).toBe(does);
});

test.each([
  [undefined, 'wait'],
  [0, 'leave alone'],
  [999, 'leave alone'],
  [1_000, 'try beside'],
  [10_000, 'try beside'],
  [10_001, 'wait'],
  [-1, 'wait'],
])('a failure %s ms ago: %s', (ago, what) => {
  expect(failurePolicy(ago === undefined ? undefined : NOW - ago, NOW)).toBe(what);
});
