/** A response of the gateway. */
export interface ReduAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any response of the gateway
  readonly body: any;
}

const POLL_MILLISECONDS = 200;

/** A customer with an API key. */
export class ReduClient {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ReduAnswer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        'x-api-key': this.key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isPlain = response.headers.get('content-type')?.startsWith('text/plain') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: isPlain ? text : text === '' ? null : JSON.parse(text),
    };
  }

  get = (path: string) => this.request('GET', path);
  post = (path: string, body: unknown) => this.request('POST', path, body);
  /** `POST` with this `Idempotency-Key`. */
  postOnce = (key: string, path: string, body: unknown) =>
    this.request('POST', path, body, { 'idempotency-key': key });
  /** `PUT` of bytes. */
  async upload(path: string, data: BodyInit, type = 'application/octet-stream'): Promise<ReduAnswer> {
    const headers = { 'x-api-key': this.key, 'content-type': type };
    const init = { method: 'PUT', headers, body: data, duplex: 'half' };
    const response = await fetch(this.url + path, init as RequestInit);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }
  patch = (path: string, body: unknown) => this.request('PATCH', path, body);
  put = (path: string, body?: unknown) => this.request('PUT', path, body);
  delete = (path: string) => this.request('DELETE', path);
  act = (id: string, action: string, rest: object = {}) =>
    this.request('POST', `/v1/instances/${id}/actions`, { action, ...rest });

  /** Creates an instance and waits until it runs. */
  async boot(body: object): Promise<ReduAnswer['body']> {
    const created = await this.post('/v1/instances', body);
    if (created.status !== 202) throw new Error(`create: ${created.status} ${JSON.stringify(created.body)}`);
    return this.until(created.body.id, (instance) => instance.state === 'active');
  }

  /** The instance as soon as it is as wanted; fails when it goes into an error, or never gets there. */
  async until(
    id: string,
    wanted: (instance: ReduAnswer['body']) => boolean,
    milliseconds = 40_000,
  ): Promise<ReduAnswer['body']> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const { status, body } = await this.get(`/v1/instances/${id}`);
      if (status === 200 && wanted(body)) return body;
      const broken = status !== 200 || body.state === 'error';
      if (broken || Date.now() > deadline)
        throw new Error(`waited in vain: ${status} ${JSON.stringify(body)}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }

  /** Deletes an instance and waits until it is gone; one that is gone already is fine. */
  async remove(id: string): Promise<void> {
    const deadline = Date.now() + 40_000;
    await this.act(id, 'unlock');
    await this.delete(`/v1/instances/${id}`);
    while ((await this.get(`/v1/instances/${id}`)).status !== 404) {
      if (Date.now() > deadline) throw new Error(`instance ${id} does not go`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }
}
