import { backoff, delay } from './delay.ts';
import { errorOf, LinguanovaError } from './error.ts';
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Route } from './routes.ts';

export interface ClientOptions {
  /** As in `https://api.example.org`; empty: the page's origin. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** The default one, if absent or empty. */
  readonly region?: string;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts all requests of this client. */
  readonly signal?: AbortSignal;
  /** 3 by default. */
  readonly maxRetries?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For a `POST`, instead of a generated one. */
  readonly idempotencyKey?: string | undefined;
}

export type Input<R extends Route> = { readonly params?: ParamsOf<R> } & (unknown extends ParamsOf<R>
  ? unknown
  : { readonly params: ParamsOf<R> }) &
  (BodyOf<R> extends undefined ? unknown : { readonly body: BodyOf<R> }) & { readonly query?: QueryOf<R> };

export interface ApiResponse<R extends Route> {
  readonly body: ResponseOf<R>;
  readonly headers: Headers;
}

export interface Sender {
  /** @throws LinguanovaError after the last retry. */
  send<R extends Route>(route: R, input: Input<R>, options?: CallOptions): Promise<ApiResponse<R>>;
  /** A single attempt. @throws LinguanovaError unless it succeeds. */
  open(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response>;
  readonly signal: AbortSignal | undefined;
}

interface Untyped {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
}

/** Above the gateway's own 30 s and the 55 s for which a `POST` may wait for an earlier attempt with the same key. */
const ATTEMPT_TIMEOUT_MS = 90_000;
/** As long as the gateway takes to receive one. */
const UPLOAD_TIMEOUT_MS = 7_200_000;
/** A longer `Retry-After` is not waited for. */
const MAX_RETRY_AFTER_SECONDS = 60;
const MAX_RETRIES = 3;
/** The others respond with JSON. */
const TEXT_ROUTE: Route = 'GET /v1/config';
const RETRYABLE_STATUSES: readonly number[] = [502, 503, 504];

export function sender(options: ClientOptions): Sender {
  const base = options.baseUrl.replace(/(?<!\/)\/+$/, '') + regionPath(options.region ?? '');
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

  /** Maps every failure to a LinguanovaError. */
  async function attempt(
    path: string,
    init: RequestInit,
    given: AbortSignal | undefined,
    timeoutMs: number,
    read: typeof parsed,
  ) {
    const { signal, end } = withTimeout(timeoutMs, given);
    try {
      const response = await open(path, { ...init, signal });
      const text = await response.text();
      const { headers } = response;
      return { headers, body: text === '' ? undefined : read(text, response) };
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
    const read = route === TEXT_ROUTE ? (text: string) => text : parsed;
    const { type, timeoutMs, isRepeatable, ...body } = encoded(input.body);
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    if (once) headers['idempotency-key'] = idempotencyKey ?? randomText();
    const init = { method, headers, ...body };
    const signal = options.signal && own ? anyOf(options.signal, own) : (own ?? options.signal);

    for (let retries = 0; ; retries++) {
      signal?.throwIfAborted();
      const outcome = await attempt(path, init, signal, timeoutMs, read);
      if (!(outcome instanceof LinguanovaError)) return outcome;
      // An earlier attempt deleted it, and its response was lost.
      if (method === 'DELETE' && retries > 0 && outcome.status === 404)
        return { headers: new Headers(), body: undefined };
      const wait = retryDelay(outcome, retries, method !== 'POST' || once);
      if (retries >= maxRetries || wait === null || !isRepeatable) throw outcome;
      await delay(wait, signal);
    }
  }

  return { send: send as Sender['send'], open, signal: options.signal };
}

function regionPath(region: string): string {
  return region === '' ? '' : `/regions/${encodeURIComponent(region)}`;
}

/** In ms, or null. After 429 any request can be retried, else only a `repeatable` one. */
function retryDelay(error: LinguanovaError, retries: number, repeatable: boolean): number | null {
  const { status, retryAfter } = error;
  if (!repeatable && status !== 429) return null;
  if (retryAfter !== null) return retryAfter > MAX_RETRY_AFTER_SECONDS ? null : retryAfter * 1000;
  return error.code === 'networkError' || RETRYABLE_STATUSES.includes(status) ? backoff(retries) : null;
}

/** A body of JSON, or of bytes, which may take their time. */
function encoded(body: unknown) {
  const json = { type: 'application/json', timeoutMs: ATTEMPT_TIMEOUT_MS, isRepeatable: true };
  if (body === undefined) return { ...json, type: null };
  const isStream = body instanceof ReadableStream;
  if (!isStream && !(body instanceof Blob) && !(body instanceof Uint8Array))
    return { ...json, body: JSON.stringify(body) };
  const bytes = { type: 'application/octet-stream', timeoutMs: UPLOAD_TIMEOUT_MS, isRepeatable: !isStream };
  return { ...bytes, body: body as BodyInit, ...(isStream && { duplex: 'half' }) };
}

/** Sign-up and admin routes ignore `Idempotency-Key`. */
function supportsIdempotencyKey(path: string): boolean {
  return path !== '/v1/api_keys' && !path.startsWith('/admin');
}

/** @throws LinguanovaError for a segment that would change the path. */
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

/** Not `randomUUID`, which browsers have only in secure contexts. */
function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** `end` removes timer and listener. */
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
