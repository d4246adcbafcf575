/** What may wait for a reader, bytes: more than all that a feed remembers takes. Who is further behind is too slow. */
const MAX_BUFFERED_BYTES = 2_097_152;

/** Why a stream ended. */
export type CloseReason =
  /** The client went away, or its connection did. */
  | 'client_closed'
  | 'slow_consumer'
  /** The instance it was about is gone. */
  | 'deleted'
  /** The key is revoked, disabled or expired, has lost its scope, or cannot be used from there any more. */
  | 'key_revoked'
  /** The cloud no longer lets its credential in, or as somebody with other rights. */
  | 'credential_revoked'
  /** For too long it could not be found out whether the key is still good. */
  | 'unverified'
  | 'shutdown';

/**
 * A body of server-sent events, of bytes that all who listen share. What waits for a reader is bounded: one that is further behind
 * than that is too slow, and its stream ends with what it has.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #onEnd: (reason: CloseReason) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #buffer: Uint8Array<ArrayBuffer>[] = [];
  #bufferedBytes = 0;
  /** The reader waits for what comes. */
  #pullPending = false;
  #closed = false;

  /** @param onEnd Called once. */
  constructor(onEnd: (reason: CloseReason) => void) {
    this.#onEnd = onEnd;
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#onPull(),
        cancel: () => {
          this.#buffer = [];
          this.#close('client_closed');
        },
      },
      { highWaterMark: 0 },
    );
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#closed) return;
    if (this.#pullPending) {
      this.#pullPending = false;
      this.#controller.enqueue(bytes);
    } else if (this.#bufferedBytes + bytes.length > MAX_BUFFERED_BYTES) {
      this.#buffer = [];
      this.end('slow_consumer');
    } else {
      this.#buffer.push(bytes);
      this.#bufferedBytes += bytes.length;
    }
  }

  /** What waits is still told. */
  end(reason: CloseReason): void {
    if (this.#closed) return;
    this.#close(reason);
    if (this.#buffer.length === 0) this.#controller.close();
  }

  #onPull(): void {
    const next = this.#buffer.shift();
    if (next === undefined) {
      this.#pullPending = true;
      return;
    }
    this.#bufferedBytes -= next.length;
    this.#controller.enqueue(next);
    if (this.#closed && this.#buffer.length === 0) this.#controller.close();
  }

  #close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onEnd(reason);
  }
}
