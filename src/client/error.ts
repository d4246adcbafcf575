import type { Refusal, RefusalCode } from './routes.ts';

/**
 * The `code` of the gateway's response. Otherwise `networkError`: no response, or not in time; `invalidResponse`: not a
 * response of a gateway; `instanceFailed`, `volumeFailed`, `imageFailed` and `timeout`: of `waitUntil`. `badRequest` also for input that cannot be sent.
 */
export type ErrorCode =
  | RefusalCode
  | 'networkError'
  | 'invalidResponse'
  | 'instanceFailed'
  | 'volumeFailed'
  | 'imageFailed'
  | 'timeout';

type Details = NonNullable<Refusal['error']['details']>;

/** The only error of the client, except that an aborted `AbortSignal` throws its reason. */
export class LinguanovaError extends Error {
  override readonly name = 'LinguanovaError';
  readonly code: ErrorCode;
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** Invalid fields, with `badRequest`. */
  readonly details: Details;
  /** For the gateway's operator; null without a response. */
  readonly requestId: string | null;
  /** In seconds; null if the gateway sent no `Retry-After`. */
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
