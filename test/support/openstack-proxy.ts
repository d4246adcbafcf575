import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A call on its way to the cloud. */
export interface ProxiedCall {
  readonly method: string;
  /** Path and query at the service. */
  readonly path: string;
  /** Of the service. */
  readonly port: string;
}

/**
 * A stand-in in front of a real OpenStack that sees every call: it takes all services' addresses in Keystone's catalog to
 * itself. A hook may wait, count, or end the process that is calling.
 */
export interface OpenStackProxy {
  readonly authUrl: string;
  /** Runs before a call is passed on. */
  before: (call: ProxiedCall) => void | Promise<void>;
  /** Runs when the service has responded, before the response is forwarded. */
  after: (call: ProxiedCall, status: number) => void | Promise<void>;
  close(): Promise<void>;
}

/** @param authUrl The real Keystone's, with `/v3`. All services must be on this machine. */
export async function openStackProxy(authUrl: string): Promise<OpenStackProxy> {
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const viaProxy = (text: string) => text.replace(/http:\/\/127\.0\.0\.1:(\d+)/g, `${base}/port/$1`);

  const proxy: OpenStackProxy = {
    authUrl: viaProxy(authUrl),
    before: () => {},
    after: () => {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, port = '', path = '/'] = /^\/port\/(\d+)(.*)$/.exec(request.url ?? '') ?? [];
    const call = { method: request.method ?? 'GET', path, port };
    const body = await buffer(request);
    await proxy.before(call);
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const upstream = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: call.method,
      headers: headers as Record<string, string>,
      redirect: 'manual',
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const text = await upstream.text();
    await proxy.after(call, upstream.status);
    for (const name of ['content-type', 'x-subject-token', 'retry-after']) {
      const value = upstream.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    response.writeHead(upstream.status).end(path.endsWith('/auth/tokens') ? viaProxy(text) : text);
  }

  return proxy;
}
