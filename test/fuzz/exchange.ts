import { connect } from 'node:net';

/** The response to some bytes. */
export interface Exchange {
  /** Of the first response that is not 1xx; null: the connection was closed without one. */
  readonly status: number | null;
  readonly head: string;
  readonly body: string;
}

const TIMEOUT_MS = 15_000;
/** Event streams do not end: the head suffices. */
const ENDLESS = /^content-type: text\/event-stream/im;

/**
 * Sends the bytes on a new connection and reads until the response is complete or the server closes the connection.
 *
 * @throws On time-out.
 */
export function exchange(port: number, text: string): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const settle = () => {
      clearTimeout(timeout);
      socket.destroy();
      resolve(parsed(received));
    };
    const timeout = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no response within ${TIMEOUT_MS} ms: ${JSON.stringify(text.slice(0, 2_000))}`));
    }, TIMEOUT_MS);
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      socket.write(Buffer.from(text, 'latin1'));
      // Half-closes: a server that waits for the rest of a request has to give up.
      socket.end();
    });
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (ENDLESS.test(received)) settle();
    });
    socket.on('error', settle);
    socket.on('close', settle);
  });
}

function parsed(received: string): Exchange {
  let rest = received;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    const [head, body] = end < 0 ? [rest, ''] : [rest.slice(0, end), rest.slice(end + 4)];
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
    if (status === undefined) return { status: null, head, body };
    if (!status.startsWith('1')) return { status: Number(status), head, body };
    rest = body;
  }
}
