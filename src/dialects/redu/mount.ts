import type { Handler, Hono } from 'hono';
import { requireScope } from '../../access/scopes.ts';
import type { GatewayEnv } from '../../context.ts';
import { at, type RouteDefinition } from '../../http/route.ts';
import type { Cached, CachePolicy } from '../../traffic/cache/cached.ts';

/** Adds the dialect's routes to its router, each behind its scope. */
export class Mount {
  readonly #router: Hono<GatewayEnv>;
  readonly #cached: Cached;

  constructor(router: Hono<GatewayEnv>, cached: Cached) {
    this.#router = router;
    this.#cached = cached;
  }

  add(route: RouteDefinition, handler: Handler<GatewayEnv>): this {
    const [method, path] = at(route);
    if (route.scope !== undefined) this.#router.on(method, path, requireScope(route.scope), handler);
    else this.#router.on(method, path, handler);
    return this;
  }

  /** A read whose answers are kept. */
  addCached(route: RouteDefinition, handler: Handler<GatewayEnv>, policy?: CachePolicy): this {
    return this.add(route, this.#cached(handler, policy));
  }
}
