import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { respondWithToken } from '../support/keystone-token.ts';

/** A cloud of Keystone and object storage only, which records what arrives. */
export interface ObjectCloud {
  readonly url: string;
  /** Without sign-ins. */
  readonly arrived: { method: string; target: string; headers: IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
}

/** Responds to everything with a JSON body that names its own address. */
export async function startObjectCloud(): Promise<ObjectCloud> {
  const arrived: ObjectCloud['arrived'] = [];
  const server = createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    if (target === '/v3/auth/tokens') return token(response, url);
    if (target.startsWith('/v3/')) return void response.writeHead(404).end();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      arrived.push({ method, target, headers, body: Buffer.concat(parts).toString() });
      const body = JSON.stringify({ here: `${url}/swift/v1/AUTH_p` });
      const location = `${url}/swift/v1/AUTH_p/c/`;
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        location,
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    arrived,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function token(response: ServerResponse, url: string): void {
  respondWithToken(response, {
    compute: `${url}/compute/v2.1`,
    network: `${url}/network`,
    image: `${url}/image`,
    'object-store': `${url}/swift/v1/AUTH_p`,
  });
}
