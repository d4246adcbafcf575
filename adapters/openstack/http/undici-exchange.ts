import type { Dispatcher } from 'undici';
import { MAX_RESPONSE_BYTES, type StreamedResponse } from './transport.ts';

/** Bodies up to this size are buffered when their length is announced: a stream costs more. */
const MAX_BUFFERED_BYTES = 131_072;

export class TimedOut extends Error {}
export class Disconnected extends Error {}
export class ResponseTooLarge extends Error {}

interface ExchangeOptions {
  readonly method: string;
  readonly buffered: boolean;
  /** null: no deadline. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (response: StreamedResponse) => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * One request and its response, as a handler of undici's events. undici's own `request` creates a stream, listeners of a signal
 * and half a dozen promises for each, which is more than a small response costs otherwise.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  /** undici's own timeouts start once a connection is free; this one includes the wait for it. */
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #disconnect = () => this.#end(new Disconnected());
  /** Why it ends before it has started. */
  #ended: Error | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Omit<StreamedResponse, 'body'> | undefined;
  /** The body is collected in one of these. */
  #parts: Uint8Array[] | null = null;
  #stream: ReadableStreamDefaultController<Uint8Array> | null = null;
  #bytes = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { timeoutMs, signal } = options;
    this.#timer = timeoutMs === null ? undefined : setTimeout(() => this.#end(new TimedOut()), timeoutMs);
    signal?.addEventListener('abort', this.#disconnect);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    rawHeaders: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx: the final response is still to come.
    if (status < 200) return;
    const { method, buffered } = this.#options;
    const headers = joined(rawHeaders);
    this.#head = { status, headers };
    const length = headers['content-length'];
    const isEmpty = method === 'HEAD' || status === 204 || status === 304 || length === '0';
    if (isEmpty) this.#settle(null);
    else if (buffered || (length !== undefined && Number(length) <= MAX_BUFFERED_BYTES)) this.#parts = [];
    else this.#settle(this.#streamed());
    // Streams, and what is buffered of an unbuffered request, may take as long as bytes move.
    if (!buffered) clearTimeout(this.#timer);
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Uint8Array): void {
    if (this.#parts !== null) {
      this.#parts.push(part);
      this.#bytes += part.length;
      if (this.#bytes > MAX_RESPONSE_BYTES) controller.abort(new ResponseTooLarge());
    }
    if (this.#stream === null) return;
    this.#stream.enqueue(part);
    if ((this.#stream.desiredSize ?? 0) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#parts !== null) this.#settle(concat(this.#parts));
    this.#stream?.close();
    this.#stream = null;
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#detach();
    this.#options.reject(error);
    this.#stream?.error(error);
    this.#stream = null;
  }

  #end(reason: Error): void {
    this.#ended = reason;
    if (this.#controller === undefined) this.#options.reject(reason);
    else this.#controller.abort(reason);
  }

  #settle(body: StreamedResponse['body']): void {
    this.#detach();
    if (this.#head !== undefined) this.#options.resolve({ ...this.#head, body });
  }

  /** From here on the reader of the body ends the exchange. */
  #detach(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#disconnect);
  }

  #streamed(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          this.#stream = stream;
        },
        pull: () => this.#controller?.resume(),
        cancel: () => {
          this.#stream = null;
          this.#controller?.abort(new Error('the body was cancelled'));
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_BUFFERED_BYTES }),
    );
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

/** Headers by lower-case name; several of one name are joined. */
export function joined(
  raw: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const name in raw) {
    const value = raw[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}
