import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { requireScope } from '../../access/scopes.ts';
import type { GatewayEnv } from '../../context.ts';
import { at, type RouteDefinition } from '../../http/route.ts';
import type { Cached, CachePolicy } from '../../traffic/cache/cached.ts';

/** What a route may ask of a request beyond its scope, before anything is done or replayed. @throws ComputeError `forbidden`. */
export type Authorize = (c: Context<GatewayEnv>) => void;

/** Adds the dialect's routes to its router, each behind its scope; a POST then behind the stage `idempotent`. */
export class Mount {
  readonly #router: Hono<GatewayEnv>;
  readonly #cached: Cached;
  readonly #idempotent: MiddlewareHandler<GatewayEnv>;

  constructor(router: Hono<GatewayEnv>, cached: Cached, idempotent: MiddlewareHandler<GatewayEnv>) {
    this.#router = router;
    this.#cached = cached;
    this.#idempotent = idempotent;
  }

  add(route: RouteDefinition, handler: Handler<GatewayEnv>, authorize?: Authorize): this {
    const [method, path] = at(route);
    const stages: MiddlewareHandler<GatewayEnv>[] = [];
    if (route.scope !== undefined) stages.push(requireScope(route.scope));
    if (authorize !== undefined) stages.push(authorized(authorize));
    if (method === 'POST') stages.push(this.#idempotent);
    this.#router.on(method, [path], ...stages, handler);
    return this;
  }

  /** A read whose answers are kept. */
  addCached(route: RouteDefinition, handler: Handler<GatewayEnv>, policy?: CachePolicy): this {
    return this.add(route, this.#cached(handler, policy));
  }
}

function authorized(authorize: Authorize): MiddlewareHandler<GatewayEnv> {
  return function authorizedRoute(c, next) {
    authorize(c);
    return next();
  };
}
