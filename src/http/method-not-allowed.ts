import type { Context, Hono } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';

/**
 * Gives every path of `router` an answer to the methods it has no route for: 405 with `Allow`. To be called once all
 * routes are there.
 *
 * @param respond Says the error in the words of the router's dialect.
 */
export function methodNotAllowed(
  router: Hono<GatewayEnv>,
  respond: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): Hono<GatewayEnv> {
  const methodsOf = new Map<string, Set<string>>();
  // A middleware is a route for all methods, and says nothing of which the path knows.
  for (const { method, path } of router.routes.filter((route) => route.method !== 'ALL')) {
    const methods = methodsOf.get(path) ?? new Set();
    methods.add(method);
    // hono answers HEAD by the route of GET.
    if (method === 'GET') methods.add('HEAD');
    methodsOf.set(path, methods);
  }
  for (const [path, methods] of methodsOf) {
    const allow = [...methods].join(', ');
    router.all(path, function methodNotAllowed(c) {
      const error = new ComputeError('method_not_allowed', `This path knows ${allow}, not ${c.req.method}.`);
      const response = respond(error, c);
      response.headers.set('Allow', allow);
      return response;
    });
  }
  return router;
}
