import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { Provenance } from '../compute/provenance.ts';
import type { GatewayEnv } from '../context.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/**
 * Gives each request an id, answers it as `X-Request-Id`, and writes one line when it is done. The line has the route,
 * not the path, and no query: what customers name and look for is theirs.
 */
export function requestLog(log: Logger, metrics: Metrics): MiddlewareHandler<GatewayEnv> {
  return async function loggedRequest(c, next) {
    const started = performance.now();
    // OpenStack takes a caller's id only in this form (API-SIG, "Request ID").
    const requestId = `req-${crypto.randomUUID()}`;
    c.set('requestId', requestId);
    c.set('provenance', new Provenance());
    c.set('log', log.with({ request_id: requestId }));
    await next();
    c.header('X-Request-Id', requestId);
    // Keys, private keys and passwords travel here, and `x-api-key` does not keep a cache from storing as `Authorization` does.
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    const route = routePath(c, -1);
    metrics.count('requests', { method: c.req.method, route, status: String(c.res.status) });
    c.var.log.info('request', {
      method: c.req.method,
      route,
      status: c.res.status,
      milliseconds: Math.round(performance.now() - started),
    });
  };
}
