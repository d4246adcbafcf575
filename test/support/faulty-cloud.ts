import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Account, createSandbox, type SandboxOptions } from '../../adapters/sandbox/index.ts';

export type FaultyService = 'identity' | 'compute' | 'networking' | 'image' | 'volume';

/** How a service behaves. `dead`: nothing listens; `silent`: it accepts requests and never responds. */
export type Behaviour = 'well' | 'dead' | 'silent' | 'cut' | 'rubbish' | '503' | '504 page';

/** Addresses of this test alone, so that a restarted service finds its port free. */
const HOSTS: Readonly<Record<FaultyService, string>> = {
  identity: '127.3.7.1',
  compute: '127.3.7.2',
  networking: '127.3.7.3',
  image: '127.3.7.4',
  volume: '127.3.7.5',
};

/** A sandbox whose services listen each for itself, over real sockets, and fail as a test wants. */
export class FaultyCloud {
  readonly accounts: readonly Account[];
  readonly #services: ReadonlyMap<FaultyService, Service>;

  private constructor(accounts: readonly Account[], services: ReadonlyMap<FaultyService, Service>) {
    this.accounts = accounts;
    this.#services = services;
  }

  static async start(options: SandboxOptions = {}): Promise<FaultyCloud> {
    const sandbox = createSandbox({ ...options, baseUrl: 'http://sandbox.invalid' });
    const services = new Map<FaultyService, Service>();
    // Its catalog has them at one address.
    const moved = (text: string) =>
      text.replaceAll(
        /http:\/\/sandbox\.invalid\/(\w+)/g,
        (_, name: FaultyService) => `${services.get(name)?.url}/${name}`,
      );
    for (const [name, host] of Object.entries(HOSTS)) {
      const service = new Service(host, async (request) => {
        const response = await sandbox.fetch(request);
        const text = await response.text();
        const { status, headers } = response;
        const empty = status === 204 || status === 304;
        return new Response(empty ? null : request.url.endsWith('/auth/tokens') ? moved(text) : text, {
          status,
          headers,
        });
      });
      await service.listen();
      services.set(name as FaultyService, service);
    }
    return new FaultyCloud(sandbox.accounts, services);
  }

  get authUrl(): string {
    return `${this.service('identity').url}/identity/v3`;
  }

  service(name: FaultyService): Service {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`there is no ${name}`);
    return service;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#services.values()].map((service) => service.close()));
  }
}

/** One of them. */
class Service {
  /** Methods and paths of the requests that have arrived. */
  readonly arrived: string[] = [];
  /** The most that were there at a time. */
  most = 0;
  readonly #host: string;
  readonly #sandbox: (request: Request) => Promise<Response>;
  readonly #held: (() => void)[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #behaviour: Behaviour = 'well';
  #present = 0;

  constructor(host: string, sandbox: (request: Request) => Promise<Response>) {
    this.#host = host;
    this.#sandbox = sandbox;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  async behave(behaviour: Behaviour): Promise<void> {
    const before = this.#behaviour;
    this.#behaviour = behaviour;
    if (behaviour === 'dead') await this.close();
    else if (before === 'dead') await this.listen();
    // Held requests are served as the new behaviour has it.
    for (const go of this.#held.splice(0)) go();
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, this.#host);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    this.arrived.push(`${method} ${url}`);
    this.#present += 1;
    this.most = Math.max(this.most, this.#present);
    response.on('close', () => {
      this.#present -= 1;
    });
    const body = await buffer(request);
    while (this.#behaviour === 'silent') await new Promise<void>((go) => this.#held.push(go));
    switch (this.#behaviour) {
      case 'cut':
        request.socket.resetAndDestroy();
        return;
      case 'rubbish':
        request.socket.end('\u0000\u0001 this is no HTTP\r\n\r\n');
        return;
      case '503':
        response.writeHead(503, { 'content-type': 'application/json' }).end('{"message": "restarting"}');
        return;
      case '504 page':
        response.writeHead(504, { 'content-type': 'text/html' }).end('<h1>504 Gateway Time-out</h1>');
        return;
    }
    const upstream = await this.#sandbox(
      new Request(`http://sandbox.invalid${url}`, {
        method,
        headers: request.headers as Record<string, string>,
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      }),
    );
    response.writeHead(upstream.status, Object.fromEntries(upstream.headers)).end(await upstream.text());
  }
}
