import { readableStream } from '../../src/async.ts';
import { remainingMs } from '../../src/clock.ts';
import type { CallContext } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { CallSpan } from '../../src/telemetry/request-spans.ts';

/** Compatible with the runtime's `fetch`. */
export type Fetch = (request: Request) => Promise<Response>;

/** One request to a redu-dialect API. */
export interface ReduRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the API's root, already encoded: `/v1/instances?limit=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** Instead of a body: streamed, without a deadline as long as bytes move. */
  readonly data?: AsyncIterable<Uint8Array>;
  /** By which a cloud that supports it recognizes a repeated request. */
  readonly idempotencyKey?: string;
}

export interface ReduResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** 50,000 instances are about 25 MB. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const MAX_ATTEMPTS = 2;
/** How long an upload may stand still. */
const IDLE_TIMEOUT_MS = 60_000;

/** A redu-dialect API at an address. */
export class ReduHttpClient {
  readonly #url: string;
  readonly #fetch: Fetch;

  /** @param url With or without a trailing slash, without `/v1`. */
  constructor(url: string, fetch: Fetch) {
    this.#url = url.replace(/(?<!\/)\/+$/, '');
    this.#fetch = fetch;
  }

  /**
   * Resolves with the response of any status. A read is retried once; a write, whose effect would be unknown, is not.
   *
   * @throws ComputeError `unavailable`, `timeout`, `bad_gateway` (too large).
   */
  async send(request: ReduRequest, key: string, call: CallContext): Promise<ReduResponse> {
    if (request.data !== undefined) return this.#upload(request, request.data, key, call);
    const signal = AbortSignal.timeout(remainingMs(call.deadline));
    for (let attempt = 1; ; attempt++) {
      const span = this.#startSpan(request, call, attempt);
      try {
        const init = this.#init(request, key, call, signal, span);
        const response = await this.#fetch(new Request(this.#url + request.path, init));
        const body = await boundedText(response);
        span.end(response.status);
        return { status: response.status, headers: response.headers, body };
      } catch (cause) {
        span.end(cause);
        if (cause instanceof ComputeError) throw cause;
        if (signal.aborted)
          throw new ComputeError('timeout', 'The cloud did not respond in time.', { cause });
        if (request.method !== 'GET' || attempt === MAX_ATTEMPTS) {
          throw new ComputeError('unavailable', 'The cloud is not available at the moment.', { cause });
        }
      }
    }
  }

  async #upload(request: ReduRequest, data: AsyncIterable<Uint8Array>, key: string, call: CallContext) {
    const idle = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), IDLE_TIMEOUT_MS);
    };
    restart();
    const span = this.#startSpan(request, call, 1);
    try {
      const init = { ...this.#init(request, key, call, idle.signal, span), duplex: 'half' };
      const body = readableStream(data, restart);
      const response = await this.#fetch(
        new Request(this.#url + request.path, { ...init, body } as RequestInit),
      );
      const text = await boundedText(response);
      span.end(response.status);
      return { status: response.status, headers: response.headers, body: text };
    } catch (cause) {
      span.end(cause);
      const code = idle.signal.aborted ? 'timeout' : 'unavailable';
      throw new ComputeError(code, 'The upload to the cloud broke off. Send it again.', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  #startSpan({ method, path }: ReduRequest, { trace }: CallContext, attempt: number): CallSpan {
    return trace.spans.startCall({ service: 'redu', method, url: this.#url + path, resends: attempt - 1 });
  }

  #init(
    { method, body, data, idempotencyKey }: ReduRequest,
    key: string,
    call: CallContext,
    signal: AbortSignal,
    span: CallSpan,
  ): RequestInit {
    return {
      method,
      signal,
      // Following a redirect would send the key to wherever it points.
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        'x-api-key': key,
        'x-request-id': call.requestId,
        ...span.headers,
        ...(idempotencyKey !== undefined && { 'idempotency-key': `"${idempotencyKey}"` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(data !== undefined && { 'content-type': 'application/octet-stream' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new ComputeError('bad_gateway', 'The cloud returned too large a response.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
