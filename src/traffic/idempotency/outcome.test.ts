import { expect, test } from 'vitest';
import { ComputeError, ERROR_CODES, type ErrorCode } from '../../compute/errors.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

/** One row for each code of the closed set; a missing one does not compile. */
const OUTCOMES = {
  invalid: 'release',
  unauthenticated: 'release',
  forbidden: 'release',
  not_found: 'keep',
  method_not_allowed: 'release',
  conflict: 'keep',
  precondition_failed: 'release',
  body_too_large: 'release',
  quota_exceeded: 'keep',
  request_timeout: 'release',
  expectation_failed: 'release',
  headers_too_large: 'release',
  unsupported_media_type: 'release',
  rate_limited: 'release',
  not_implemented: 'release',
  bad_gateway: 'unknown',
  unavailable: 'unknown',
  timeout: 'unknown',
  internal: 'unknown',
} as const satisfies Record<ErrorCode, Outcome>;

test.each(ERROR_CODES)('what comes of %s', (code) => {
  expect(outcomeOf(new ComputeError(code, 'no'), 500)).toBe(OUTCOMES[code]);
});

test('an answer is kept, a path that does not exist is not', () => {
  expect([200, 201, 202].map((status) => outcomeOf(undefined, status))).toEqual(['keep', 'keep', 'keep']);
  expect([404, 405].map((status) => outcomeOf(undefined, status))).toEqual(['release', 'release']);
});

test('what certainly was not carried out can be tried again', () => {
  for (const code of ['timeout', 'unavailable', 'bad_gateway'] as const) {
    expect(outcomeOf(new ComputeError(code, 'no', { notApplied: true }), 503)).toBe('release');
  }
});

test('after a defect nobody knows', () => {
  expect(outcomeOf(new TypeError('undefined is not a function'), 500)).toBe('unknown');
});
