/**
 * What goes wrong, as the redu dialect says it: `{"error": {"code", "message"}}`. The codes are those of the error
 * table in the compute API reference; the body of 401 is word for word the one in redu's documentation.
 *
 * @module
 */

import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import * as z from 'zod';
import { ComputeError, type ErrorCode, type FieldError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { Logger } from '../../telemetry/logger.ts';

interface ErrorRow {
  readonly status: number;
  readonly code: string;
}

/** One row for each code of the closed set; a missing one does not compile. */
export const REDU_ERRORS = {
  invalid: { status: 400, code: 'badRequest' },
  unauthenticated: { status: 401, code: 'unauthorized' },
  forbidden: { status: 403, code: 'forbidden' },
  not_found: { status: 404, code: 'itemNotFound' },
  method_not_allowed: { status: 405, code: 'methodNotAllowed' },
  request_timeout: { status: 408, code: 'requestTimeout' },
  conflict: { status: 409, code: 'conflictingRequest' },
  precondition_failed: { status: 412, code: 'preconditionFailed' },
  body_too_large: { status: 413, code: 'entityTooLarge' },
  quota_exceeded: { status: 413, code: 'entityTooLarge' },
  unsupported_media_type: { status: 415, code: 'badMediaType' },
  expectation_failed: { status: 417, code: 'expectationFailed' },
  rate_limited: { status: 429, code: 'overLimit' },
  headers_too_large: { status: 431, code: 'requestHeaderFieldsTooLarge' },
  internal: { status: 500, code: 'internalError' },
  not_implemented: { status: 501, code: 'notImplemented' },
  bad_gateway: { status: 502, code: 'badGateway' },
  unavailable: { status: 503, code: 'serviceUnavailable' },
  timeout: { status: 504, code: 'gatewayTimeout' },
} as const satisfies Record<ErrorCode, ErrorRow>;

/** Codes whose text never depends on what was thrown. */
const FIXED_MESSAGES: Partial<Record<ErrorCode, string>> = {
  internal: 'The gateway failed. Quote the X-Request-Id of this answer when you report it.',
};

/** Codes whose cause the operator wants to see. */
const LOGGED: readonly ErrorCode[] = ['bad_gateway', 'unavailable', 'timeout'];
const ALWAYS_RETRY_AFTER: readonly ErrorCode[] = ['rate_limited', 'unavailable'];
const RETRY_AFTER_SECONDS = 1;

export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum([...new Set(Object.values(REDU_ERRORS).map((row) => row.code))]),
      message: z.string(),
      details: z
        .array(z.object({ field: z.string(), message: z.string() }))
        .optional()
        .describe('With badRequest: every wrong field and what to change about it.'),
    }),
  })
  .meta({ id: 'Error', description: 'What went wrong.' });
export type ReduError = z.infer<typeof errorSchema>;

/**
 * The answer for anything thrown on the way of a request, and for what has no route.
 *
 * A `ComputeError` is told as its row of `REDU_ERRORS` says, hono's `HTTPException` by its status. Everything else is a
 * defect of the gateway: a fixed text for the client, the error itself for the log.
 *
 * @param requestId Answered as `X-Request-Id`.
 * @param log Gets defects as `request_failed` and failures of the cloud as `request_failed_upstream`.
 */
export function reduErrorResponse(error: unknown, requestId: string, log?: Logger): Response {
  const known = toComputeError(error);
  if (known.code === 'internal') log?.error('request_failed', { request_id: requestId }, error);
  else if (LOGGED.includes(known.code))
    log?.warn('request_failed_upstream', { request_id: requestId }, error);

  const row = REDU_ERRORS[known.code];
  const headers = new Headers({ 'Content-Type': 'application/json', 'X-Request-Id': requestId });
  if (known.code === 'unauthenticated') headers.set('WWW-Authenticate', 'Bearer');
  if (known.retryAfter !== undefined || ALWAYS_RETRY_AFTER.includes(known.code)) {
    headers.set('Retry-After', String(wholeSeconds(known.retryAfter)));
  }
  const body: ReduError = {
    error: {
      code: row.code,
      message: FIXED_MESSAGES[known.code] ?? known.message,
      ...(known.code === 'invalid' && { details: known.details.map(plainProblem) }),
    },
  };
  return new Response(JSON.stringify(body), { status: row.status, headers });
}

/** `reduErrorResponse` for the request of `c`; fits hono's `onError`. */
export function respondWithError(error: unknown, c: Context<GatewayEnv>): Response {
  return reduErrorResponse(error, c.var.requestId, c.var.log);
}

function toComputeError(error: unknown): ComputeError {
  if (error instanceof ComputeError) return error;
  if (error instanceof HTTPException && error.status !== REDU_ERRORS.internal.status) {
    const code = codeOfStatus(error.status);
    if (code !== undefined) return new ComputeError(code, error.message || REDU_ERRORS[code].code);
  }
  return new ComputeError('internal', '', { cause: error });
}

function codeOfStatus(status: number): ErrorCode | undefined {
  const codes = Object.keys(REDU_ERRORS) as ErrorCode[];
  return codes.find((code) => REDU_ERRORS[code].status === status);
}

function wholeSeconds(retryAfter: number | undefined): number {
  if (retryAfter === undefined || !Number.isFinite(retryAfter)) return RETRY_AFTER_SECONDS;
  return Math.max(1, Math.ceil(retryAfter));
}

function plainProblem({ field, message }: FieldError): { field: string; message: string } {
  return { field, message };
}
