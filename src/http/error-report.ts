import { HTTPException } from 'hono/http-exception';
import { ComputeError, type ErrorCode } from '../compute/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Failures of the cloud, whose cause operators need. */
const LOGGED: readonly ErrorCode[] = ['bad_gateway', 'unavailable', 'timeout'];
const ALWAYS_RETRY_AFTER: readonly ErrorCode[] = ['rate_limited', 'unavailable'];
const DEFAULT_RETRY_AFTER_SECONDS = 1;

export interface ErrorReport {
  readonly error: ComputeError;
  /** Value of `Retry-After`, or null. */
  readonly retryAfter: string | null;
}

/**
 * The error of the closed set for anything thrown; what is neither a `ComputeError` nor hono's `HTTPException` is `internal`.
 *
 * @param log Receives internal errors as `request_failed`, failures of the cloud as `request_failed_upstream`.
 */
export function reportError(
  thrown: unknown,
  rows: Readonly<Record<ErrorCode, { readonly status: number }>>,
  requestId: string,
  log?: Logger,
): ErrorReport {
  const error = toComputeError(thrown, rows);
  if (error.code === 'internal') log?.error('request_failed', { request_id: requestId }, thrown);
  else if (LOGGED.includes(error.code))
    log?.warn('request_failed_upstream', { request_id: requestId }, thrown);
  const hasRetryAfter = error.retryAfter !== undefined || ALWAYS_RETRY_AFTER.includes(error.code);
  return { error, retryAfter: hasRetryAfter ? wholeSeconds(error.retryAfter) : null };
}

function toComputeError(
  thrown: unknown,
  rows: Readonly<Record<ErrorCode, { readonly status: number }>>,
): ComputeError {
  if (thrown instanceof ComputeError) return thrown;
  if (thrown instanceof HTTPException && thrown.status !== rows.internal.status) {
    const codes = Object.keys(rows) as ErrorCode[];
    const code = codes.find((one) => rows[one].status === thrown.status);
    if (code !== undefined) return new ComputeError(code, thrown.message || code);
  }
  return new ComputeError('internal', '', { cause: thrown });
}

function wholeSeconds(retryAfter = DEFAULT_RETRY_AFTER_SECONDS): string {
  return String(
    Number.isFinite(retryAfter) ? Math.max(1, Math.ceil(retryAfter)) : DEFAULT_RETRY_AFTER_SECONDS,
  );
}
