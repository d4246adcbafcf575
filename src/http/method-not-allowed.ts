import type { Context, Hono } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';

/** Adds 405 with `Allow` for the methods without a route. Call it after all routes are added. */
export function methodNotAllowed(
  router: Hono<GatewayEnv>,
  respond: (error: ComputeError, c: Context<GatewayEnv>) => Response,
): Hono<GatewayEnv> {
  const methodsOf = new Map<string, Set<string>>();
  // Middleware is registered for ALL methods.
  for (const { method, path } of router.routes.filter((route) => route.method !== 'ALL')) {
    const methods = methodsOf.get(path) ?? new Set();
    methods.add(method);
    // hono serves HEAD by the route of GET.
    if (method === 'GET') methods.add('HEAD');
    methodsOf.set(path, methods);
  }
  for (const [path, methods] of methodsOf) {
    const allow = [...methods].join(', ');
    router.all(path, function methodNotAllowed(c) {
      const error = new ComputeError(
        'method_not_allowed',
        `Method ${c.req.method} is not allowed here; allowed: ${allow}.`,
      );
      const response = respond(error, c);
      response.headers.set('Allow', allow);
      return response;
    });
  }
  return router;
}
