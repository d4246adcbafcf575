/**
 * The spans of a request (OpenTelemetry; names and attributes of its semantic conventions). Without an SDK, which only Node has
 * (`adapters/node/tracing.ts`), nothing is recorded, and the client's trace context is passed on to the cloud. Contexts are passed by
 * hand: a context manager would cost every request.
 *
 * @module
 */

import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { NAME, VERSION } from '../version.ts';
import { readTraceContext, traceHeaders } from './trace-context.ts';
import { withoutSecrets } from './without-secrets.ts';

const tracer = trace.getTracer(NAME, VERSION);

/** Another method is `_OTHER`, so that names and values are bounded. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface OutgoingCall {
  /** Has few values. */
  readonly service: string;
  readonly method: string;
  readonly url: string;
  /** Earlier attempts. */
  readonly resends: number;
}

/** A call to the cloud in flight. */
export interface CallSpan {
  /** To be sent with it. */
  readonly headers: Readonly<Record<string, string>>;
  /** @param outcome The status of its response, or the error instead. */
  end(outcome: unknown): void;
}

export interface ServedRequest {
  readonly method: string;
  readonly url: string;
  /** Its pattern, such as `/v1/instances/:id`. */
  readonly route: string;
  readonly status: number;
  readonly userAgent: string | undefined;
}

/** Where a request is in its trace: calls and stages have the open span as parent. Outside of a trace nothing is recorded. */
export class RequestSpans {
  #open: Context;

  constructor(open: Context = ROOT_CONTEXT) {
    this.#open = open;
  }

  /** 32 hex digits; undefined outside of a trace. */
  get traceId(): string | undefined {
    return trace.getSpanContext(this.#open)?.traceId;
  }

  /** For work in the background, which the spans of this request do not wait for. */
  branch(): RequestSpans {
    return new RequestSpans(this.#open);
  }

  /** Runs a stage in a span of its own. @param describe SpanAttributes by the outcome. */
  around<T>(
    name: string,
    work: () => T | Promise<T>,
    describe: (outcome: T) => SpanAttributes,
  ): T | Promise<T> {
    return this.#isSampled() ? this.#record(name, work, describe) : work();
  }

  startCall({ service, method, url, resends }: OutgoingCall): CallSpan {
    if (!this.#isSampled()) return { headers: traceHeaders(this.#open), end() {} };
    const span = tracer.startSpan(spanName(method, service), { kind: SpanKind.CLIENT }, this.#open);
    if (span.isRecording()) {
      const { origin, pathname, ...address } = addressOf(url);
      span.setAttributes({
        ...methodAttributes(method),
        ...address.attributes,
        'url.full': origin + withoutSecrets(pathname),
        'linguanova.service': service,
        ...(resends > 0 && { 'http.request.resend_count': resends }),
      });
    }
    return {
      headers: traceHeaders(trace.setSpan(this.#open, span)),
      end(outcome) {
        if (typeof outcome === 'number') setStatus(span, outcome, 400);
        else setError(span, errorType(outcome));
        span.end();
      },
    };
  }

  async #record<T>(
    name: string,
    work: () => T | Promise<T>,
    describe: (outcome: T) => SpanAttributes,
  ): Promise<T> {
    const outer = this.#open;
    const span = tracer.startSpan(name, {}, outer);
    this.#open = trace.setSpan(outer, span);
    try {
      const outcome = await work();
      span.setAttributes(describe(outcome));
      return outcome;
    } catch (error) {
      // Whether it is a failure of the gateway is known by the request's status.
      span.setAttribute('error.type', errorType(error));
      throw error;
    } finally {
      this.#open = outer;
      span.end();
    }
  }

  #isSampled(): boolean {
    const flags = trace.getSpanContext(this.#open)?.traceFlags ?? TraceFlags.NONE;
    return (flags & TraceFlags.SAMPLED) !== 0;
  }
}

/** The span of a request to the gateway, a child of the client's. */
export class RequestSpan {
  readonly spans: RequestSpans;
  readonly #span: Span;

  /** @param startedAt In monotonic ms; now unless given. */
  constructor(headers: Headers, startedAt?: number) {
    const parent = readTraceContext(headers);
    const options = { kind: SpanKind.SERVER, ...(startedAt !== undefined && { startTime: startedAt }) };
    this.#span = tracer.startSpan('HTTP', options, parent);
    const isTraced = isSpanContextValid(this.#span.spanContext());
    this.spans = new RequestSpans(isTraced ? trace.setSpan(parent, this.#span) : parent);
  }

  /** Whether `end` has an effect. */
  get isRecorded(): boolean {
    return this.#span.isRecording();
  }

  /** @param endedAt As `startedAt`. */
  end(
    { method, url, route, status, userAgent }: ServedRequest,
    others: SpanAttributes,
    endedAt?: number,
  ): void {
    const span = this.#span;
    const { scheme, attributes } = addressOf(url);
    const hasRoute = route !== '' && route !== '*' && route !== '/*';
    span.updateName(spanName(method, hasRoute ? route : undefined));
    span.setAttributes({
      ...methodAttributes(method),
      ...attributes,
      // No `url.path`: the route has all of it but what the client chose.
      'url.scheme': scheme,
      ...(hasRoute && { 'http.route': route }),
      ...(userAgent !== undefined && { 'user_agent.original': withoutSecrets(userAgent) }),
      ...others,
    });
    setStatus(span, status, 500);
    span.end(endedAt);
  }
}

function spanName(method: string, target?: string): string {
  const known = METHODS.has(method) ? method : 'HTTP';
  return target === undefined ? known : `${known} ${target}`;
}

function methodAttributes(method: string): SpanAttributes {
  return METHODS.has(method)
    ? { 'http.request.method': method }
    : { 'http.request.method': '_OTHER', 'http.request.method_original': withoutSecrets(method) };
}

/** Without query, which may hold names that customers chose, and signatures. */
function addressOf(url: string) {
  const { origin, protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol.slice(0, -1);
  return {
    origin,
    scheme,
    pathname,
    attributes: {
      'server.address': hostname,
      'server.port': port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
    },
  };
}

/** @param failure The lowest status that is an error of this kind of span. */
function setStatus(span: Span, status: number, failure: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= failure) setError(span, String(status));
}

function setError(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The code of the innermost cause, such as `ECONNREFUSED`, or its class. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  if (error.cause instanceof Error) return errorType(error.cause);
  return 'code' in error ? String(error.code) : error.constructor.name;
}
