/** Access rules of keys in the Nova dialect: the request itself is the call that has to match one. */

import type { MiddlewareHandler } from 'hono';
import { assertAllowed } from '../../access/access-rules.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { SERVICE_ENDPOINTS } from './services.ts';
import { parseTarget } from './target.ts';

/**
 * For the services. A repeated read on the fast path is one that passed here: its index is by principal, which has the rules.
 */
export function serviceRules(requestTarget: RequestTarget): MiddlewareHandler<GatewayEnv> {
  return function checkServiceRules(c, next) {
    const { accessRules } = c.get('principal');
    if (accessRules !== null) {
      const { service, path } = parseTarget(requestTarget(c));
      const [withoutQuery = ''] = path.split('?');
      const call = {
        service: SERVICE_ENDPOINTS[service].type,
        method: c.req.method,
        path: decoded(withoutQuery),
      };
      assertAllowed(accessRules, [call]);
    }
    return next();
  };
}

/** For identity, where any token may be validated. */
export const identityRules: MiddlewareHandler<GatewayEnv> = (c, next) => {
  const { accessRules } = c.get('principal');
  const path = c.req.path.slice(SERVICE_ENDPOINTS.identity.prefix.length);
  const { method } = c.req;
  const isValidation = path === '/v3/auth/tokens' && (method === 'GET' || method === 'HEAD');
  if (!isValidation) assertAllowed(accessRules, [{ service: 'identity', method, path }]);
  return next();
};

/** Of a path that `parseTarget` has accepted, so that no decoded segment has a slash. */
function decoded(path: string): string {
  return path.split('/').map(decodeURIComponent).join('/');
}
