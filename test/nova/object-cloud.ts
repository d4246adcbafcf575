import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  const domain = { id: 'default', name: 'Default' };
  const endpoint = { interface: 'public', region: 'R', region_id: 'R' };
  const services = {
    compute: '/compute/v2.1',
    network: '/network',
    image: '/image',
    'object-store': '/swift/v1/AUTH_p',
  };
  const body = {
    token: {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      user: { id: 'u', name: 'u', domain },
      project: { id: 'p', name: 'p', domain },
      roles: [{ id: 'r', name: 'member' }],
      catalog: Object.entries(services).map(([type, path]) => ({
        type,
        endpoints: [{ ...endpoint, url: url + path }],
      })),
    },
  };
  response.writeHead(201, { 'content-type': 'application/json', 'x-subject-token': 'cloud-token' });
  response.end(JSON.stringify(body));
}
