/**
 * One service of the cloud (Nova, Neutron, Glance, Keystone) as one caller reaches it during one request: token, address
 * and errors are dealt with here, so that the files of each service only know paths and bodies.
 *
 * @module
 */

import type * as z from 'zod';
import { deadlineIn } from '../../src/clock.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { assertNoDotSegments, type ServiceType, type Transport } from './http/transport.ts';
import { send, type UpstreamContext, type UpstreamResponse } from './http/upstream-client.ts';
import { errorFrom, parseBody } from './http/upstream-error.ts';
import type { Token } from './keystone/token.ts';
import { rejection, type TokenOwner, type TokenSource } from './keystone/token-source.ts';

/** A repeated parameter is an array. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Everything the services of one caller share for the time of one request. */
export interface Session {
  readonly transport: Transport;
  readonly tokens: TokenSource;
  readonly owner: TokenOwner;
  readonly context: UpstreamContext;
}

export interface CallOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** Instead of a body: it can be sent once, and may take its time. */
  readonly data?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the request's deadline, for a call after a transfer that may have taken longer. */
  readonly timeoutMs?: number;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type HeadersOf = (address: string, token: Token) => Promise<Record<string, string>> | Record<string, string>;

export class Service {
  readonly #type: ServiceType;
  readonly #session: Session;
  readonly #addressOf: (token: Token) => string;
  readonly #headers: HeadersOf;

  /**
   * @param addressOf Where the service is, for this token; without trailing slash.
   * @param headers Further headers for that address (Nova's microversion).
   */
  constructor(
    type: ServiceType,
    session: Session,
    addressOf: (token: Token) => string,
    headers: HeadersOf = () => ({}),
  ) {
    this.#type = type;
    this.#session = session;
    this.#addressOf = addressOf;
    this.#headers = headers;
  }

  /** The validated body of a GET. */
  async get<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T> {
    return this.read(await this.call('GET', path, query === undefined ? {} : { query }), schema);
  }

  /** The validated body of a POST's response. */
  async post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.read(await this.call('POST', path, { body }), schema);
  }

  /**
   * A successful response (2xx). A rejected token is replaced once, and the call repeated: a call with a rejected token has not
   * been carried out.
   *
   * @param path Below the service's address, already encoded.
   * @throws ComputeError
   */
  async call(method: Method, path: string, options: CallOptions = {}): Promise<UpstreamResponse> {
    assertNoDotSegments(path);
    const { tokens, owner } = this.#session;
    const context = this.#contextOf(options);
    const token = await tokens.token(owner, context);
    let response = await this.#send(method, path, options, token, context);
    if (response.status === 401) {
      const fresh = await tokens.token(owner, context, token);
      if (options.data !== undefined) throw sessionExpired();
      response = await this.#send(method, path, options, fresh, context);
      if (response.status === 401) throw rejection(owner, errorFrom(this.#type, response), context);
    }
    if (response.status >= 200 && response.status < 300) return response;
    const error = errorFrom(this.#type, response);
    if (response.status >= 500 || error.code === 'bad_gateway') {
      const fields = { service: this.#type, method, path, status: response.status };
      context.log.warn('upstream_error', fields, error.cause);
    }
    throw error;
  }

  /** Streams data in a PUT. */
  async upload(path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
    await this.call('PUT', path, { data, headers: { 'content-type': 'application/octet-stream' } });
  }

  /** @throws ComputeError As `parseBody`. */
  read<T>(response: UpstreamResponse, schema: z.ZodType<T>): T {
    try {
      return parseBody(response, schema);
    } catch (error) {
      const { cause } = error as ComputeError;
      this.#session.context.log.warn('upstream_response_invalid', { service: this.#type }, cause);
      throw error;
    }
  }

  #contextOf({ timeoutMs }: CallOptions): UpstreamContext {
    const { context } = this.#session;
    return timeoutMs === undefined ? context : { ...context, deadline: deadlineIn(timeoutMs) };
  }

  async #send(
    method: Method,
    path: string,
    { query, body, data, headers }: CallOptions,
    token: Token,
    context: UpstreamContext,
  ): Promise<UpstreamResponse> {
    const { transport } = this.#session;
    const address = this.#addressOf(token);
    return send(
      transport,
      {
        service: this.#type,
        method,
        url: address + path + queryString(query),
        headers: {
          accept: 'application/json',
          'x-auth-token': token.id,
          'x-openstack-request-id': context.requestId,
          ...(await this.#headers(address, token)),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? { body: data ?? null } : { body: JSON.stringify(body) }),
      },
      context,
    );
  }
}

/** The token was rejected after a part of a stream, which cannot be sent again. */
export function sessionExpired(): ComputeError {
  return new ComputeError('unavailable', 'The session at the cloud has expired. Send the request again.');
}

function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
