/** What may wait for a reader, bytes: more than all that a feed remembers takes. Who is further behind is too slow. */
const MAX_WAITING = 2_097_152;

/** Why a stream ended. */
export type EndReason =
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
  readonly #onEnd: (reason: EndReason) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  /** The reader waits for what comes. */
  #isAsked = false;
  #isOver = false;

  /** @param onEnd Called once. */
  constructor(onEnd: (reason: EndReason) => void) {
    this.#onEnd = onEnd;
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#asked(),
        cancel: () => {
          this.#waiting = [];
          this.#over('client_closed');
        },
      },
      { highWaterMark: 0 },
    );
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOver) return;
    if (this.#isAsked) {
      this.#isAsked = false;
      this.#controller.enqueue(bytes);
    } else if (this.#bytes + bytes.length > MAX_WAITING) {
      this.#waiting = [];
      this.end('slow_consumer');
    } else {
      this.#waiting.push(bytes);
      this.#bytes += bytes.length;
    }
  }

  /** What waits is still told. */
  end(reason: EndReason): void {
    if (this.#isOver) return;
    this.#over(reason);
    if (this.#waiting.length === 0) this.#controller.close();
  }

  #asked(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#isAsked = true;
      return;
    }
    this.#bytes -= next.length;
    this.#controller.enqueue(next);
    if (this.#isOver && this.#waiting.length === 0) this.#controller.close();
  }

  #over(reason: EndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(reason);
  }
}
