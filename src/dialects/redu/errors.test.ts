import { HTTPException } from 'hono/http-exception';
import { describe, expect, test, vi } from 'vitest';
import { SILENT } from '../../../test/support/redu-app.ts';
import { ComputeError, ERROR_CODES, type ErrorCode } from '../../compute/errors.ts';
import { REDU_ERRORS, reduErrorResponse } from './errors.ts';

/** One row for each code of the closed set; a missing one does not compile. */
const STATUSES = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  precondition_failed: 412,
  body_too_large: 413,
  quota_exceeded: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  rate_limited: 429,
  headers_too_large: 431,
  not_implemented: 501,
  bad_gateway: 502,
  unavailable: 503,
  timeout: 504,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

test.each(ERROR_CODES.map((code) => [code, STATUSES[code]] as const))('%s is %i', async (code, status) => {
  const response = reduErrorResponse(new ComputeError(code, 'what happened'), 'req-1');
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  expect(response.headers.get('X-Request-Id')).toBe('req-1');
  const { error } = await response.json();
  expect(error.code).toBe(REDU_ERRORS[code].code);
  expect('details' in error).toBe(code === 'invalid');
  if (code !== 'internal') expect(error.message).toBe('what happened');
});

test('401 has the documented body and nothing else', async () => {
  const response = reduErrorResponse(new ComputeError('unauthenticated', 'Invalid API key'), 'req-1');
  expect(await response.json()).toEqual({ error: { code: 'unauthorized', message: 'Invalid API key' } });
});

test('400 names the fields', async () => {
  const response = reduErrorResponse(ComputeError.field('flavor_id', 'no such flavor'), 'req-1');
  expect(await response.json()).toEqual({
    error: {
      code: 'badRequest',
      message: 'flavor_id: no such flavor',
      details: [{ field: 'flavor_id', message: 'no such flavor' }],
    },
  });
});

describe('Retry-After', () => {
  const header = (error: ComputeError) => reduErrorResponse(error, 'req-1').headers.get('Retry-After');

  test.each([
    [undefined, '1'],
    [0, '1'],
    [0.2, '1'],
    [7.1, '8'],
    [Number.NaN, '1'],
    [Number.POSITIVE_INFINITY, '1'],
  ])('is a whole number on 429 and 503: %d is %s', (retryAfter, expected) => {
    const options = retryAfter === undefined ? {} : { retryAfter };
    expect(header(new ComputeError('rate_limited', '', options))).toBe(expected);
    expect(header(new ComputeError('unavailable', '', options))).toBe(expected);
  });

  test('is on others only when the error says when', () => {
    expect(header(new ComputeError('conflict', ''))).toBeNull();
    expect(header(new ComputeError('conflict', '', { retryAfter: 3 }))).toBe('3');
  });
});

describe('what is no ComputeError', () => {
  test.each([
    new Error('password=hunter2'),
    'text',
    undefined,
    null,
    new HTTPException(500, { message: 'x' }),
  ])('a defect has a fixed message and is logged: %s', async (thrown) => {
    const error = vi.fn();
    const response = reduErrorResponse(thrown, 'req-1', { ...SILENT, error });
    expect(response.status).toBe(500);
    expect((await response.json()).error.message).toMatch(/^The gateway failed/);
    expect(error).toHaveBeenCalledWith('request_failed', { request_id: 'req-1' }, thrown);
  });

  test('an HTTPException of a status in the table has the code of that status', async () => {
    const response = reduErrorResponse(new HTTPException(413, { message: 'too much' }), 'req-1');
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ error: { code: 'entityTooLarge', message: 'too much' } });
    expect(reduErrorResponse(new HTTPException(418), 'req-1').status).toBe(500);
  });
});

test('a failure of the cloud is logged with its cause', () => {
  const warn = vi.fn();
  const error = new ComputeError('bad_gateway', 'The cloud failed.', { cause: new Error('html') });
  reduErrorResponse(error, 'req-1', { ...SILENT, warn });
  expect(warn).toHaveBeenCalledWith('request_failed_upstream', { request_id: 'req-1' }, error);
});
