/**
 * The closed set of errors the gateway knows. Clouds raise them, use cases raise them, and each dialect has one table
 * that turns a code into its own status and body.
 *
 * @module
 */

/** What can go wrong, in words of no dialect. A dialect's table must have a row for each (the compiler checks it). */
export const ERROR_CODES = [
  /** The request is wrong and will be wrong again: a field, a value, a reference to something that is not there. */
  'invalid',
  /** Nobody is signed in: key missing, malformed, unknown, revoked or expired. */
  'unauthenticated',
  /** The caller is known and may not do this. */
  'forbidden',
  /** The thing addressed does not exist, or is not the caller's. */
  'not_found',
  /** The path exists, the method does not. */
  'method_not_allowed',
  /** The thing is in a state that does not allow this now. */
  'conflict',
  /** The body is larger than the gateway reads. */
  'body_too_large',
  /** The project's quota is used up. */
  'quota_exceeded',
  /** `If-Match` or `If-None-Match` does not hold for the resource as it is. */
  'precondition_failed',
  /** The request did not arrive in time. */
  'request_timeout',
  /** The request has an `Expect` that is not `100-continue`. */
  'expectation_failed',
  /** Request line and headers are larger than the server reads. */
  'headers_too_large',
  /** The body is not of a type this route reads. */
  'unsupported_media_type',
  /** Too many requests; `retryAfter` says when to come back. */
  'rate_limited',
  /** The cloud behind the gateway cannot do this at all. */
  'not_implemented',
  /** The cloud answered something that cannot be understood, or failed itself. */
  'bad_gateway',
  /** The cloud cannot be reached or refuses the gateway; trying later may help. */
  'unavailable',
  /** The cloud did not answer within the request's deadline. */
  'timeout',
  /** A defect of the gateway. */
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** After these nobody knows whether a call was carried out, unless the error is `notApplied`. */
export const INDETERMINATE_CODES: readonly ErrorCode[] = [
  'timeout',
  'bad_gateway',
  'unavailable',
  'internal',
];

/** One thing wrong with one field of a request. */
export interface FieldError {
  /** Dotted path of the field as the client wrote it: `metadata.isPublic`, `networks.0`. */
  readonly field: string;
  readonly message: string;
}

export interface ComputeErrorOptions {
  /** Which fields are wrong; only with `invalid`. */
  readonly details?: readonly FieldError[];
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** Certainly nothing of it was carried out: it never reached the cloud, or only what was undone. */
  readonly notApplied?: boolean;
  /** What happened underneath, for the log. Never shown to a client. */
  readonly cause?: unknown;
}

/**
 * An error of the closed set. `message` is shown to the client as it stands, so it says what to change and holds no
 * secret, no upstream address and no internals; those belong in `cause`.
 */
export class ComputeError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly FieldError[];
  readonly retryAfter: number | undefined;
  readonly notApplied: boolean;

  constructor(code: ErrorCode, message: string, options: ComputeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ComputeError';
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfter = options.retryAfter;
    this.notApplied = options.notApplied ?? false;
  }

  /** An `invalid` about a single field. */
  static field(field: string, message: string): ComputeError {
    return new ComputeError('invalid', `${field}: ${message}`, { details: [{ field, message }] });
  }
}

/** Whether `error` is of the closed set and has one of `codes`. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is ComputeError {
  return error instanceof ComputeError && codes.includes(error.code);
}

/** The same error, of which it is certain that nothing was carried out. What is no `ComputeError` stays as it is. */
export function asNotApplied(error: unknown): unknown {
  if (!(error instanceof ComputeError) || error.notApplied) return error;
  const { code, message, details, retryAfter, cause } = error;
  return new ComputeError(code, message, {
    details,
    ...(retryAfter !== undefined && { retryAfter }),
    notApplied: true,
    cause,
  });
}

/** Key pairs belong to a user of the cloud; whoever acts by the gateway's own account would share them with all others. */
export function noKeyPairs(): ComputeError {
  return new ComputeError(
    'not_implemented',
    'Key pairs belong to a user of the cloud, and this API key acts for a project. Give an SSH key by user_data.',
  );
}
