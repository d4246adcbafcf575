/**
 * Errors of the redu dialect: `{"error": {"code", "message"}}`. The codes are those of the error
 * table in the compute API reference; the body of 401 is word for word the one in redu's documentation.
 *
 * @module
 */

import type { Context } from 'hono';
import * as z from 'zod';
import { type ErrorCode, type FieldNames, renameFields } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { reportError } from '../../http/error-report.ts';
import { jsonText } from '../../http/json.ts';
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

/** redu's names for the fields of a use case's input. */
export const REDU_FIELDS: FieldNames = {
  bootVolume: 'volume_id',
  flavor: 'flavor_id',
  flavorFilter: 'flavor',
  image: 'image_id',
  imageFilter: 'image',
  keypair: 'keypair_name',
  network: 'network_id',
  networks: 'networks',
  port: 'port_id',
  securityGroups: 'security_group_names',
  serverGroup: 'server_group_id',
};

/** Codes whose text never depends on what was thrown. */
const FIXED_MESSAGES: Partial<Record<ErrorCode, string>> = {
  internal: 'The gateway failed. Quote the X-Request-Id of this response when you report it.',
};

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

export function reduErrorResponse(thrown: unknown, requestId: string, log?: Logger): Response {
  const { status, headers, error } = reduError(thrown, requestId, log);
  return new Response(jsonText({ error }), { status, headers });
}

/** The parts of such a response, for another envelope. */
export function reduError(
  thrown: unknown,
  requestId: string,
  log?: Logger,
): ReduError & { readonly status: number; readonly headers: Headers } {
  const { error: reported, retryAfter } = reportError(thrown, REDU_ERRORS, requestId, log);
  const error = renameFields(reported, REDU_FIELDS);
  const { status, code } = REDU_ERRORS[error.code];
  const headers = new Headers({ 'Content-Type': 'application/json', 'X-Request-Id': requestId });
  if (error.code === 'unauthenticated') headers.set('WWW-Authenticate', 'Bearer');
  if (retryAfter !== null) headers.set('Retry-After', retryAfter);
  return {
    status,
    headers,
    error: {
      code,
      message: FIXED_MESSAGES[error.code] ?? error.message,
      ...(error.code === 'invalid' && {
        details: error.details.map(({ field, message }) => ({ field, message })),
      }),
    },
  };
}

/** `reduErrorResponse` for the request of `c`; fits hono's `onError`. */
export function respondWithError(error: unknown, c: Context<GatewayEnv>): Response {
  return reduErrorResponse(error, c.var.requestId, c.var.log);
}
