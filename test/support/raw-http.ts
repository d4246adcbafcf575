import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { TLS_HOST } from './certificate.ts';

/** How long a response may be awaited, in milliseconds. */
const RESPONSE_TIMEOUT_MS = 20_000;

export interface RawResponse {
  /** null: the connection ended without a response. */
  readonly status: number | null;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Every byte received, interim responses included, as Latin-1. */
  readonly received: string;
}

/**
 * Sends bytes (one per Latin-1 character) over a connection of its own, by TLS to `https:` with any certificate, and reads until the gateway closes it, so the request has to
 * ask for that.
 *
 * @param parts Each is a write of its own; one after the first follows once `after` is in what was received.
 */
export function exchange(
  url: string,
  first: string,
  then?: { readonly after: string; readonly send: string },
): Promise<RawResponse> {
  const { protocol, hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    let next = then;
    const send = () => socket.write(Buffer.from(first, 'latin1'));
    const socket =
      protocol === 'https:'
        ? connectTls(
            { port: Number(port), host: hostname, servername: TLS_HOST, rejectUnauthorized: false },
            send,
          )
        : connect(Number(port), hostname, send);
    socket.setTimeout(RESPONSE_TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error(`neither a response nor an end: ${received.slice(0, 300)}`));
    });
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (next === undefined || !received.includes(next.after)) return;
      socket.write(Buffer.from(next.send, 'latin1'));
      next = undefined;
    });
    // A reset is an end, too.
    socket.on('error', () => {});
    socket.on('close', () => resolve(parsed(received)));
  });
}

function parsed(received: string): RawResponse {
  const final = received.replace(/^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '');
  const [head = '', body = ''] = final.split(/\r\n\r\n(.*)/s);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(statusLine) ?? [];
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: status === undefined ? null : Number(status),
    headers: Object.fromEntries(headers),
    body,
    received,
  };
}

/** The bytes of a request whose connection ends with it. */
export function head(...lines: readonly string[]): string {
  return `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}
