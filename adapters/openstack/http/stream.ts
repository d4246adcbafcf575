/**
 * How a request that is passed through reaches the cloud: without being read on the way.
 *
 * @module
 */

import type { MonotonicMs } from '../../../src/clock.ts';
import type { ServiceType } from './transport.ts';

export interface StreamedRequest {
  readonly service: ServiceType;
  /** As in `CallContext`. */
  readonly tenant?: string | undefined;
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Sent as it is, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** Ends the call when the client hangs up; absent: it runs to its end whatever the client does. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether a body can be sent only once, and may take its time. */
export function isStream(body: StreamedRequest['body']): body is AsyncIterable<Uint8Array> {
  return body !== null && !(body instanceof Uint8Array);
}

export interface StreamedResponse {
  readonly status: number;
  /** By lower-case name; several of one name are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** A body of at most `WHOLE_BYTES` whose length was announced comes whole. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Bodies up to this size are read at once: a stream costs more than they do. Bytes. */
export const MAX_BUFFERED_BYTES = 131_072;

/** How long a stream may stand still, in either direction, milliseconds. */
export const IDLE_TIMEOUT_MS = 60_000;

export interface StreamingTransport {
  /** To one origin at a time; absent: as many as are asked for. */
  readonly connections?: number;
  /**
   * Sends one request, once, and resolves with the head of its answer.
   *
   * @param deadline For the head. It holds neither while a stream is sent nor for the body of the response:
   *   both may take as long as bytes move.
   * @throws TransportError
   */
  open(request: StreamedRequest, deadline: MonotonicMs): Promise<StreamedResponse>;
}

/** The same body; calls `over` once, when it has ended, has failed or is not wanted any more. */
export function onBodyEnd(body: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  reader.closed.then(over, over);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // What is read ahead is bounded by the body itself.
    { highWaterMark: 0 },
  );
}
