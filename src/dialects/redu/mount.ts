import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { assertAllowed } from '../../access/access-rules.ts';
import type { Principal } from '../../access/principal.ts';
import { requireScope } from '../../access/require-scope.ts';
import { asNotApplied } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { assertPrecondition, type CurrentTag } from '../../http/precondition.ts';
import { at, type RouteDefinition } from '../../http/route.ts';
import type { ServedRead, ServeRead } from '../../traffic/cache/cached.ts';
import type { CachePolicy, Read } from '../../traffic/cache/read.ts';
import { upstreamCalls } from './upstream-calls.ts';

/** Further authorization of a route, before its handler or a replay. @throws ComputeError `forbidden`. */
export type Authorize = (c: Context<GatewayEnv>) => void;

/**
 * Adds the dialect's routes to its router, each behind its scope; a POST then behind the stage `idempotent`; and a write behind the
 * precondition in its headers. That comes last: a request that is sent again has its stored response, whatever it has changed.
 */
export class Mount {
  readonly #router: Hono<GatewayEnv>;
  readonly #serveRead: ServeRead;
  readonly #idempotent: MiddlewareHandler<GatewayEnv>;
  /** How the entity tag of each path with a GET is read, by the path as hono writes it; null: its responses have none. */
  readonly #tags = new Map<string, ServedRead['currentTag']>();

  constructor(router: Hono<GatewayEnv>, serveRead: ServeRead, idempotent: MiddlewareHandler<GatewayEnv>) {
    this.#router = router;
    this.#serveRead = serveRead;
    this.#idempotent = idempotent;
  }

  add(route: RouteDefinition, handler: Handler<GatewayEnv>, authorize?: Authorize): this {
    return this.#add(route, { handler, currentTag: null }, authorize);
  }

  /** A read, served from the response cache. */
  addRead<Input, Value>(route: RouteDefinition, read: Read<Input, Value>, policy?: CachePolicy): this {
    return this.#add(route, this.#serveRead(route.path, withNewline(read), policy));
  }

  #add(route: RouteDefinition, { handler, currentTag }: ServedRead, authorize?: Authorize): this {
    const [method, path] = at(route);
    const stages: MiddlewareHandler<GatewayEnv>[] = [];
    if (route.scope !== undefined) stages.push(requireScope(route.scope));
    stages.push(authorized((c) => assertRules(route, c)));
    if (authorize !== undefined) stages.push(authorized(authorize));
    if (method === 'POST') stages.push(this.#idempotent);
    if (method === 'GET') this.#tags.set(path, currentTag);
    else stages.push(this.#precondition(path));
    this.#router.on(method, [path], ...stages, handler);
    return this;
  }

  #precondition(path: string): MiddlewareHandler<GatewayEnv> {
    const tags = this.#tags;
    return async function preconditionHolds(c, next) {
      await assertPrecondition(c, currentTagFor(c, path, tags));
      await next();
    };
  }
}

/** A rendered document ends as those of `jsonText` do. */
function withNewline<Input, Value>(read: Read<Input, Value>): Read<Input, Value> {
  return {
    ...read,
    render(value, input) {
      const rendered = read.render(value, input);
      return { ...rendered, body: `${rendered.body}\n` };
    },
  };
}

/** Of the resource at the path of a write, or of the one that it belongs to, as an action belongs to its instance; null: none. */
function currentTagFor(
  c: Context<GatewayEnv>,
  path: string,
  tags: ReadonlyMap<string, ServedRead['currentTag']>,
): CurrentTag | null {
  let pattern = path.replace(/\/actions$/, '');
  while (!tags.has(pattern) && pattern !== '') pattern = pattern.slice(0, pattern.lastIndexOf('/'));
  const currentTag = tags.get(pattern);
  if (currentTag === undefined) return null;
  if (currentTag === null) return async () => null;
  return async () => {
    try {
      return await currentTag(c);
    } catch (error) {
      throw asNotApplied(error);
    }
  };
}

/** A sign-up has no key, and so no rules. */
function assertRules(route: RouteDefinition, c: Context<GatewayEnv>): void {
  const principal: Principal | undefined = c.get('principal');
  if (principal?.accessRules) assertAllowed(principal.accessRules, upstreamCalls(route, c));
}

function authorized(authorize: Authorize): MiddlewareHandler<GatewayEnv> {
  return function authorizedRoute(c, next) {
    authorize(c);
    return next();
  };
}
