/**
 * One request, sent again where that is safe.
 *
 * @module
 */

import { backoff, delay } from './delay.ts';
import { errorOf, LinguanovaError } from './error.ts';
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, Route } from './routes.ts';

export interface ClientOptions {
  /** Where the gateway is, as `https://api.example.org`; empty: where the page is from. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Instead of the runtime's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** With every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends everything that this client has under way. */
  readonly signal?: AbortSignal;
  /** How often a request is sent again at most; 3 unless given. */
  readonly maxRetries?: number;
}

/** What any call takes beside what it asks for. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For a `POST`, in place of one that is made up: the same for what must not be done twice. */
  readonly idempotencyKey?: string | undefined;
}

/** Parameters of the path, the query and the body, as the route has them. */
export type Input<R extends Route> = { readonly params?: ParamsOf<R> } & (unknown extends ParamsOf<R>
  ? unknown
  : { readonly params: ParamsOf<R> }) &
  (BodyOf<R> extends undefined ? unknown : { readonly body: BodyOf<R> }) & { readonly query?: QueryOf<R> };

export interface Answer<R extends Route> {
  readonly body: AnswerOf<R>;
  readonly headers: Headers;
}

export interface Sender {
  /**
   * @throws LinguanovaError when the gateway refuses, fails, or is not reached, once there is no sense in sending it again.
   */
  send<R extends Route>(route: R, input: Input<R>, options?: CallOptions): Promise<Answer<R>>;
  /** One try, answered as it is. @throws LinguanovaError unless it is a success. */
  open(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response>;
  readonly signal: AbortSignal | undefined;
}

interface Untyped {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
}

/** What a try may take, milliseconds: the gateway's own deadline twice, for a `POST` may wait for the first of its kind. */
const ATTEMPT_TIMEOUT_MS = 90_000;
/** A gateway that says to come back later than that says no, seconds. */
const MAX_RETRY_AFTER_SECONDS = 60;
const MAX_RETRIES = 3;
const RETRYABLE_STATUSES: readonly number[] = [502, 503, 504];

export function sender(options: ClientOptions): Sender {
  const base = options.baseUrl.replace(/(?<!\/)\/+$/, '');
  const { maxRetries = MAX_RETRIES } = options;
  // A browser's own fetch must be called on the window.
  const fetcher: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const common = {
    ...(options.apiKey !== undefined && { 'x-api-key': options.apiKey }),
    ...options.headers,
  };

  async function open(path: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const response = await fetcher(base + path, { ...init, headers: { ...common, ...init.headers } });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /** What came of one try; an error that is no refusal of the gateway is told as one. */
  async function attempt(path: string, init: RequestInit, given: AbortSignal | undefined) {
    const { signal, end } = withTimeout(ATTEMPT_TIMEOUT_MS, given);
    try {
      const response = await open(path, { ...init, signal });
      const text = await response.text();
      const { headers } = response;
      return { headers, body: text === '' ? undefined : parsed(text, response) };
    } catch (error) {
      given?.throwIfAborted();
      if (error instanceof LinguanovaError) return error;
      return new LinguanovaError('networkError', 'The gateway did not respond.', { cause: error });
    } finally {
      end();
    }
  }

  async function send(route: string, input: Untyped, { signal: own, idempotencyKey }: CallOptions = {}) {
    const [method = '', template = ''] = route.split(' ');
    const path =
      template.replace(/\{(\w+)\}/g, (_, name) => segment(input.params?.[name])) + queryText(input.query);
    const once = method === 'POST' && supportsIdempotencyKey(template);
    const headers: Record<string, string> = {};
    if (input.body !== undefined) headers['content-type'] = 'application/json';
    if (once) headers['idempotency-key'] = idempotencyKey ?? randomText();
    const init = { method, headers, ...(input.body !== undefined && { body: JSON.stringify(input.body) }) };
    const signal = options.signal && own ? anyOf(options.signal, own) : (own ?? options.signal);

    for (let retries = 0; ; retries++) {
      signal?.throwIfAborted();
      const outcome = await attempt(path, init, signal);
      if (!(outcome instanceof LinguanovaError)) return outcome;
      // The first try has done it, and its answer was lost.
      if (method === 'DELETE' && retries > 0 && outcome.status === 404)
        return { headers: new Headers(), body: undefined };
      const wait = retryDelay(outcome, retries, method !== 'POST' || once);
      if (retries >= maxRetries || wait === null) throw outcome;
      await delay(wait, signal);
    }
  }

  return { send: send as Sender['send'], open, signal: options.signal };
}

/**
 * How long to wait before the next try, milliseconds; null when there should be none.
 *
 * @param repeatable Whether a request of which nobody knows what came of it can be sent again. What is told to have been
 *   refused (429) can be in any case.
 */
function retryDelay(error: LinguanovaError, retries: number, repeatable: boolean): number | null {
  const { status, retryAfter } = error;
  if (!repeatable && status !== 429) return null;
  if (retryAfter !== null) return retryAfter > MAX_RETRY_AFTER_SECONDS ? null : retryAfter * 1000;
  return error.code === 'networkError' || RETRYABLE_STATUSES.includes(status) ? backoff(retries) : null;
}

/** Where the gateway heeds an `Idempotency-Key`: not where somebody signs up, nor among the operator's. */
function supportsIdempotencyKey(path: string): boolean {
  return path !== '/v1/api_keys' && !path.startsWith('/admin');
}

/** @throws LinguanovaError for what would change the path it stands in. */
function segment(value: string | undefined): string {
  if (value === undefined || /^\.{0,2}$/.test(value)) {
    throw new LinguanovaError('badRequest', `An id is required, not "${value ?? ''}".`);
  }
  return encodeURIComponent(value);
}

function queryText(query: object | undefined): string {
  const text = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((one) => [name, String(one)]),
    ),
  ).toString();
  return text && `?${text}`;
}

function parsed(text: string, { status, headers }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const requestId = headers.get('X-Request-Id');
    throw new LinguanovaError('invalidResponse', 'The response is not JSON.', { status, requestId, cause });
  }
}

/** Not `randomUUID`, which a browser has in secure contexts alone. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** A signal for one call, which leaves neither a timer nor a listener behind once `end` was called. */
export function withTimeout(milliseconds: number, given: AbortSignal | undefined) {
  const controller = new AbortController();
  const abort = () => controller.abort(given?.reason);
  const timer = setTimeout(() => controller.abort(), milliseconds);
  if (given?.aborted) abort();
  else given?.addEventListener('abort', abort, { once: true });
  const end = () => {
    clearTimeout(timer);
    given?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, end };
}

export function anyOf(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
