/**
 * The stage `cors`: lets pages of other origins read what the gateway answers (Fetch standard, "CORS protocol"). It stands before
 * keys and limits, so a preflight costs neither, and whatever answers later, an error too, carries what it says.
 *
 * Nothing is allowed with cookies. A key comes from the page itself, so an origin gains nothing by sending requests; what is
 * allowed here is reading the answers.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv, Stage } from '../context.ts';
import type { KeyOrigins } from './key-origins.ts';

const METHODS = 'GET, HEAD, POST, PATCH, DELETE';
/** What the API reads, and what libraries of browsers add by themselves: request libraries, W3C Trace Context, Sentry and others. */
const REQUEST_HEADERS = [
  'X-API-Key, Authorization, Accept, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID',
  'Cache-Control, Pragma, X-Requested-With, X-Request-Id, X-Correlation-Id',
  'traceparent, tracestate, baggage, sentry-trace, b3, X-B3-TraceId, X-B3-SpanId, X-B3-ParentSpanId, X-B3-Sampled, X-B3-Flags',
  'uber-trace-id, newrelic, elastic-apm-traceparent, X-Cloud-Trace-Context',
  'x-datadog-origin, x-datadog-parent-id, x-datadog-sampling-priority, x-datadog-trace-id',
].join(', ');
const RESPONSE_HEADERS =
  'X-Request-Id, Location, Link, Retry-After, ETag, Age, X-Cache, Warning, Allow, Idempotency-Replayed, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset';
/** Chromium remembers a preflight for two hours at most, seconds. */
const PREFLIGHT_SECONDS = '7200';
/** What any answer depends on, to those who keep answers. */
export const VARY = 'x-api-key, Authorization, Origin';

/**
 * @param origins Those that are always allowed; `*`: all of them.
 * @param ofKeys Those that keys are bound to.
 */
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
