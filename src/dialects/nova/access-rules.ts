/** Access rules of keys in the Nova dialect: the request itself is the call that has to match one. */

import type { MiddlewareHandler } from 'hono';
import { assertAllowed } from '../../access/access-rules.ts';
import type { GatewayEnv } from '../../context.ts';
import { isFurtherService } from '../../further-services.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { prefixOf, SERVICE_ENDPOINTS, serviceOfPath } from './services.ts';
import { parseTarget } from './target.ts';

/**
 * For the services. A repeated read on the fast path is one that passed here: its index is by principal, which has the rules.
 */
export function serviceRules(requestTarget: RequestTarget): MiddlewareHandler<GatewayEnv> {
  return function checkServiceRules(c, next) {
    const { accessRules } = c.get('principal');
    if (accessRules !== null) {
      const call = callOf(requestTarget(c));
      assertAllowed(accessRules, [{ ...call, method: c.req.method }]);
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

function callOf(target: string): { readonly service: string; readonly path: string } {
  const [whole = ''] = target.split('?');
  const further = serviceOfPath(whole);
  // As it was written, since further services have encodings of their own: another spelling matches no narrower rule.
  if (further !== null && isFurtherService(further)) {
    return { service: further, path: whole.slice(prefixOf(further).length) };
  }
  const { service, path } = parseTarget(target);
  const [withoutQuery = ''] = path.split('?');
  // No decoded segment has a slash.
  const decoded = withoutQuery.split('/').map(decodeURIComponent).join('/');
  return { service: SERVICE_ENDPOINTS[service].type, path: decoded };
}
