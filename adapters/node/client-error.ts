/**
 * Responses to what Node's HTTP parser refuses: no request reaches the application, yet the client gets what it would have from
 * there, and so do log and metrics.
 *
 * @module
 */

import { IncomingMessage, METHODS, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ComputeError } from '../../src/compute/errors.ts';
import { parseRequestTarget } from '../../src/http/request-target.ts';
import { readablePart, refuse } from './incoming.ts';
import { linger } from './linger.ts';

type Fetch = (request: Request, env: { readonly incoming: IncomingMessage }) => Response | Promise<Response>;

/** What Node knows of the failure; `rawPacket` are the bytes that the parser was given last. */
export interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

/** The request that a response is for, as far as it was read. */
interface Glimpse {
  readonly method: string;
  readonly target: string;
  readonly origin: string | undefined;
}

const NOTHING: Glimpse = { method: 'GET', target: '/', origin: undefined };
const REQUEST_LINE = /^([A-Z-]{1,20}) (\S*)/;
const ORIGIN_FIELD = /\norigin:[ \t]*([^\r\n]{1,300})/i;

/**
 * @param fetch The application: it has the error in the form of each dialect, CORS, log and metrics.
 * @param current The last response of a connection.
 */
export function refuseOnConnection(fetch: Fetch, current: (socket: Socket) => ServerResponse | null) {
  const refused = new WeakSet<Socket>();

  const send = async (problem: ComputeError, glimpse: Glimpse, socket: Socket): Promise<void> => {
    const incoming = new IncomingMessage(socket);
    Object.assign(incoming, { method: glimpse.method, url: glimpse.target });
    refuse(incoming, problem);
    const headers: HeadersInit = glimpse.origin === undefined ? {} : { origin: glimpse.origin };
    const request = new Request(`http://localhost${glimpse.target}`, { method: glimpse.method, headers });
    const response = await fetch(request, { incoming });
    const body = await response.text();
    if (socket.writable) socket.write(textOf(response, glimpse.method === 'HEAD' ? '' : body));
    linger(socket);
  };

  return function refuseConnection(problem: ComputeError, socket: Socket, packet?: Buffer): void {
    // The parser reports each part that arrives behind its error.
    if (refused.has(socket)) return;
    refused.add(socket);
    const outgoing = current(socket);
    const isInFlight = outgoing !== null && !outgoing.writableFinished && !outgoing.destroyed;
    const respond = (glimpse: Glimpse) => {
      send(problem, glimpse, socket).catch(() => socket.destroy());
    };
    if (!isInFlight) respond(glimpseOf(packet));
    else if (outgoing.req.complete) outgoing.once('finish', () => respond(NOTHING));
    else if (outgoing.headersSent) socket.destroy();
    else respond(headOf(outgoing.req));
  };
}

/** The refusal that a parser's error means; null: the client went away, or never sent anything. */
export function problemOf({ code }: ParseError, { bytesRead }: Socket): ComputeError | null {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
    case 'HPE_INVALID_EOF_STATE':
      return null;
    case 'HPE_HEADER_OVERFLOW':
      return new ComputeError(
        'headers_too_large',
        'The request line and headers are larger than 16384 bytes; send fewer or shorter ones.',
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ComputeError('body_too_large', 'The chunk extensions of the body are too large; send none.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return bytesRead === 0
        ? null
        : new ComputeError('request_timeout', 'The request took too long to arrive.');
    default:
      return new ComputeError(
        'invalid',
        'The request is not valid HTTP/1.1: check the request line and headers.',
      );
  }
}

/** What is in the bytes of a head that was not read to its end. */
function glimpseOf(packet: Buffer | undefined): Glimpse {
  const [text = ''] = packet?.toString('latin1').split('\r\n\r\n', 1) ?? [];
  const [, method = '', target = ''] = REQUEST_LINE.exec(text) ?? [];
  return {
    method: usable(method),
    target: parseRequestTarget(target)?.target ?? readablePart(target),
    origin: ORIGIN_FIELD.exec(text)?.[1]?.trim(),
  };
}

function headOf({ method = '', url, headers }: IncomingMessage): Glimpse {
  return { method: usable(method), target: url ?? NOTHING.target, origin: headers.origin };
}

/** A method that is known, and that a `Request` takes. */
function usable(method: string): string {
  return METHODS.includes(method) && !['CONNECT', 'TRACE'].includes(method) ? method : NOTHING.method;
}

function textOf({ status, headers }: Response, body: string): string {
  const fields = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields}${length}connection: close\r\n\r\n${body}`;
}
