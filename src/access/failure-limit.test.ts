import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FailureLimit } from './failure-limit.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
});
afterEach(() => {
  vi.useRealTimers();
});

const failTimes = (limit: FailureLimit, address: string, times: number) =>
  Array.from({ length: times }, () => limit.record(address)).at(-1);

test('allows ten failures, then blocks until the end of the window', () => {
  const limit = new FailureLimit();
  expect(failTimes(limit, 'a', 10)).toBeNull();
  vi.advanceTimersByTime(20_500);
  expect(limit.record('a')).toBe(40);
  vi.advanceTimersByTime(39_499);
  expect(limit.record('a')).toBe(1);
  vi.advanceTimersByTime(1);
  expect(limit.record('a')).toBeNull();
});

test('counts each address separately', () => {
  const limit = new FailureLimit();
  failTimes(limit, 'a', 50);
  expect(limit.record('b')).toBeNull();
  expect(limit.blockedFor('b')).toBeNull();
});

test('blockedFor does not count', () => {
  const limit = new FailureLimit();
  for (let n = 0; n < 50; n++) expect(limit.blockedFor('a')).toBeNull();
  failTimes(limit, 'a', 10);
  expect(limit.blockedFor('a')).toBe(60);
});

test('counts a /64 as one address, and IPv4-mapped addresses as IPv4', () => {
  const limit = new FailureLimit();
  for (let n = 0; n < 10; n++) limit.record(`2001:db8:0:1::${n + 1}`);
  expect(limit.blockedFor('2001:db8:0:1:ffff::1')).toBe(60);
  expect(limit.blockedFor('2001:db8:0:2::1')).toBeNull();
  failTimes(limit, '::ffff:192.0.2.1', 10);
  expect(limit.blockedFor('192.0.2.1')).toBe(60);
});

test('evicts the oldest of a flood of addresses', () => {
  const limit = new FailureLimit();
  failTimes(limit, 'first', 10);
  for (let n = 0; n < 10_001; n++) limit.record(`address-${n}`);
  expect(limit.blockedFor('first')).toBeNull();
});

test('accepts another maximum', () => {
  const limit = new FailureLimit(3);
  expect(failTimes(limit, 'a', 3)).toBeNull();
  expect(limit.record('a')).toBe(60);
});
