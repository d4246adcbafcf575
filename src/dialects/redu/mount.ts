import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { assertAllowed } from '../../access/access-rules.ts';
import type { Principal } from '../../access/principal.ts';
import { requireScope } from '../../access/require-scope.ts';
import { asNotApplied } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { assertOctets } from '../../http/body.ts';
import { decodeBody } from '../../http/decode.ts';
import { assertPrecondition, type CurrentTag, comparesTag } from '../../http/precondition.ts';
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
  /** The GET of each path, by the path as hono writes it. */
  readonly #reads = new Map<string, TaggedRead>();

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
    const taggedRead = method === 'GET' ? () => null : () => this.#readOf(path);
    stages.push(authorized((c) => assertRules(route, taggedRead(), c)));
    if (authorize !== undefined) stages.push(authorized(authorize));
    if (method === 'POST') stages.push(this.#idempotent);
    if (method === 'GET') this.#reads.set(path, { route, currentTag });
    else stages.push(precondition(route, taggedRead));
    this.#router.on(method, [path], ...stages, handler);
    return this;
  }

  /** Of the resource at the path of a write, or of the one that it belongs to, as an action belongs to its instance; null: none. */
  #readOf(path: string): TaggedRead | null {
    let pattern = path.replace(/\/actions$/, '');
    while (!this.#reads.has(pattern) && pattern !== '') pattern = pattern.slice(0, pattern.lastIndexOf('/'));
    return this.#reads.get(pattern) ?? null;
  }
}

/** A GET and how its entity tag is read; null: its responses have none. */
interface TaggedRead extends Pick<ServedRead, 'currentTag'> {
  readonly route: RouteDefinition;
}

/** What is no valid request whatever its precondition is refused as such. */
function precondition(
  { body, takesBytes }: RouteDefinition,
  readOf: () => TaggedRead | null,
): MiddlewareHandler<GatewayEnv> {
  return async function preconditionHolds(c, next) {
    const read = readOf();
    if (read?.currentTag && comparesTag(c)) {
      if (takesBytes) assertOctets(c);
      if (body !== undefined) await decodeBody(c, body);
    }
    await assertPrecondition(c, currentTagFor(c, read));
    await next();
  };
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

function currentTagFor(c: Context<GatewayEnv>, read: TaggedRead | null): CurrentTag | null {
  if (read === null) return null;
  const { currentTag } = read;
  if (currentTag === null) return async () => null;
  return async () => {
    try {
      return await currentTag(c);
    } catch (error) {
      throw asNotApplied(error);
    }
  };
}

/**
 * A sign-up has no key, and so no rules. A precondition makes the calls of the read too.
 *
 * @param read Whose entity tag a precondition compares.
 */
function assertRules(route: RouteDefinition, read: TaggedRead | null, c: Context<GatewayEnv>): void {
  const principal: Principal | undefined = c.get('principal');
  if (!principal?.accessRules) return;
  const calls = upstreamCalls(route, c, c.req.query());
  const isRead = read !== null && read.currentTag !== null && comparesTag(c);
  assertAllowed(principal.accessRules, isRead ? [...calls, ...upstreamCalls(read.route, c, {})] : calls);
}

function authorized(authorize: Authorize): MiddlewareHandler<GatewayEnv> {
  return function authorizedRoute(c, next) {
    authorize(c);
    return next();
  };
}
