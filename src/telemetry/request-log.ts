import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { Provenance } from '../compute/provenance.ts';
import type { GatewayEnv } from '../context.ts';
import { AnswerHeaders } from '../http/answer-headers.ts';
import { dialectOf } from './dialect.ts';
import type { LogFields, Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * Gives each request an id, answers it as `X-Request-Id`, and writes one line when it is done. The line has the route,
 * not the path, and no query: what customers name and look for is theirs. When the cloud was asked, its own id for the last
 * call is answered as `X-OpenStack-Request-ID`, and the line has them all.
 */
export function requestLog(root: Logger, metrics: Metrics): MiddlewareHandler<GatewayEnv> {
  return async function loggedRequest(c, next) {
    const started = performance.now();
    // OpenStack takes a caller's id only in this form (API-SIG, "Request ID").
    const requestId = `req-${crypto.randomUUID()}`;
    const provenance = new Provenance();
    const headers = new AnswerHeaders();
    headers.set('X-Request-Id', requestId);
    c.set('requestId', requestId);
    c.set('answerHeaders', headers);
    c.set('provenance', provenance);
    c.set('log', root.with({ request_id: requestId }));
    await next();
    const cloudId = provenance.cloudIds.at(-1);
    if (cloudId !== undefined) headers.set(CLOUD_ID, cloudId);
    // An answer that was made from what the cloud has just told was made before its id was known here.
    if (cloudId !== undefined || !headers.isOn(c.res)) complete(c, headers);
    const { status } = c.res;
    const { method } = c.req;
    const route = routePath(c, -1);
    const dialect = dialectOf(route);
    const milliseconds = performance.now() - started;
    metrics.count('requests', { method, route, dialect, status: String(status) });
    metrics.observe('request_seconds', milliseconds / 1000, { route, dialect });
    // `c.get`, for `c.var` copies all variables each time. Stages may have put another in its place.
    const log = c.get('log');
    log.info('request', {
      method,
      route,
      dialect,
      status,
      milliseconds: Math.round(milliseconds),
      ...upstreamFields(provenance),
    });
  };
}

/** What it is called where clients of OpenStack look for it. */
const CLOUD_ID = 'X-OpenStack-Request-ID';

function upstreamFields({ calls, waited, cloudIds }: Provenance): LogFields {
  if (calls === 0) return {};
  return {
    upstream_calls: calls,
    upstream_milliseconds: Math.round(waited),
    ...(cloudIds.length > 0 && { upstream_request_ids: cloudIds.join(' ') }),
  };
}

/** What an answer lacks that was not made by `AnswerHeaders.answer`. */
function complete(c: Context<GatewayEnv>, headers: AnswerHeaders): void {
  // Keys, private keys and passwords travel here, and `x-api-key` does not keep a cache from storing as `Authorization` does.
  if (!c.res.headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  headers.putOn(c.res);
}
