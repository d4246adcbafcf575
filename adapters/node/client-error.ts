/**
 * Responses to what Node's HTTP parser refuses: no request reaches the application, yet the client gets what it would have from
 * there, and so do log and metrics.
 */

import { IncomingMessage, METHODS, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ComputeError } from '../../src/compute/errors.ts';
import { parseRequestTarget } from '../../src/http/request-target.ts';
import { linger } from './connections.ts';
import { leadingPath, rejectRequest } from './incoming.ts';

type Fetch = (request: Request, env: { readonly incoming: IncomingMessage }) => Response | Promise<Response>;

/** What Node knows of the failure; `rawPacket` are the bytes that the parser was given last. */
export interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

interface PartialRequest {
  readonly method: string;
  readonly target: string;
  readonly origin: string | undefined;
}

const UNKNOWN_REQUEST: PartialRequest = { method: 'GET', target: '/', origin: undefined };
const REQUEST_LINE = /^([A-Z-]{1,20}) (\S*)/;
const ORIGIN_FIELD = /\norigin:[ \t]*([^\r\n]{1,300})/i;

/** @param fetch The application: it has the error in the form of each dialect, CORS, log and metrics. */
export function parseErrorResponder(fetch: Fetch, current: (socket: Socket) => ServerResponse | null) {
  const responded = new WeakSet<Socket>();

  const send = async (problem: ComputeError, partial: PartialRequest, socket: Socket): Promise<void> => {
    const incoming = new IncomingMessage(socket);
    Object.assign(incoming, { method: partial.method, url: partial.target });
    rejectRequest(incoming, problem);
    const headers: HeadersInit = partial.origin === undefined ? {} : { origin: partial.origin };
    const request = new Request(`http://localhost${partial.target}`, { method: partial.method, headers });
    const response = await fetch(request, { incoming });
    const body = await response.text();
    if (socket.writable) socket.write(serializeResponse(response, partial.method === 'HEAD' ? '' : body));
    linger(socket);
  };

  return function refuseConnection(problem: ComputeError, socket: Socket, packet?: Buffer): void {
    // The parser reports each part that arrives behind its error.
    if (responded.has(socket)) return;
    responded.add(socket);
    const outgoing = current(socket);
    const isInFlight = outgoing !== null && !outgoing.writableFinished && !outgoing.destroyed;
    const respond = (partial: PartialRequest) => {
      send(problem, partial, socket).catch(() => socket.destroy());
    };
    if (!isInFlight) respond(partialRequestIn(packet));
    else if (outgoing.req.complete) outgoing.once('finish', () => respond(UNKNOWN_REQUEST));
    else if (outgoing.headersSent) socket.destroy();
    else respond(parsedHead(outgoing.req));
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
function partialRequestIn(packet: Buffer | undefined): PartialRequest {
  const [text = ''] = packet?.toString('latin1').split('\r\n\r\n', 1) ?? [];
  const [, method = '', target = ''] = REQUEST_LINE.exec(text) ?? [];
  return {
    method: validMethod(method),
    target: parseRequestTarget(target)?.target ?? leadingPath(target),
    origin: ORIGIN_FIELD.exec(text)?.[1]?.trim(),
  };
}

function parsedHead({ method = '', url, headers }: IncomingMessage): PartialRequest {
  return { method: validMethod(method), target: url ?? UNKNOWN_REQUEST.target, origin: headers.origin };
}

function validMethod(method: string): string {
  return METHODS.includes(method) && !['CONNECT', 'TRACE'].includes(method) ? method : UNKNOWN_REQUEST.method;
}

function serializeResponse({ status, headers }: Response, body: string): string {
  const fields = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields}${length}connection: close\r\n\r\n${body}`;
}
