import { remainingMs } from '../../src/clock.ts';
import type { CallContext } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';

/** How bytes reach the cloud; the runtime's own `fetch` fits. */
export type Fetch = (request: Request) => Promise<Response>;

/** One request to a redu-dialect API. */
export interface ReduRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the API's root, already encoded: `/v1/instances?limit=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** By which the far side, where it can, knows a request that it has carried out before. */
  readonly idempotencyKey?: string;
}

export interface ReduResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The largest body read, bytes: 50,000 instances are about 25 MB. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** Tries of a read whose connection broke. */
const MAX_ATTEMPTS = 2;

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
   * Answers of any status resolve. A read is tried twice; a write once, since nobody knows what a broken one has done.
   *
   * @throws ComputeError `unavailable`, `timeout`, `bad_gateway` (too large).
   */
  async send(request: ReduRequest, key: string, call: CallContext): Promise<ReduResponse> {
    const signal = AbortSignal.timeout(remainingMs(call.deadline));
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#fetch(this.#request(request, key, call, signal));
        return { status: response.status, headers: response.headers, body: await boundedText(response) };
      } catch (cause) {
        if (cause instanceof ComputeError) throw cause;
        if (signal.aborted) throw new ComputeError('timeout', 'The cloud did not answer in time.', { cause });
        if (request.method !== 'GET' || attempt === MAX_ATTEMPTS) {
          throw new ComputeError('unavailable', 'The cloud is not available at the moment.', { cause });
        }
      }
    }
  }

  #request(
    { method, path, body, idempotencyKey }: ReduRequest,
    key: string,
    call: CallContext,
    signal: AbortSignal,
  ): Request {
    return new Request(this.#url + path, {
      method,
      signal,
      // A key must not follow to wherever an answer points.
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        'x-api-key': key,
        'x-request-id': call.requestId,
        ...(idempotencyKey !== undefined && { 'idempotency-key': `"${idempotencyKey}"` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

async function boundedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_RESPONSE_BYTES) throw new ComputeError('bad_gateway', 'The cloud answered too much.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
