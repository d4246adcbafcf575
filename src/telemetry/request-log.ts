import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { Provenance } from '../compute/provenance.ts';
import type { GatewayEnv } from '../context.ts';
import { AnswerHeaders } from '../http/answer-headers.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * Gives each request an id, answers it as `X-Request-Id`, and writes one line when it is done. The line has the route,
 * not the path, and no query: what customers name and look for is theirs.
 */
export function requestLog(root: Logger, metrics: Metrics): MiddlewareHandler<GatewayEnv> {
  return async function loggedRequest(c, next) {
    const started = performance.now();
    // OpenStack takes a caller's id only in this form (API-SIG, "Request ID").
    const requestId = `req-${crypto.randomUUID()}`;
    const headers = new AnswerHeaders();
    headers.set('X-Request-Id', requestId);
    c.set('requestId', requestId);
    c.set('answerHeaders', headers);
    c.set('provenance', new Provenance());
    c.set('log', root.with({ request_id: requestId }));
    await next();
    if (!headers.isOn(c.res)) complete(c, headers);
    const { status } = c.res;
    const { method } = c.req;
    const route = routePath(c, -1);
    metrics.count('requests', { method, route, status: String(status) });
    // `c.get`, for `c.var` copies all variables each time. Stages may have put another in its place.
    const log = c.get('log');
    log.info('request', {
      method,
      route,
      status,
      milliseconds: Math.round(performance.now() - started),
    });
  };
}

/** What an answer lacks that was not made by `AnswerHeaders.answer`. */
function complete(c: Context<GatewayEnv>, headers: AnswerHeaders): void {
  // Keys, private keys and passwords travel here, and `x-api-key` does not keep a cache from storing as `Authorization` does.
  if (!c.res.headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  headers.putOn(c.res);
}
