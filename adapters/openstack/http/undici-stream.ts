import type { Dispatcher } from 'undici';
import { type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import {
  IDLE_TIMEOUT_MS,
  isStream,
  MAX_BUFFERED_BYTES,
  type StreamedRequest,
  type StreamedResponse,
} from './stream.ts';
import { TransportError } from './transport.ts';

/**
 * `StreamingTransport.open` over a pool of connections.
 *
 * @param neverConnected Whether a failure came before a connection stood.
 */
export function openOver(
  agent: Dispatcher,
  request: StreamedRequest,
  deadline: MonotonicMs,
  neverConnected: (error: unknown) => boolean,
): Promise<StreamedResponse> {
  return new Promise((resolve, reject) => {
    const streams = isStream(request.body);
    const patience = streams ? IDLE_TIMEOUT_MS : Math.max(1, remainingMs(deadline));
    const failed = (cause: unknown) => {
      const timedOut = cause instanceof TooLate || isTimeout(cause);
      const abandoned = cause instanceof HungUp;
      reject(new TransportError('no answer', { sent: !neverConnected(cause), timedOut, abandoned, cause }));
    };
    const { origin, path, headers, signal } = request;
    if (signal?.aborted) return failed(new HungUp());
    const method = request.method as Dispatcher.HttpMethod;
    agent.dispatch(
      {
        origin,
        path,
        method,
        headers,
        // undici reads any iterable, which its types do not tell.
        body: request.body as Uint8Array | null,
        // It starts anew with each part that is sent.
        headersTimeout: patience,
        bodyTimeout: IDLE_TIMEOUT_MS,
      },
      new Exchange(method, streams ? null : patience, signal, resolve, failed),
    );
  });
}

/**
 * One request and its answer, by undici's own events: its `request` makes a stream, a signal's listeners and half a dozen promises
 * for each, which is more than a small answer costs otherwise.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #method: string;
  readonly #answered: (answer: StreamedResponse) => void;
  readonly #failed: (cause: unknown) => void;
  /** undici's own timeouts begin when a connection is free; waiting for one counts as well. */
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #hangUp = () => this.#end(new HungUp());
  /** Why it ends before it has begun. */
  #ended: Error | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Omit<StreamedResponse, 'body'> | undefined;
  /** Where the body goes: gathered, or on its way already. */
  #parts: Uint8Array[] | null = null;
  #stream: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(
    method: string,
    patience: number | null,
    signal: AbortSignal | undefined,
    answered: (answer: StreamedResponse) => void,
    failed: (cause: unknown) => void,
  ) {
    this.#method = method;
    this.#answered = answered;
    this.#failed = failed;
    this.#timer = patience === null ? undefined : setTimeout(() => this.#end(new TooLate()), patience);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#hangUp);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended !== undefined) controller.abort(this.#ended);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    given: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx: the answer itself is still to come.
    if (status < 200) return;
    clearTimeout(this.#timer);
    const headers = joined(given);
    this.#head = { status, headers };
    const length = headers['content-length'];
    const isEmpty = this.#method === 'HEAD' || status === 204 || status === 304 || length === '0';
    if (isEmpty) this.#settle(null);
    else if (length !== undefined && Number(length) <= MAX_BUFFERED_BYTES) this.#parts = [];
    else this.#settle(this.#streamed());
  }

  onResponseData(controller: Dispatcher.DispatchController, part: Uint8Array): void {
    if (this.#parts !== null) this.#parts.push(part);
    if (this.#stream === null) return;
    this.#stream.enqueue(part);
    if ((this.#stream.desiredSize ?? 0) <= 0) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#parts !== null) this.#settle(whole(this.#parts));
    this.#stream?.close();
    this.#stream = null;
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#settled();
    this.#failed(error);
    this.#stream?.error(error);
    this.#stream = null;
  }

  #end(reason: Error): void {
    this.#ended = reason;
    if (this.#controller === undefined) this.#failed(reason);
    else this.#controller.abort(reason);
  }

  /** From here on the reader of the body ends it. */
  #settled(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#hangUp);
  }

  #settle(body: StreamedResponse['body']): void {
    this.#settled();
    if (this.#head !== undefined) this.#answered({ ...this.#head, body });
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
          this.#controller?.abort(new Error('nobody wants the rest'));
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_BUFFERED_BYTES }),
    );
  }
}

class TooLate extends Error {}
class HungUp extends Error {}

function whole(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

function joined(
  given: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /_TIMEOUT$/.test(String(error.code));
}
