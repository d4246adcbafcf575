import type { Refusal, RefusalCode } from './routes.ts';

/**
 * Of a gateway's answer the `code` in it. Else `networkError`: it was not reached, or not in time; `invalidResponse`: something else
 * answered in its place; `instanceFailed`: an instance that was waited for went into an error; `timeout`: it was waited for in
 * vain; `badRequest`: also for what cannot be sent.
 */
export type ErrorCode = RefusalCode | 'networkError' | 'invalidResponse' | 'instanceFailed' | 'timeout';

type Details = NonNullable<Refusal['error']['details']>;

/** Everything that goes wrong, apart from an `AbortSignal`, whose own reason is thrown. */
export class LinguanovaError extends Error {
  override readonly name = 'LinguanovaError';
  readonly code: ErrorCode;
  /** Of the answer; 0 when there is none. */
  readonly status: number;
  /** Each wrong field and what to change about it; with `badRequest`. */
  readonly details: Details;
  /** What the gateway's operator finds the request by; null when there is no answer. */
  readonly requestId: string | null;
  /** Seconds after which it may be worth another try; null when the gateway did not say. */
  readonly retryAfter: number | null;

  constructor(code: ErrorCode, message: string, about: Partial<ErrorFields> & { cause?: unknown } = {}) {
    super(message, 'cause' in about ? { cause: about.cause } : {});
    this.code = code;
    this.status = about.status ?? 0;
    this.details = about.details ?? [];
    this.requestId = about.requestId ?? null;
    this.retryAfter = about.retryAfter ?? null;
  }
}

type ErrorFields = Pick<LinguanovaError, 'status' | 'details' | 'requestId' | 'retryAfter'>;

/** The error that an answer tells of. */
export async function errorOf(response: Response): Promise<LinguanovaError> {
  const { status, headers } = response;
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  const fields = {
    status,
    requestId: headers.get('X-Request-Id'),
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  };
  const body: Partial<Refusal> | null = await response.json().catch(() => null);
  const error = body?.error;
  if (error?.code === undefined)
    return new LinguanovaError(
      'invalidResponse',
      `The response is not a gateway's: status ${status}.`,
      fields,
    );
  return new LinguanovaError(error.code, error.message, { ...fields, details: error.details ?? [] });
}
