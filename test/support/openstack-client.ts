/** Where a request goes: a real OpenStack (`fetch`) or the sandbox in this process. */
export type Send = (request: Request) => Promise<Response>;

export interface ApplicationCredential {
  readonly id: string;
  readonly secret: string;
}

export interface ServiceResponse {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any response of a service
  readonly body: any;
}

interface Endpoint {
  readonly interface: string;
  readonly region: string;
  readonly url: string;
}

/**
 * OpenStack as another tool of the same customer uses it, past the gateway: to see what is really there, and to make what
 * the gateway did not.
 */
export class OpenStackClient {
  readonly #send: Send;
  readonly #authUrl: string;
  readonly #credential: ApplicationCredential;
  readonly #microversion: string;
  readonly #region: string | undefined;
  #session: Promise<{ token: string; endpoints: ReadonlyMap<string, string> }> | undefined;

  /** @param region Any, unless given: the cloud has one only. */
  constructor(
    send: Send,
    authUrl: string,
    credential: ApplicationCredential,
    microversion = '2.46',
    region?: string,
  ) {
    this.#region = region;
    this.#microversion = microversion;
    this.#send = send;
    this.#authUrl = authUrl;
    this.#credential = credential;
  }

  compute(method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    return this.#request('compute', method, path, body);
  }

  network(method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    return this.#request('network', method, `/v2.0${path}`, body);
  }

  image(method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    return this.#request('image', method, `/v2${path}`, body);
  }

  volume(method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    return this.#request('volumev3', method, path, body);
  }

  /** The token it makes its calls with. */
  async token(): Promise<string> {
    this.#session ??= this.#signIn();
    return (await this.#session).token;
  }

  /** Ports of servers and floating IPs: what an instance with public access leaves if it is not tidied up. */
  async belongings(): Promise<{ ports: string[]; floatingIps: string[]; servers: string[] }> {
    const [ports, floatingIps, servers] = await Promise.all([
      this.network('GET', '/ports'),
      this.network('GET', '/floatingips'),
      this.compute('GET', '/servers/detail'),
    ]);
    const ids = (items: { id: string }[]) => items.map((item) => item.id).sort();
    const ofServers = ports.body.ports.filter(
      (port: { device_owner: string }) => !port.device_owner.startsWith('network:'),
    );
    // Nova lists what it has deleted for a moment longer.
    const living = servers.body.servers.filter(({ status }: { status: string }) => status !== 'DELETED');
    return {
      ports: ids(ofServers),
      floatingIps: ids(floatingIps.body.floatingips),
      servers: ids(living),
    };
  }

  async #request(service: string, method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    this.#session ??= this.#signIn();
    const { token, endpoints } = await this.#session;
    const isPatch = service === 'image' && method === 'PATCH';
    const type = isPatch ? 'application/openstack-images-v2.1-json-patch' : 'application/json';
    const response = await this.#send(
      new Request(`${endpoints.get(service)}${path}`, {
        method,
        headers: {
          'x-auth-token': token,
          // Cinder refuses the version of another service.
          ...(service === 'compute' && { 'openstack-api-version': `compute ${this.#microversion}` }),
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  #isMine({ interface: face, region }: Endpoint): boolean {
    return face === 'public' && (this.#region === undefined || region === this.#region);
  }

  async #signIn() {
    const response = await this.#send(
      new Request(`${this.#authUrl}/auth/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          auth: {
            identity: { methods: ['application_credential'], application_credential: this.#credential },
          },
        }),
      }),
    );
    if (response.status !== 201) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
    const { token } = (await response.json()) as {
      token: { catalog: { type: string; endpoints: Endpoint[] }[] };
    };
    const endpoints = new Map(
      token.catalog.map(({ type, endpoints }) => [
        type,
        (endpoints.find((one) => this.#isMine(one))?.url ?? '').replace(/\/$/, ''),
      ]),
    );
    return { token: response.headers.get('x-subject-token') ?? '', endpoints };
  }
}
