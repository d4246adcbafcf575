/**
 * The stage `cors` (Fetch standard, "CORS protocol"). It runs before keys and limits, so preflights need neither, and errors
 * carry its headers too. Credentials mode is not allowed: the key is in the page, so an origin gains only reading responses.
 */

import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv, Stage } from '../context.ts';
import type { KeyOrigins } from './key-origins.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** Headers of the API, and those that browser libraries add: request libraries, W3C Trace Context, Sentry and others. */
const REQUEST_HEADERS = [
  'X-API-Key, Authorization, Accept, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID',
  'Cache-Control, Pragma, X-Requested-With, X-Request-Id, X-Correlation-Id',
  'traceparent, tracestate, baggage, sentry-trace, b3, X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled, X-B3-Flags',
  'uber-trace-id, newrelic, elastic-apm-traceparent, X-Cloud-Trace-Context',
  'x-datadog-origin, x-datadog-parent-id, x-datadog-sampling-priority, x-datadog-trace-id',
].join(', ');
const RESPONSE_HEADERS =
  'X-Request-Id, Location, Link, Retry-After, ETag, Age, X-Cache, Warning, Allow, Idempotency-Replayed, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset';
/** Chromium's maximum. */
const PREFLIGHT_SECONDS = '7200';
export const VARY = 'x-api-key, Authorization, Origin';

/** @param origins Always allowed; `*`: all. */
export function cors(origins: readonly string[] | '*', ofKeys: KeyOrigins): Stage {
  const always: ReadonlySet<string> = new Set(origins === '*' ? [] : origins);
  const isAllowed = (origin: string) => origins === '*' || always.has(origin) || ofKeys.has(origin);

  const handle: MiddlewareHandler<GatewayEnv> = async function handleCors(c, next) {
    const origin = c.req.header('origin');
    if (origin === undefined) return next();
    const allowing = isAllowed(origin);
    const allowed = allowing instanceof Promise ? await allowing : allowing;
    const headers = c.get('responseHeaders');
    headers.set('Vary', VARY);
    if (allowed) headers.set('Access-Control-Allow-Origin', origins === '*' ? '*' : origin);
    if (c.req.method !== 'OPTIONS' || c.req.header('access-control-request-method') === undefined) {
      if (allowed) headers.set('Access-Control-Expose-Headers', RESPONSE_HEADERS);
      return next();
    }
    if (!allowed) return c.body(null, 204);
    return c.body(null, 204, {
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': REQUEST_HEADERS,
      'Access-Control-Max-Age': PREFLIGHT_SECONDS,
    });
  };
  return { handle, check: (c) => c.req.header('origin') === undefined };
}
