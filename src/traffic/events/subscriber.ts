import type { Verdict } from '../../access/key-verifier.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import type { LogEntry } from './event-log.ts';

/** Exceeds a full replay buffer. */
const MAX_BUFFERED_BYTES = 2_097_152;

export type CloseReason =
  | 'client_closed'
  | 'slow_consumer'
  | 'deleted'
  /** The key was revoked or disabled, has expired, lost its scope, or may not be used from this address. */
  | 'key_revoked'
  /** The cloud rejects the credential, or grants it other rights. */
  | 'credential_revoked'
  | 'unverified'
  | 'shutdown';

/** A body of server-sent events with a bounded send buffer; a subscriber that exceeds it is disconnected. */
export class EventStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #onEnd: (reason: CloseReason) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #buffer: Uint8Array<ArrayBuffer>[] = [];
  #bufferedBytes = 0;
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

  /** Closes the body after what is buffered. */
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

export class Subscriber {
  readonly stream: EventStream;
  /** Limits the subscription to this instance; null: all. */
  readonly instanceId: string | null;
  readonly reverify: () => Verdict | Promise<Verdict>;
  /** Its credential is used to poll the project. */
  principal: Principal;
  /** When its key was last verified, monotonic milliseconds. */
  verifiedAt = monotonicMs();
  isReauthenticating = false;
  eventCount = 0;
  /** Receives events; false while it is being opened. */
  isSubscribed = false;

  /** @param onEnd Called once. */
  constructor(
    instanceId: string | null,
    principal: Principal,
    reverify: () => Verdict | Promise<Verdict>,
    onEnd: (reason: CloseReason) => void,
  ) {
    this.instanceId = instanceId;
    this.principal = principal;
    this.reverify = reverify;
    this.stream = new EventStream(onEnd);
  }

  matching(entries: readonly LogEntry[]): readonly LogEntry[] {
    const { instanceId } = this;
    if (instanceId === null) return entries;
    return entries.filter(({ change }) => change === null || change.instanceId === instanceId);
  }

  /** @param encoded These entries in bytes. */
  send(entries: readonly LogEntry[], encoded: Uint8Array<ArrayBuffer>): void {
    this.eventCount += entries.length;
    this.stream.push(encoded);
    const isDeleted = entries.some(({ change }) => change?.kind === 'deleted');
    if (isDeleted && this.instanceId !== null) this.stream.end('deleted');
  }
}
