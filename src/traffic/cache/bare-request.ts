import { type Handler, Hono } from 'hono';
import type { Cloud } from '../../compute/cloud.ts';
import type { GatewayEnv, RequestVariables } from '../../context.ts';
import { LruMap } from '../../lru-map.ts';

/** Targets that are known to be right; longer ones are checked each time. */
const MAX_TARGETS = 10_000;
const LONGEST_TARGET = 500;

/**
 * Runs a handler on a request that has nothing of a client's but its target: what is told to others cannot depend on a header,
 * and an answer can be made anew when there is no client.
 */
export class BareRequests {
  readonly #handler: Handler<GatewayEnv>;
  /** By the pattern of the route, for a handler may serve several. */
  readonly #apps = new Map<string, Hono<GatewayEnv>>();
  readonly #variables = new WeakMap<Request, RequestVariables>();
  readonly #right = new LruMap<true>({ max: MAX_TARGETS });

  constructor(handler: Handler<GatewayEnv>) {
    this.#handler = handler;
  }

  /**
   * @param pattern The route's path, as hono writes it.
   * @param target Path and query.
   * @throws What the handler throws.
   */
  async run(pattern: string, target: string, variables: RequestVariables): Promise<Response> {
    const request = new Request(`http://gateway${target}`);
    this.#variables.set(request, variables);
    return this.#app(pattern).fetch(request);
  }

  /** Whether this target has been checked, and nothing is wrong with it. */
  isRight(target: string): boolean {
    return this.#right.has(target);
  }

  /**
   * Runs the handler to where it would ask the cloud, which it does not.
   *
   * @throws What is wrong with the request.
   */
  async check(pattern: string, target: string, variables: RequestVariables): Promise<void> {
    try {
      await this.run(pattern, target, { ...variables, cloud: unaskable(variables.cloud) });
    } catch (error) {
      if (!(error instanceof CloudAsked)) throw error;
    }
    if (target.length <= LONGEST_TARGET) this.#right.set(target, true);
  }

  #app(pattern: string): Hono<GatewayEnv> {
    const known = this.#apps.get(pattern);
    if (known !== undefined) return known;
    const app = new Hono<GatewayEnv>({ strict: false });
    const handler = this.#handler;
    app.get(pattern, async (c, next) => {
      const variables = this.#variables.get(c.req.raw);
      if (variables === undefined) throw new Error('a bare request without its variables');
      for (const name of Object.values(NAMES)) c.set(name, variables[name]);
      return handler(c, next);
    });
    app.onError((error) => {
      throw error;
    });
    app.notFound(() => {
      throw new Error(`${pattern} does not match its own request`);
    });
    this.#apps.set(pattern, app);
    return app;
  }
}

/** All of them, or it does not compile. */
const NAMES: { readonly [Name in keyof RequestVariables]: Name } = {
  requestId: 'requestId',
  responseHeaders: 'responseHeaders',
  log: 'log',
  trace: 'trace',
  principal: 'principal',
  verifyAgain: 'verifyAgain',
  cloud: 'cloud',
  basePath: 'basePath',
};

class CloudAsked extends Error {}

/** A cloud whose calls all end before they are made. */
function unaskable(cloud: Cloud): Cloud {
  return new Proxy(cloud, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return () => {
        throw new CloudAsked();
      };
    },
  });
}
