import { once } from 'node:events';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { TLS_HOST } from './certificate.ts';

export interface TlsRequest {
  readonly headers?: OutgoingHttpHeaders;
  /** JSON. */
  readonly body?: object;
  /** Where the request comes from: an address of the loopback. */
  readonly from?: string;
}

export interface TlsResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A client that knows the gateway as `https://api.example.org`, whose address is that of a proxy of a test. */
export class TlsClient {
  readonly #port: number;
  readonly #ca: Buffer;

  constructor(port: number, ca: Buffer) {
    this.#port = port;
    this.#ca = ca;
  }

  async send(method: string, path: string, { headers, body, from }: TlsRequest = {}): Promise<TlsResponse> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const sent = this.start(method, path, {
      ...(from !== undefined && { from }),
      headers: {
        'content-length': Buffer.byteLength(text),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    sent.end(text);
    return responseOf(sent);
  }

  /** A request whose body the caller sends. */
  start(method: string, path: string, { headers, from }: Omit<TlsRequest, 'body'> = {}): ClientRequest {
    return request({
      host: '127.0.0.1',
      port: this.#port,
      ca: this.#ca,
      servername: TLS_HOST,
      agent: false,
      method,
      path,
      headers: { host: TLS_HOST, ...headers },
      ...(from !== undefined && { localAddress: from }),
    });
  }

  /** The status of a GET by HTTP/2. */
  async statusByHttp2(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
    const session = connectHttp2(`https://${TLS_HOST}`, {
      host: '127.0.0.1',
      port: this.#port,
      ca: this.#ca,
      servername: TLS_HOST,
    });
    try {
      const stream = session.request({ ':path': path, ...headers });
      const [head] = await once(stream, 'response');
      return head[':status'];
    } finally {
      session.destroy();
    }
  }
}

export async function responseOf(sent: ClientRequest): Promise<TlsResponse> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = await Array.fromAsync(response);
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString() };
}
