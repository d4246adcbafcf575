/**
 * How bytes reach the cloud. Two implementations: `undici.ts` where there are sockets to keep (8 to 12 times less CPU per
 * call than global fetch), `fetch.ts` everywhere else and for the sandbox.
 *
 * @module
 */

export type ServiceType = 'identity' | 'compute' | 'network' | 'image' | 'volume';

export interface UpstreamRequest {
  /** Which service of the cloud is asked: several may share an origin. */
  readonly service: ServiceType;
  /** As in `CallContext`. */
  readonly tenant?: string | undefined;
  /** Undoes or tidies up: it goes first in a queue, and is tried although the service seems to be down. */
  readonly urgent?: boolean;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface UpstreamResponse {
  readonly status: number;
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined;
  readonly body: string;
}

export interface Transport {
  /**
   * Sends one request, once. Answers of any status resolve.
   *
   * @throws TransportError when there is no whole answer.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse>;
  close(): Promise<void>;
}

/** The largest body read from a cloud, bytes: 20,000 servers in detail are about 40 MB. */
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** No whole answer came. */
export class TransportError extends Error {
  /** false only when certainly nothing reached the other side, so that even a POST may be sent again. */
  readonly sent: boolean;
  /** The signal ended it. */
  readonly timedOut: boolean;
  /** There was an answer, larger than is read. */
  readonly tooLarge: boolean;
  /** The client hung up, so nobody waits for the response. */
  readonly abandoned: boolean;

  constructor(
    message: string,
    state: { sent: boolean; timedOut: boolean; tooLarge?: boolean; abandoned?: boolean; cause?: unknown },
  ) {
    super(message, { cause: state.cause });
    this.name = 'TransportError';
    this.sent = state.sent;
    this.timedOut = state.timedOut;
    this.tooLarge = state.tooLarge ?? false;
    this.abandoned = state.abandoned ?? false;
  }
}
