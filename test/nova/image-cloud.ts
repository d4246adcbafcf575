import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { respondWithToken } from '../support/keystone-token.ts';

/** A cloud of Keystone and Glance only: discards uploads, and serves images of the requested size. */
export interface ImageCloud {
  readonly url: string;
  /** Received bytes and headers of the last upload. */
  readonly received: { bytes: number; complete: boolean; headers: IncomingMessage['headers'] };
  close(): Promise<void>;
}

/** `GET .../images/<bytes>/file` has that many bytes; `PUT .../images/refused/file` is rejected without reading the body. */
export async function startImageCloud(): Promise<ImageCloud> {
  const received: ImageCloud['received'] = { bytes: 0, complete: false, headers: {} };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const [, id = '', part] = /\/v2\/images\/([^/]+)(\/file)?$/.exec(path) ?? [];
    if (path.endsWith('/auth/tokens')) return token(response, url);
    if (path.includes('/application_credentials/'))
      return response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    if (part !== undefined && request.method === 'GET') return give(response, Number(id));
    if (id === 'refused') return response.writeHead(409, { 'content-type': 'application/json' }).end('{}');
    Object.assign(received, { bytes: 0, complete: false, headers: request.headers });
    request.on('data', (chunk: Buffer) => {
      received.bytes += chunk.length;
    });
    request.on('end', () => {
      received.complete = true;
      response.writeHead(204).end();
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const CHUNK = Buffer.alloc(65_536, 'x');

function give(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length));
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

function token(response: ServerResponse, url: string): void {
  respondWithToken(response, {
    image: `${url}/image`,
    compute: `${url}/compute/v2.1`,
    network: `${url}/network`,
  });
}
