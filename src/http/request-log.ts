import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { CallTrace } from '../compute/call-trace.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { dialectOf } from '../telemetry/dialect-of-route.ts';
import type { LogFields, Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { ResponseHeaders } from './response-headers.ts';

/**
 * Gives each request an id, answers it as `X-Request-Id`, and writes one line when it is done. The line has the route,
 * not the path, and no query: what customers name and look for is theirs. When the cloud was asked, its own id for the last
 * call is answered as `X-OpenStack-Request-ID`, and the line has them all.
 */
export function requestLog(root: Logger, metrics: Metrics): Stage {
  const handle: MiddlewareHandler<GatewayEnv> = async function logRequest(c, next) {
    const started = performance.now();
    const trace = new CallTrace();
    const headers = identify(c);
    c.set('trace', trace);
    c.set('log', root.with({ request_id: c.get('requestId') }));
    await next();
    const cloudId = trace.upstreamRequestIds.at(-1);
    // An answer that was made from what the cloud has just told was made before its id was known here.
    const isNews = cloudId !== undefined && headers.get(CLOUD_REQUEST_ID) !== cloudId;
    if (isNews) headers.set(CLOUD_REQUEST_ID, cloudId);
    if (isNews || !headers.isAppliedTo(c.res)) addMissingHeaders(c, headers);
    const served = { method: c.req.method, route: routePath(c, -1), status: c.res.status, started };
    // `c.get`, for `c.var` copies all variables each time. Stages may have put another log in its place.
    recordRequest(c.get('log'), metrics, served, upstreamFields(trace));
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
      const served = { method: 'GET', route, status, started: c.get('startedAt') ?? 0 };
      // A logger of this request would cost more than the line.
      recordRequest(root, metrics, served, {
        request_id: c.get('requestId'),
        key: keyId,
        project: projectId,
      });
    },
  };
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

export interface Served {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Monotonic milliseconds. */
  readonly started: number;
}

/** Counts, measures and logs a request that has its answer. */
export function recordRequest(log: Logger, metrics: Metrics, served: Served, others: LogFields): void {
  const { method, route, status, started } = served;
  const dialect = dialectOf(route);
  const milliseconds = performance.now() - started;
  metrics.count('requests', { method, route, dialect, status: String(status) });
  metrics.observe('request_duration_seconds', milliseconds / 1000, { route, dialect });
  log.info('request', {
    ...others,
    method,
    route,
    dialect,
    status,
    duration_ms: Math.round(milliseconds),
  });
}

/** What it is called where clients of OpenStack look for it. */
export const CLOUD_REQUEST_ID = 'X-OpenStack-Request-ID';

function upstreamFields({ calls, waitedMs: waited, upstreamRequestIds: cloudIds }: CallTrace): LogFields {
  if (calls === 0) return {};
  return {
    upstream_calls: calls,
    upstream_ms: Math.round(waited),
    ...(cloudIds.length > 0 && { upstream_request_ids: cloudIds.join(' ') }),
  };
}

/** What an answer lacks that was not made by `AnswerHeaders.answer`. */
function addMissingHeaders(c: Context<GatewayEnv>, headers: ResponseHeaders): void {
  // Keys, private keys and passwords travel here, and `x-api-key` does not keep a cache from storing as `Authorization` does.
  if (!c.res.headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  headers.applyTo(c.res);
}
