/**
 * The closed set of errors. Drivers and use cases raise them; each dialect has one table from a code to its status and body.
 *
 * @module
 */

/** The compiler requires a row for each in every dialect's table. */
export const ERROR_CODES = [
  /** The request is invalid and stays so: a field, a value, a reference to something that does not exist. */
  'invalid',
  /** No valid credential: the key is missing, malformed, unknown, revoked or expired. */
  'unauthenticated',
  /** The caller is known and not allowed to do this. */
  'forbidden',
  /** The resource does not exist, or belongs to another project. */
  'not_found',
  /** The path exists, the method does not. */
  'method_not_allowed',
  /** The resource is in a state that does not allow this now. */
  'conflict',
  /** The body exceeds the limit. */
  'body_too_large',
  /** The project's quota is used up. */
  'quota_exceeded',
  /** `If-Match` or `If-None-Match` does not hold for the resource. */
  'precondition_failed',
  /** The request did not arrive in time. */
  'request_timeout',
  /** The request has an `Expect` that is not `100-continue`. */
  'expectation_failed',
  /** Request line and headers exceed the limit. */
  'headers_too_large',
  /** The body is not of a type that this route reads. */
  'unsupported_media_type',
  /** Too many requests; `retryAfter` has the delay. */
  'rate_limited',
  /** The cloud does not support this. */
  'not_implemented',
  /** The cloud failed, or its response is invalid. */
  'bad_gateway',
  /** The cloud cannot be reached, or refuses the gateway; a later attempt may succeed. */
  'unavailable',
  /** The cloud did not respond before the request's deadline. */
  'timeout',
  /** A defect of the gateway. */
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** After these it is unknown whether a call was carried out, unless the error is `notApplied`. */
export const INDETERMINATE_CODES: readonly ErrorCode[] = [
  'timeout',
  'bad_gateway',
  'unavailable',
  'internal',
];

/** A field of a use case's input, in neutral terms. Each dialect has a table of its own names for `renameFields`. */
export type InputField =
  | 'bootVolume'
  | 'flavor'
  | 'flavorFilter'
  | 'image'
  | 'imageFilter'
  | 'keypair'
  | 'network'
  | 'networks'
  | 'port'
  | 'securityGroups'
  | 'serverGroup';
export type FieldNames = Readonly<Record<InputField, string>>;

export interface FieldError {
  /** Dotted path as in the client's request, or beginning with `input`: `metadata.isPublic`, `securityGroups.0`. */
  readonly field: string;
  readonly message: string;
  /** Present where a use case or a driver raised the error, which do not know the dialect's name. */
  readonly input?: InputField;
}

export interface ComputeErrorOptions {
  /** Only with `invalid`. */
  readonly details?: readonly FieldError[];
  /** Whole seconds. */
  readonly retryAfter?: number;
  /** The call was certainly not carried out: it never reached the cloud, or was undone. */
  readonly notApplied?: boolean;
  /** For the log; never shown to a client. */
  readonly cause?: unknown;
}

/**
 * An error of the closed set. `message` is shown to the client: it names what to change and holds no secret, no upstream address
 * and no internals.
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

  /** An `invalid` about one field, by the client's name for it. */
  static field(field: string, message: string): ComputeError {
    return new ComputeError('invalid', `${field}: ${message}`, { details: [{ field, message }] });
  }

  /** An `invalid` about one field of a use case's input; `index` in a list. */
  static input(input: InputField, message: string, index?: number): ComputeError {
    const field = index === undefined ? input : `${input}.${index}`;
    return new ComputeError('invalid', `${field}: ${message}`, { details: [{ field, message, input }] });
  }
}

export function hasCode(error: unknown, ...codes: ErrorCode[]): error is ComputeError {
  return error instanceof ComputeError && codes.includes(error.code);
}

/** For `catch`, where a missing resource is the wanted outcome. */
export function ignoreNotFound(error: unknown): void {
  if (!hasCode(error, 'not_found')) throw error;
}

/** The same error with `notApplied`. */
export function asNotApplied(error: unknown): unknown {
  return error instanceof ComputeError && !error.notApplied ? copyOf(error, { notApplied: true }) : error;
}

/** The same error with a dialect's names for the fields of a use case's input. */
export function renameFields(error: ComputeError, names: FieldNames): ComputeError {
  if (error.details.every(({ input }) => input === undefined)) return error;
  const details = error.details.map(({ field, message, input }) => ({
    field: input === undefined ? field : names[input] + field.slice(input.length),
    message,
  }));
  return copyOf(error, { details }, details.map(({ field, message }) => `${field}: ${message}`).join('; '));
}

function copyOf(error: ComputeError, change: ComputeErrorOptions, message = error.message): ComputeError {
  const { code, details, retryAfter, notApplied, cause } = error;
  return new ComputeError(code, message, {
    details,
    ...(retryAfter !== undefined && { retryAfter }),
    notApplied,
    cause,
    ...change,
  });
}

/** Key pairs belong to a user of the cloud; the gateway's own account would share them among all customers. */
export function noKeyPairs(): ComputeError {
  return new ComputeError(
    'not_implemented',
    'Key pairs belong to a user of the cloud, and this API key acts for a project. Give an SSH key by user_data.',
  );
}
