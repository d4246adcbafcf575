import { describe, expect, test } from 'vitest';
import { failurePolicy, freshness, isUsableOnError } from './freshness.ts';

const NOW = 1_700_000_000_000;
const aged = (age: number) => ({ generatedAt: NOW - age, freshnessLifetimeMs: 5_000 });

describe('freshness', () => {
  test.each([
    [0, 'fresh'],
    [2_499, 'fresh'],
    [2_500, 'stale-while-revalidate'],
    [4_999, 'stale-while-revalidate'],
    [5_000, 'expired'],
    [300_000, 'expired'],
    [-1, 'expired'],
  ])('at an age of %i ms it is %s', (age, verdict) => {
    expect(freshness(aged(age), NOW)).toBe(verdict);
  });

  test.each([
    [499, 'fresh'],
    [500, 'stale-while-revalidate'],
    [1_000, 'expired'],
  ])('with a max-age of a second, at an age of %i ms it is %s', (age, verdict) => {
    expect(freshness(aged(age), NOW, 1_000)).toBe(verdict);
  });
});

test.each([
  [4_000, 300_000, true],
  [300_000, 300_000, true],
  [300_001, 300_000, false],
  [-1, 300_000, false],
  [1, 0, false],
])('aged %i ms and allowed %i ms, a stale response is served on error: %s', (age, allowed, does) => {
  expect(isUsableOnError(aged(age), allowed, NOW)).toBe(does);
});

test.each([
  [undefined, 'await'],
  [0, 'cooldown'],
  [999, 'cooldown'],
  [1_000, 'revalidate'],
  [10_000, 'revalidate'],
  [10_001, 'await'],
  [-1, 'await'],
])('a failure %s ms ago: %s', (ago, what) => {
  expect(failurePolicy(ago === undefined ? undefined : NOW - ago, NOW)).toBe(what);
});
