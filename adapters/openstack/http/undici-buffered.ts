import type { Dispatcher } from 'undici';
import type { UpstreamResponse } from './transport.ts';

type Options = Omit<Dispatcher.DispatchOptions, 'signal'>;

/**
 * Sends one request and gathers its answer, by undici's own events: its `request` makes a stream and half a dozen promises for
 * each, which is more than a small answer costs otherwise.
 *
 * @param signal Ends it, also while it waits for a connection.
 */
export function bufferedRequest(
  agent: Dispatcher,
  options: Options,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else agent.dispatch(options, new BufferingHandler(signal, resolve, reject));
  });
}

type GivenHeaders = Readonly<Record<string, string | string[] | undefined>>;

class BufferingHandler implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #answered: (answer: UpstreamResponse) => void;
  readonly #failed: (cause: unknown) => void;
  readonly #end = () => this.#abort();
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: GivenHeaders = {};
  readonly #parts: Uint8Array[] = [];

  constructor(
    signal: AbortSignal,
    answered: (answer: UpstreamResponse) => void,
    failed: (cause: unknown) => void,
  ) {
    this.#signal = signal;
    this.#answered = answered;
    this.#failed = failed;
    signal.addEventListener('abort', this.#end);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#abort();
  }

  /** Told of 1xx as well; the last one is the answer's. */
  onResponseStart(_: unknown, status: number, headers: GivenHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: unknown, part: Uint8Array): void {
    this.#parts.push(part);
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#end);
    const headers = this.#headers;
    this.#answered({
      status: this.#status,
      header(name) {
        const value = headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body: textOf(this.#parts),
    });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#signal.removeEventListener('abort', this.#end);
    this.#failed(error);
  }

  #abort(): void {
    this.#failed(this.#signal.reason);
    this.#controller?.abort(this.#signal.reason);
  }
}

const decoder = new TextDecoder();

function textOf(parts: readonly Uint8Array[]): string {
  return decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
}
