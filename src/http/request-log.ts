import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { CallTrace } from '../compute/call-trace.ts';
import type { GatewayEnv, RequestVariables, Stage } from '../context.ts';
import { dialectOf } from '../telemetry/dialect-of-route.ts';
import type { LogFields, Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { RequestSpan, type SpanAttributes } from '../telemetry/request-spans.ts';
import { ResponseHeaders } from './response-headers.ts';

/**
 * Assigns each request an id, returned as `X-Request-Id`, and logs one line per request, with the route instead of path and query,
 * which may hold customer data. `X-OpenStack-Request-ID` is the cloud's id of the last upstream call. The request is a span of the
 * client's trace.
 */
export function requestLog(root: Logger, metrics: Metrics): Stage {
  const handle: MiddlewareHandler<GatewayEnv> = async function logRequest(c, next) {
    const started = performance.now();
    const span = new RequestSpan(c.req.raw.headers);
    const trace = new CallTrace(span.spans);
    const headers = identify(c);
    c.set('trace', trace);
    c.set('log', root.with({ request_id: c.get('requestId'), trace_id: span.spans.traceId }));
    await next();
    const cloudId = trace.upstreamRequestIds.at(-1);
    // A response rendered from the last upstream call was created before its id was known.
    const isNew = cloudId !== undefined && headers.get(CLOUD_REQUEST_ID) !== cloudId;
    if (isNew) headers.set(CLOUD_REQUEST_ID, cloudId);
    if (isNew || !headers.isAppliedTo(c.res)) addMissingHeaders(c, headers);
    const served = {
      method: c.req.method,
      route: c.get('route') ?? routePath(c, -1),
      status: c.res.status,
      region: regionOf(c),
      started,
    };
    // `c.get`: `c.var` copies all variables. Later stages may have replaced the log.
    recordRequest(c.get('log'), metrics, served, upstreamFields(trace));
    if (span.isRecorded) endSpan(span, c, served);
  };
  return {
    handle,
    check(c) {
      c.set('startedAt', performance.now());
      return true;
    },
    commit: identify,
    finish(c, { status }, route) {
      const { keyId, projectId } = c.get('principal');
      const started = c.get('startedAt') ?? 0;
      const served = { method: 'GET', route, status, region: regionOf(c), started };
      const span = new RequestSpan(c.req.raw.headers, served.started);
      // A logger of this request would cost more than the line.
      recordRequest(root, metrics, served, {
        request_id: c.get('requestId'),
        trace_id: span.spans.traceId,
        key: keyId,
        project: projectId,
      });
      if (span.isRecorded) endSpan(span, c, served, { 'linguanova.cache.result': 'hit' }, performance.now());
    },
  };
}

/** Absent where it is not known, as for a request that was rejected before. */
function regionOf(c: Context<GatewayEnv>): string | undefined {
  return c.get('region') || undefined;
}

function endSpan(
  span: RequestSpan,
  c: Context<GatewayEnv>,
  { method, route, status }: CompletedRequest,
  others: SpanAttributes = {},
  endedAt?: number,
): void {
  const principal: RequestVariables['principal'] | undefined = c.get('principal');
  span.end(
    { method, url: c.req.url, route, status, userAgent: c.req.header('user-agent') },
    {
      'linguanova.request_id': c.get('requestId'),
      'linguanova.dialect': dialectOf(route),
      ...(principal !== undefined && {
        'linguanova.key': principal.keyId,
        'linguanova.project': principal.projectId,
      }),
      ...others,
    },
    endedAt,
  );
}

function identify(c: Context<GatewayEnv>): ResponseHeaders {
  const headers = new ResponseHeaders();
  const requestId = newRequestId();
  headers.set('X-Request-Id', requestId);
  c.set('requestId', requestId);
  c.set('responseHeaders', headers);
  return headers;
}

/** OpenStack takes a caller's id only in this form (API-SIG, "Request ID"). */
export function newRequestId(): string {
  return `req-${crypto.randomUUID()}`;
}

export interface CompletedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** A served one. */
  readonly region: string | undefined;
  readonly started: number;
}

export function recordRequest(
  log: Logger,
  metrics: Metrics,
  served: CompletedRequest,
  others: LogFields,
): void {
  const { method, route, status, region, started } = served;
  const dialect = dialectOf(route);
  const durationMs = performance.now() - started;
  const ofRegion = region ?? '';
  metrics.count('requests', { method, route, dialect, status: String(status), region: ofRegion });
  metrics.observe('request_duration_seconds', durationMs / 1000, { route, dialect, region: ofRegion });
  log.info('request', {
    ...others,
    region,
    method,
    route,
    dialect,
    status,
    duration_ms: Math.round(durationMs),
  });
}

/** Set by OpenStack's services. */
export const CLOUD_REQUEST_ID = 'X-OpenStack-Request-ID';

function upstreamFields({ calls, waitedMs: waited, upstreamRequestIds: cloudIds }: CallTrace): LogFields {
  if (calls === 0) return {};
  return {
    upstream_calls: calls,
    upstream_ms: Math.round(waited),
    ...(cloudIds.length > 0 && { upstream_request_ids: cloudIds.join(' ') }),
  };
}

/** For a response that `ResponseHeaders` did not create. */
function addMissingHeaders(c: Context<GatewayEnv>, headers: ResponseHeaders): void {
  // Responses may hold keys and passwords; unlike `Authorization`, `x-api-key` does not stop caches from storing them.
  if (!c.res.headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  headers.applyTo(c.res);
}
