import { expect, test } from 'vitest';
import { ComputeError, ERROR_CODES, type ErrorCode } from '../../compute/errors.ts';
import { type Outcome, outcomeOf } from './stored-response.ts';

const OUTCOMES = {
  invalid: 'release',
  unauthenticated: 'release',
  forbidden: 'release',
  not_found: 'store',
  method_not_allowed: 'release',
  conflict: 'store',
  precondition_failed: 'release',
  body_too_large: 'release',
  quota_exceeded: 'store',
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

test.each(ERROR_CODES)('the outcome of %s', (code) => {
  expect(outcomeOf(new ComputeError(code, 'no'), 500)).toBe(OUTCOMES[code]);
});

test('a success is stored, an unknown path is released', () => {
  expect([200, 201, 202].map((status) => outcomeOf(undefined, status))).toEqual(['store', 'store', 'store']);
  expect([404, 405].map((status) => outcomeOf(undefined, status))).toEqual(['release', 'release']);
});

test('a request that was certainly not carried out is released', () => {
  for (const code of ['timeout', 'unavailable', 'bad_gateway'] as const) {
    expect(outcomeOf(new ComputeError(code, 'no', { notApplied: true }), 503)).toBe('release');
  }
});

test('the outcome of a defect is unknown', () => {
  expect(outcomeOf(new TypeError('undefined is not a function'), 500)).toBe('unknown');
});
